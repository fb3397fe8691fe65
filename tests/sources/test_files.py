from __future__ import annotations

import io
from pathlib import Path

import pytest

from overproof.errors import DataError, MissingInputError
from overproof.sources.files import beside, check_expansion, check_length, parsing, read_at_most


def test_the_target_is_looked_for_beside_the_inputs_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = tmp_path / "here" / "X.npy"
    inputs.parent.mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.npy").touch()
    assert beside(inputs, "labels.npy") == Path("labels.npy")
    (tmp_path / "here" / "labels.npy").touch()
    assert beside(inputs, "labels.npy") == tmp_path / "here" / "labels.npy"
    with pytest.raises(MissingInputError) as caught:
        beside(inputs, "other.npy")
    assert str(caught.value) == f"data.target: other.npy does not exist (current folder {tmp_path})"


@pytest.mark.parametrize("error", [ValueError("a\nb"), MemoryError(), KeyError("x"), OSError("gone"), SystemError()])
def test_whatever_a_parser_raises_becomes_a_data_error(error: Exception) -> None:
    with pytest.raises(DataError, match=r"^f cannot be read as an NPY array \([^\n]+\)$"), parsing("f", "an NPY array"):
        raise error


def test_our_own_errors_pass_through_a_parser() -> None:
    with pytest.raises(MissingInputError, match=r"^gone$"), parsing("f", "an NPY array"):
        raise MissingInputError("gone")


def test_what_may_expand_and_what_may_not() -> None:
    check_expansion("f", 2**30, 1)
    check_expansion("f", 100 * 2**25, 2**25)
    with pytest.raises(DataError) as caught:
        check_expansion("f", 2**31, 1000)
    assert str(caught.value) == (
        "f claims 2,147,483,648 bytes out of 1,000 stored; refused, as that is beyond 1 GiB and beyond 100 times its "
        "size"
    )
    with pytest.raises(DataError):
        check_expansion("f", 100 * 2**25 + 1, 2**25)


def test_a_length_that_differs_is_refused() -> None:
    check_length("f", 4, 4)
    with pytest.raises(DataError, match=r"^f is truncated: its header claims 1,000 bytes of values, 5 are there$"):
        check_length("f", 1000, 5)
    with pytest.raises(DataError, match=r"^f is too long: its header claims 4 bytes of values, more are there$"):
        check_length("f", 4, 5)


def test_reading_stops_at_the_limit_and_at_the_end() -> None:
    stream = io.BytesIO(bytes(3 * 2**20))
    assert len(read_at_most(stream, 2**21 + 1)) == 2**21 + 1
    assert len(read_at_most(stream, 2**80)) == 2**20 - 1
    assert read_at_most(stream, 5) == b""

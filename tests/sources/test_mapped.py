from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.data.content import row_digests
from overproof.errors import StorageError
from overproof.sources import mapped

ROWS = np.random.default_rng(0).random((10, 2, 3)).astype(np.float32)


class Blocks:
    """Gives the rows in pieces, and counts how often it was asked."""

    def __init__(self, rows: NDArray[np.float32] = ROWS) -> None:
        self.rows, self.asked = rows, 0

    def __call__(self) -> Iterator[NDArray[np.float32]]:
        self.asked += 1
        return iter((self.rows[:4], self.rows[4:]))


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 100)


def made(blocks: Blocks, seed: int = 0) -> NDArray[np.float32]:
    return mapped.filled(blocks.rows.shape, blocks, lambda: {"seed": seed})


def files() -> list[Path]:
    return sorted(mapped.folder().iterdir()) if mapped.folder().exists() else []


def test_what_fits_is_in_memory_and_leaves_no_file() -> None:
    found = made(Blocks())
    assert not isinstance(found, np.memmap)
    assert np.array_equal(found, ROWS)
    assert files() == []


def test_the_border_is_a_number_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", ROWS.nbytes)
    assert not isinstance(made(Blocks()), np.memmap)
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", ROWS.nbytes - 1)
    assert isinstance(made(Blocks()), np.memmap)


@pytest.mark.usefixtures("small_memory")
def test_what_does_not_fit_is_mapped_and_made_once() -> None:
    blocks = Blocks()
    found, again = made(blocks), made(blocks)
    assert isinstance(found, np.memmap)
    assert found.dtype == np.float32
    assert np.array_equal(found, ROWS)
    assert np.array_equal(again, ROWS)
    assert (row_digests(found) == row_digests(ROWS)).all()
    assert blocks.asked == 1
    assert len(files()) == 1


@pytest.mark.usefixtures("small_memory")
def test_the_file_is_an_ordinary_npy_file() -> None:
    made(Blocks())
    assert np.array_equal(np.load(files()[0]), ROWS)


@pytest.mark.usefixtures("small_memory")
def test_what_it_was_made_from_and_its_shape_count() -> None:
    made(Blocks(), seed=0)
    other = made(Blocks(ROWS + 1), seed=1)
    wider = made(Blocks(ROWS[:, :, :2]), seed=0)
    assert np.array_equal(other, ROWS + 1)
    assert wider.shape == (10, 2, 2)
    assert len(files()) == 3


@pytest.mark.usefixtures("small_memory")
def test_changes_stay_in_memory() -> None:
    found = made(Blocks())
    found[0] = 7
    assert np.array_equal(made(Blocks()), ROWS)


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_file_is_made_again(damage: str) -> None:
    made(Blocks())
    content = bytearray(files()[0].read_bytes())
    content[-1] ^= 1
    files()[0].write_bytes({"flip": bytes(content), "cut": bytes(content[:-5]), "empty": b""}[damage])
    blocks = Blocks()
    assert np.array_equal(made(blocks), ROWS)
    assert blocks.asked == 1


@pytest.mark.usefixtures("small_memory")
def test_a_failure_on_the_way_leaves_nothing() -> None:
    def broken() -> Iterator[NDArray[np.float32]]:
        yield ROWS[:4]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mapped.filled(ROWS.shape, broken, lambda: {})
    assert files() == []


@pytest.mark.usefixtures("small_memory")
def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(StorageError, match=r"^the cache .* cannot be used \(Not a directory\); set XDG_CACHE_HOME"):
        made(Blocks())


def test_the_folder_is_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert mapped.folder() == tmp_path / "overproof" / "decoded"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert mapped.folder() == Path.home() / ".cache" / "overproof" / "decoded"


def test_a_file_larger_than_memory_can_be_mapped_and_gathered_from(tmp_path: Path) -> None:
    path, shape = tmp_path / "large.npy", (10**7, 25_000)  # a terabyte, of which nothing is stored
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        try:
            file.truncate(file.tell() + 4 * shape[0] * shape[1])
        except OSError:
            pytest.skip("this file system has no files with holes")
    found: Any = mapped._mapped(path)
    assert found.shape == shape
    assert not found[[5, 9_999_999]].any()


def test_digests_of_a_mapped_array_do_not_load_it(tmp_path: Path) -> None:
    """The peak of memory that is not the file's own, in a process of its own."""
    program = (
        "import numpy as np, resource, sys\n"
        "from overproof.data.content import row_digests\n"
        "rows = np.lib.format.open_memmap(sys.argv[1], mode='w+', dtype='f4', shape=(3000, 50_000))\n"
        "import tracemalloc; tracemalloc.start()\n"
        "row_digests(rows)\n"
        "print(tracemalloc.get_traced_memory()[1])"
    )
    path = str(tmp_path / "rows.npy")
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2**22

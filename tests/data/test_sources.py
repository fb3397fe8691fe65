from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.sources import load
from overproof.errors import MissingInputError, OverproofError, StudyError
from overproof.study import Data


def test_the_limit_and_the_seed_reach_the_choice() -> None:
    one, again, other = (load(Data(source="digits", limit=50), seed) for seed in (0, 0, 1))
    assert len(one) == 50
    assert one.digest == again.digest != other.digest


def test_a_path_is_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    np.save(tmp_path / "mine" / "X.npy", np.eye(4))
    np.save(tmp_path / "mine" / "y.npy", [0, 1, 0, 1])
    monkeypatch.chdir(tmp_path)
    assert load(Data(source="mine"), 0).name == "mine"
    monkeypatch.chdir(tmp_path / "mine")
    assert load(Data(source="."), 0).name == "mine"


def test_a_folder_of_images(fashion_mnist: Path) -> None:
    data = load(Data(source=str(fashion_mnist), limit=1000), 0)
    assert np.bincount(data.labels).tolist() == [100] * 10


UNKNOWN = "is neither a data set that comes with overproof nor a file or folder in {cwd}; "
REFUSED: list[tuple[str, str | None, OverproofError]] = [
    ("digts", None, StudyError(f"data.source 'digts' {UNKNOWN}did you mean 'digits'? Known: digits")),
    ("my.module:rows", None, StudyError(f"data.source 'my.module:rows' {UNKNOWN}known: digits")),
    ("hf:some/rows", None, StudyError(f"data.source 'hf:some/rows' {UNKNOWN}known: digits")),
    ("some/folder", None, MissingInputError("data.source: some/folder does not exist (current folder {cwd})")),
    ("rows.npz", None, MissingInputError("data.source: rows.npz does not exist (current folder {cwd})")),
    ("rows.csv", None, MissingInputError("data.source: rows.csv does not exist (current folder {cwd})")),
    (
        "note.txt",
        None,
        StudyError("data.source: note.txt is not a kind of file that can be read; known: IDX, .npy, .npz"),
    ),
    (
        "empty",
        None,
        MissingInputError(
            "data.source: folder empty holds no data set; expected train-images-idx3-ubyte[.gz] and "
            "train-labels-idx1-ubyte[.gz], or inputs.npy and labels.npy"
        ),
    ),
    ("digits", "y", StudyError("data.target has no use with data.source = 'digits', which has its labels")),
]


@pytest.mark.parametrize(("source", "target", "expected"), REFUSED, ids=[source for source, *_ in REFUSED])
def test_sources_that_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, target: str | None, expected: OverproofError
) -> None:
    (tmp_path / "note.txt").touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(type(expected)) as caught:
        load(Data(source=source, target=target), 0)
    assert str(caught.value) == str(expected).format(cwd=tmp_path)


@given(st.text(max_size=40), st.none() | st.text(max_size=10))
def test_no_source_escapes_as_another_error(source: str, target: str | None) -> None:
    with pytest.raises(OverproofError):
        load(Data(source=source, target=target), 0)


@pytest.mark.parametrize("source", ["x" * 300, "x" * 300 + "/X.npy", "a\0b.npz", "", "~", "\ud800.npz"])
def test_odd_paths_are_refused_in_a_sentence(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OverproofError):
        load(Data(source=source), 0)


def test_neither_torch_nor_scikit_learn_is_imported_for_files() -> None:
    code = (
        "import overproof.data.sources, overproof.data.splits, overproof.data.order, overproof.data.duplicates, sys; "
    )
    code += "print([name for name in ('torch', 'sklearn', 'scipy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.errors import DataError, MissingInputError, OverproofError, StudyError
from overproof.sources.catalogue import load
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


UNKNOWN = "is neither a data set that comes with overproof, nor a plug-in, nor a file or folder in {cwd}; "
KNOWN = (
    ".csv, .tsv, .jsonl and .json (also .gz), .parquet, .arrow and .feather, .npz, .npy, IDX, and a folder of images "
    "for every class"
)
REFUSED: list[tuple[str, str | None, OverproofError]] = [
    ("digts", None, StudyError(f"data.source 'digts' {UNKNOWN}did you mean 'digits'? Known: digits")),
    ("my.module:rows", None, StudyError(f"data.source 'my.module:rows' {UNKNOWN}known: digits")),
    ("some/folder", None, MissingInputError("data.source: some/folder does not exist (current folder {cwd})")),
    ("rows.npz", None, MissingInputError("data.source: rows.npz does not exist (current folder {cwd})")),
    ("rows.csv", None, MissingInputError("data.source: rows.csv does not exist (current folder {cwd})")),
    ("rows.parquet", None, MissingInputError("data.source: rows.parquet does not exist (current folder {cwd})")),
    (
        "note.txt",
        None,
        StudyError(
            f"data.source: note.txt is not a kind of file that can be read; known: {KNOWN}; a table of another name is "
            "read where data.columns or data.separator is set"
        ),
    ),
    (
        "empty",
        None,
        MissingInputError(
            "data.source: folder empty holds no data set; expected train-images-idx3-ubyte[.gz] and "
            "train-labels-idx1-ubyte[.gz], inputs.npy and labels.npy, or a folder of images for every class"
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


ROWS = "size,job,held,label\n" + "".join(f"{i},{'xyz'[i % 3]},{i % 4 == 0:d},{'ab'[i % 2]}\n" for i in range(20))
MORE = "job,size\nz,100\nw,101\n"
TEST = "label,size,job\nb,200,x\na,201,\nb,202,v\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("rows.csv", ROWS), ("more.csv", MORE), ("test.csv", TEST)):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_more_rows_and_an_official_test_set(files: Path) -> None:
    data = load(Data(source="rows.csv", ignore=["held"], unlabelled="more.csv"), 0, "test.csv")
    assert np.bincount(data.part).tolist() == [20, 2, 3]
    assert data.labels[20:].tolist() == [-1, -1, 1, 0, 1]
    assert data.columns is not None
    assert data.columns[1].categories == ("v", "w", "x", "y", "z")
    assert data.keys is not None
    assert data.keys[19:] == ("19", "unlabelled:0", "unlabelled:1", "test:0", "test:1", "test:2")


def test_the_limit_leaves_other_rows_alone(files: Path) -> None:
    data = load(Data(source="rows.csv", ignore=["held"], unlabelled="more.csv", limit=6), 0, "test.csv")
    assert np.bincount(data.part).tolist() == [6, 2, 3]
    assert np.bincount(data.labels[:6]).tolist() == [3, 3]


def test_a_column_says_which_rows_are_test_rows(files: Path) -> None:
    data = load(Data(source="rows.csv", unlabelled="more.csv"), 0, "held")
    assert np.bincount(data.part).tolist() == [15, 2, 5]
    assert data.shape == (2,)


def test_rows_join_from_files_of_another_kind(files: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pandas.read_csv("test.csv").to_parquet("test.parquet")
    one, other = (load(Data(source="rows.csv", ignore=["held"]), 0, name) for name in ("test.csv", "test.parquet"))
    assert one.digest == other.digest


def test_more_rows_without_a_header_may_lack_the_target(files: Path) -> None:
    columns = ["size", "job", "held", "label"]
    keys = {"columns": columns, "target": "label", "ignore": ["held"]}
    sets = []
    for text in ("7,z,1,?\n8,w,0,?\n", "7,z,1\n8,w,0\n", "size,job,held\n7,z,1\n8,w,0\n"):
        Path("more.csv").write_text(text)
        sets.append(load(Data.model_validate({"source": "rows.csv", "unlabelled": "more.csv", **keys}), 0))
    assert np.bincount(sets[0].part).tolist() == [20, 2]
    assert len({each.digest for each in sets}) == 1


def test_grey_images_join_coloured_ones(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for folder, mode in (("grey/a", "L"), ("grey/b", "L"), ("colour/a", "RGB"), ("colour/b", "RGB")):
        (tmp_path / folder).mkdir(parents=True)
        image.new(mode, (4, 4), "gray").save(tmp_path / folder / "1.png")
    grey, colour = str(tmp_path / "grey"), str(tmp_path / "colour")
    assert load(Data(source=grey, unlabelled=colour), 0).shape == (3, 4, 4)
    assert load(Data(source=colour), 0, grey).shape == (3, 4, 4)
    assert load(Data(source=grey, unlabelled=grey), 0, grey).shape == (1, 4, 4)


def test_a_folder_and_its_official_test_files(fashion_mnist: Path) -> None:
    test = str(fashion_mnist / "t10k-images-idx3-ubyte.gz")
    data = load(Data(source=str(fashion_mnist), limit=100, unlabelled=test), 0, test)
    assert np.bincount(data.part).tolist() == [100, 10_000, 10_000]
    assert np.bincount(data.labels[-10_000:]).tolist() == [1000] * 10


def test_texts_join_whatever_their_length(files: Path) -> None:
    Path("a.csv").write_text("note,label\none two,a\nthree,b\n")
    Path("b.csv").write_text("note\nfour words are here\n")
    data = load(Data(source="a.csv", text="note", unlabelled="b.csv"), 0)
    assert data.tokens is not None
    assert data.tokens.texts == ("one two", "three", "four words are here")
    assert data.inputs.shape == (3, 4)


def test_values_join(files: Path) -> None:
    for name in ("rows.csv", "test.csv"):
        Path(name).write_text("a,y\n" + "".join(f"{i},{i}\n" for i in range(2, 8)))
    data = load(Data(source="rows.csv", task="regression"), 0, "test.csv")
    assert (data.task, data.classes) == ("regression", ("y",))
    assert data.labels[6:].tolist() == [[2], [3], [4], [5], [6], [7]]


BESIDE: list[tuple[dict[str, str], str | None, type[OverproofError], str]] = [
    (
        {"unlabelled": "gone.csv"},
        None,
        MissingInputError,
        "data.unlabelled: gone.csv does not exist (current folder {cwd})",
    ),
    ({}, "gone.csv", MissingInputError, "protocol.test: gone.csv does not exist (current folder {cwd})"),
    (
        {},
        "hold",
        DataError,
        "rows.csv has no column 'hold' (protocol.test), and there is no file or folder of that name in {cwd}; columns "
        "are size, job, held, label",
    ),
    ({"unlabelled": "x:y"}, None, StudyError, "data.unlabelled 'x:y' is neither a data set that comes with overproof"),
    ({}, "test.csv", DataError, "protocol.test has no column 'held', which data.source has; its columns are size, job"),
    ({}, "job", DataError, "rows.csv column 'job' (protocol.test) must be true or false, 1 or 0; found x, y, z"),
]


@pytest.mark.parametrize(("keys", "test", "kind", "message"), BESIDE)
def test_other_rows_that_cannot_be_had(
    files: Path, keys: dict[str, str], test: str | None, kind: type[OverproofError], message: str
) -> None:
    source = "x.csv" if keys.get("unlabelled") == "x:y" else "rows.csv"
    (files / "x.csv").write_text(ROWS)
    with pytest.raises(OverproofError) as caught:
        load(Data(source=source, **keys), 0, test)
    assert str(caught.value).startswith(message.format(cwd=files))
    assert type(caught.value) is kind or keys.get("unlabelled") == "x:y"


def test_neither_torch_nor_scikit_learn_is_imported_for_files() -> None:
    code = (
        "import overproof.data.duplicates, overproof.data.order, overproof.data.splits, overproof.sources.catalogue\n"
    )
    code += "import sys\nprint([name for name in ('torch', 'sklearn', 'scipy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

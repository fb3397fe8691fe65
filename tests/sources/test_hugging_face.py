"""Data sets of Hugging Face become data sets of ours: saved ones, folders of files, images, several labels; offline."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof.data.dataset import UNLABELLED, Dataset
from overproof.errors import DataError, MissingExtraError, MissingInputError, OverproofError, StudyError
from overproof.sources import catalogue as sources
from overproof.sources import hugging_face
from overproof.study import Data

datasets = pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True, raising=False)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub")
    monkeypatch.chdir(tmp_path)


def load(source: str, labelled: bool = True, **keys: Any) -> Dataset:
    return hugging_face.load(source, Data.model_validate({"source": source, **keys}), labelled)


def saved(path: str, columns: dict[str, Any], **features: Any) -> str:
    """A data set saved to a folder; features that are not given are inferred."""
    found = datasets.Dataset.from_dict(columns)
    for name, feature in features.items():
        found = found.cast_column(name, feature)
    with hugging_face._quietly(datasets):
        found.save_to_disk(path)
    return f"hf:{path}"


def test_what_a_source_names() -> None:
    assert hugging_face.Place.of("hf:a/b") == ("a/b", None, None)
    assert hugging_face.Place.of("hf:a/b#test") == ("a/b", None, "test")
    assert hugging_face.Place.of("hf:a/b#c/test") == ("a/b", "c", "test")
    assert hugging_face.recognises("hf:a")
    assert not hugging_face.recognises("a.csv")


def test_a_saved_table_with_named_classes_in_their_order() -> None:
    names = ["zebra", "ant", "never", "cow"]
    source = saved(
        "animals",
        {"legs": [4, 6, 4, None], "coat": ["stripes", "shell", None, "hair"], "label": [0, 1, 0, 3]},
        label=datasets.ClassLabel(names=names),
    )
    data = load(source)
    assert data.name == "animals"
    assert data.classes == ("zebra", "ant", "cow")
    assert data.labels.tolist() == [0, 1, 0, 2]
    assert data.columns is not None
    assert [(each.name, each.categories) for each in data.columns] == [
        ("legs", None),
        ("coat", ("hair", "shell", "stripes")),
    ]
    assert np.array_equal(data.inputs, np.array([[4, 2], [6, 1], [4, np.nan], [np.nan, 0]]), equal_nan=True)


def test_the_target_is_the_only_column_of_classes() -> None:
    source = saved("rows", {"x": [1.0, 2.0], "kind": [1, 0]}, kind=datasets.ClassLabel(names=["a", "b"]))
    assert load(source).classes == ("a", "b")
    assert load(source, target="kind").labels.tolist() == [1, 0]
    with pytest.raises(DataError, match=r"no column 'y' \(data.target\); columns are x, kind"):
        load(source, target="y")


def test_without_a_target_the_columns_are_listed() -> None:
    source = saved("rows", {"x": [1.0, 2.0], "z": [1, 0]})
    with pytest.raises(DataError, match="columns are x, z"):
        load(source)


def test_texts() -> None:
    texts = ["where is my card", "what a day it was", "book me a table", "tell me the news now"]
    source = saved("intents", {"text": texts, "label": ["card", "talk", "table", "news"]})
    data = load(source)
    assert data.tokens is not None
    assert data.tokens.texts == tuple(texts)
    assert data.columns is None
    assert data.classes == ("card", "news", "table", "talk")
    more = saved("more", {"idx": [1, 2, 3, 4], "sentence": texts, "label": [0, 1, 0, 1]})
    found = load(more)
    assert found.tokens is not None
    assert load(more, text="sentence").digest == found.digest
    table = load(saved("jobs", {"age": [1, 2, 3, 4], "job": ["a", "b", "a", "b"], "label": [0, 1, 0, 1]}))
    assert table.tokens is None
    assert load(saved("words", {"word": ["a", "b", "a", "b"], "label": [0, 1, 0, 1]})).tokens is not None


def test_splits() -> None:
    parts = {
        name: datasets.Dataset.from_dict({"x": [float(n), 2.0, 3.0], "label": [0, 1, 1]})
        for n, name in enumerate(["train", "test"])
    }
    with hugging_face._quietly(datasets):
        datasets.DatasetDict(parts).save_to_disk("both")
        datasets.DatasetDict({"a": parts["train"], "b": parts["test"]}).save_to_disk("odd")
        datasets.DatasetDict({"only": parts["test"]}).save_to_disk("one")
    assert load("hf:both").inputs[0, 0] == load("hf:both#train").inputs[0, 0] == 0
    assert load("hf:both#test").inputs[0, 0] == 1
    assert load("hf:one").inputs[0, 0] == 1
    with pytest.raises(StudyError, match=r"hf:odd has no split 'train'; name one of a, b as hf:odd#a"):
        load("hf:odd")
    with pytest.raises(StudyError, match=r"no split 'tset'; did you mean 'test'\? Known: test, train"):
        load("hf:both#tset")
    with pytest.raises(StudyError, match="no configurations"):
        load("hf:both#x/train")


def png(pixels: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(file, "png")
    return file.getvalue()


def test_images_are_those_of_the_folder(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    from overproof.sources import images

    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (6, 8, 7, 3))
    for row, one in enumerate(pixels):
        path = tmp_path / "pets" / ("cat" if row % 2 else "dog") / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(one))
    source = saved(
        "stored",
        {
            "img": [{"bytes": png(one), "path": None} for one in pixels],
            "kind": [row % 2 for row in range(6)],
            "n": [*range(6)],
        },
        img=datasets.Image(),
        kind=datasets.ClassLabel(names=["dog", "cat"]),
    )
    data = load(source)
    assert data.shape == (3, 8, 7)
    assert data.columns is None
    assert data.classes == ("dog", "cat")
    assert np.array_equal(data.inputs, np.moveaxis(pixels, 3, 1).astype(np.float32) / np.float32(255))
    assert load(source, groups="n").groups is not None
    own = images.load(tmp_path / "pets", Data(source="pets"))
    through = load(f"hf:{tmp_path / 'pets'}")
    assert through.classes == own.classes == ("cat", "dog")
    assert sorted(through.row_digests()) == sorted(own.row_digests())
    assert load(source, size=[4, 4]).shape == (3, 4, 4)


def test_images_that_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    good = {"bytes": png(np.zeros((4, 4))), "path": None}
    bad = {"bytes": b"not an image at all", "path": None}
    for name, other, says in (
        ("bad", bad, "hf:bad split 'train' row 1 is not a known image"),
        ("none", None, "row 1 column 'image' has no image"),
    ):
        source = saved(name, {"image": [good, other], "label": [0, 1]}, image=datasets.Image())
        with pytest.raises((DataError, MissingInputError), match=says):
            load(source)
    far = hugging_face._Pictures([{"image": {"bytes": None, "path": "http://localhost/x.png"}}], "image", "hf:far")
    assert far[0] == Path("http://localhost/x.png")  # a file that is not there, and nothing to fetch
    two = saved("two", {"a": [good, good], "b": [good, good], "label": [0, 1]}, a=datasets.Image(), b=datasets.Image())
    with pytest.raises(DataError, match=r"has 2 columns of images \(a, b\)"):
        load(two)
    assert load(two, ignore=["b"]).shape == (1, 4, 4)
    with pytest.raises(StudyError, match=r"data\.text has no use"):
        load(two, ignore=["b"], text="label")


def test_several_labels() -> None:
    rows = {"x": [1.0, 2.0, 3.0], "labels": [[2], [], [0, 2]]}
    source = saved("tags", rows, labels=datasets.List(datasets.ClassLabel(names=["red", "never", "blue"])))
    data = load(source)
    assert (data.task, data.classes) == ("multilabel", ("red", "blue"))
    assert data.labels.tolist() == [[0, 1], [0, 0], [1, 1]]
    words = load(saved("words", {"x": [1.0, 2.0, 3.0], "tags": [["b"], [], ["a", "b"]]}), target="tags")
    assert (words.task, words.classes) == ("multilabel", ("a", "b"))
    assert words.labels.tolist() == data.labels.tolist()
    marked = load(saved("marked", {"x": [1.0, 2.0, 3.0], "y": [[0, 1], [0, 0], [1, 1]]}))
    assert (marked.task, marked.labels.tolist()) == ("multilabel", data.labels.tolist())
    values = load(saved("values", {"x": [1.0, 2.0, 3.0], "y": [[0.5, 1], [0, 0.25], [1, 7]]}))
    assert (values.task, values.labels.shape) == ("regression", (3, 2))
    both = load(saved("both", {"x": [1.0, 2.0, 3.0], "a": [0, 1, 1], "b": [1, 1, 0]}), target=["a", "b"])
    assert (both.task, both.classes) == ("multilabel", ("a", "b"))


def test_lists_of_numbers_are_columns() -> None:
    data = load(saved("vectors", {"v": [[1.0, 2.0], [3.0, 4.0]], "x": [5, 6], "label": ["a", "b"]}))
    assert data.inputs.tolist() == [[1, 2, 5], [3, 4, 6]]
    assert data.columns is not None
    assert [each.name for each in data.columns] == ["v 0", "v 1", "x"]


@pytest.mark.parametrize(
    ("columns", "keys", "says"),
    [
        ({"v": [[1.0], [1.0, 2.0]], "label": [0, 1]}, {}, "column 'v' holds lists of .1, 2. values"),
        ({"v": [["a"], ["b"]], "label": [0, 1]}, {}, "column 'v' holds lists of what is no number"),
        ({"v": [{"a": 1}, {"a": 2}], "label": [0, 1]}, {}, "column 'v' holds struct"),
        ({"x": [1.0, 2.0], "label": [0, None]}, {}, r"column 'label': 1 row has an empty label \(row 1\)"),
        ({"x": [1.0, 2.0], "labels": [[0], None]}, {}, "row 1 column 'labels' has a label that is missing"),
        ({"x": [1.0, 2.0], "label": ["a", "a"]}, {}, "at least 2 classes"),
    ],
)
def test_columns_that_are_refused(columns: dict[str, Any], keys: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        load(saved("rows", columns), **keys)


def test_ignored_columns_may_hold_anything() -> None:
    source = saved("rows", {"x": [1.0, 2.0], "v": [{"a": 1}, {"a": 2}], "w": [["a"], []], "label": ["a", "b"]})
    assert load(source, ignore=["v", "w"]).shape == (1,)


def test_no_label_is_minus_one() -> None:
    source = saved("rows", {"x": [1.0, 2.0, 3.0], "label": [0, 1, -1]}, label=datasets.ClassLabel(names=["a", "b"]))
    with pytest.raises(DataError, match=r"1 row has an empty label \(row 2\)"):
        load(source)


def test_unlabelled_rows() -> None:
    source = saved("rows", {"x": [1.0, 2.0], "label": [-1, -1]}, label=datasets.ClassLabel(names=["a", "b"]))
    data = load(source, labelled=False)
    assert data.inputs.tolist() == [[1], [2]]
    assert data.labels.tolist() == [-1, -1]
    whole = sources.load(Data(source=saved("more", {"x": [1.0, 2.0], "label": ["a", "b"]}), unlabelled=source), 0)
    assert whole.part.tolist() == [0, 0, UNLABELLED, UNLABELLED]
    assert load(saved("bare", {"x": [1.0, 2.0]}), labelled=False).inputs.tolist() == [[1], [2]]
    tags = saved("tags", {"x": [1.0, 2.0], "labels": [["a"], []]})
    assert load(tags, labelled=False, target="labels").shape == (1,)
    if "PIL" in sys.modules:
        pictures = {"image": [{"bytes": png(np.zeros((4, 4))), "path": None}] * 2}
        assert load(saved("images", pictures, image=datasets.Image()), labelled=False).shape == (1, 4, 4)


def test_folders_of_files(tmp_path: Path) -> None:
    rows = [{"x": n, "code": f"00{n % 3}", "label": ["NA", "007", "None"][n % 3]} for n in range(9)]
    for name in ("csv", "json", "parquet"):
        (tmp_path / name).mkdir()
    text = "x,code,label\n" + "".join(f"{r['x']},{r['code']},{r['label']}\n" for r in rows)
    (tmp_path / "csv" / "train.csv").write_text(text)
    (tmp_path / "csv" / "test.csv").write_text("x,code,label\n1,000,NA\n2,001,007\n")
    (tmp_path / "json" / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with hugging_face._quietly(datasets):
        datasets.Dataset.from_list(rows).to_parquet(tmp_path / "parquet" / "data.parquet")
    found = [load(f"hf:{name}") for name in ("csv", "json", "parquet")]
    assert [each.digest for each in found] == [found[0].digest] * 3
    assert found[0].classes == ("007", "NA", "None")
    assert found[0].columns is not None
    assert found[0].columns[1].categories == ("000", "001", "002")
    assert len(load("hf:csv#test")) == 2
    (tmp_path / "csv" / "train.csv").write_text(text + "1,2,3,4\n")
    with pytest.raises(DataError, match="line 11 has 4 fields, expected 3"):
        load("hf:csv")


def test_several_files_of_text_are_one_split(tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "train-0.csv").write_text("x,label\n1,a\n2,b\n")
    (tmp_path / "csv" / "train-1.csv").write_text("x,label\n3,a\n")
    data = load("hf:csv")
    assert (data.inputs.tolist(), data.name) == ([[1], [2], [3]], "csv")
    (tmp_path / "csv" / "train-1.csv").write_text("z,label\n3,a\n")
    with pytest.raises(DataError, match=r"has the columns z, label, but .* has x, label"):
        load("hf:csv")


def test_configurations(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in "ab":
        (tmp_path / "d" / f"{name}.jsonl").write_text(f'{{"x": 1, "label": "{name}"}}\n{{"x": 2, "label": "z"}}\n')
    configs = "".join(f"- config_name: {name}\n  data_files: {name}.jsonl\n" for name in "ab")
    (tmp_path / "d" / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
    assert load("hf:d#b/train").classes == ("b", "z")
    assert load("hf:d#a/").classes == ("a", "z")
    with pytest.raises(DataError, match="Config name is missing"):
        load("hf:d")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("hf:./nowhere", "data.source: ./nowhere does not exist"),
        ("hf:csv", "data.source: csv does not exist"),
        ("hf:a/b/c", "data.source: a/b/c does not exist"),
        ("hf:nobody/nothing", "hf:nobody/nothing is neither a folder in .*, nor on the hub"),
    ],
)
def test_what_is_not_there(source: str, says: str) -> None:
    with pytest.raises(MissingInputError, match=says) as raised:
        load(source)
    assert "\n" not in str(raised.value)


def test_what_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "f.csv").write_text("a,b\n")
    with pytest.raises(StudyError, match="names no data set"):
        load("hf:")
    with pytest.raises(StudyError, match=r"f\.csv is a file; name it without 'hf:'"):
        load("hf:f.csv")
    with pytest.raises(DataError, match="hf:empty cannot be read as a data set"):
        load("hf:empty")


def test_a_program_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "evil.py").write_text("open('ran', 'w')\n")
    with pytest.raises(OverproofError):
        load("hf:evil")
    assert not (tmp_path / "ran").exists()


def test_damaged_folders_raise_only_our_own_errors(tmp_path: Path) -> None:
    source = saved("rows", {"x": [1.0, 2.0, 3.0] * 9, "s": ["a", "b", None] * 9, "label": [0, 1, 1] * 9})
    random = np.random.default_rng(0)
    for file in sorted((tmp_path / "rows").iterdir()):
        whole = file.read_bytes()
        for _ in range(8):
            data = bytearray(whole)
            for place in random.integers(0, len(data), random.integers(1, 4)):
                data[place] = random.integers(256)
            file.write_bytes(bytes(data[: random.integers(0, len(data))] if random.random() < 0.3 else data))
            with contextlib.suppress(OverproofError):
                load(source)
        file.write_bytes(whole)


def test_without_datasets_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r'pip install "overproof\[hf\]"'):
        load("hf:rows")

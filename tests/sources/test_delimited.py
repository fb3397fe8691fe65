from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.dataset import Dataset
from overproof.errors import DataError, MissingInputError, OverproofError, StudyError
from overproof.sources import delimited, files
from overproof.sources.catalogue import load
from overproof.study import Data

GOOD = "size,colour,label\n1,red,cat\n2.5,blue,dog\n,red,cat\n"


def loaded(path: Path, **keys: Any) -> Dataset:
    return delimited.load(path, Data.model_validate({"source": str(path), **keys}))


def told(path: Path, content: bytes | str, **keys: Any) -> str:
    """The sentence that refuses a file, without its folder."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises((DataError, StudyError)) as caught:
        loaded(path, **keys)
    return str(caught.value).replace(str(path.parent) + "/", "")


def test_numbers_categories_and_missing_cells(tmp_path: Path) -> None:
    path = tmp_path / "pets.csv"
    path.write_text(GOOD)
    data = loaded(path)
    assert data.name == "pets"
    assert (data.task, data.classes, data.labels.tolist()) == ("binary", ("cat", "dog"), [0, 1, 0])
    assert data.columns is not None
    assert [(column.name, column.categories) for column in data.columns] == [
        ("size", None),
        ("colour", ("blue", "red")),
    ]
    assert np.array_equal(data.inputs, np.array([[1, 1], [2.5, 0], [np.nan, 1]], dtype=np.float32), equal_nan=True)


@pytest.mark.parametrize(
    ("name", "content", "keys"),
    [
        ("a.csv.gz", gzip.compress(GOOD.encode(), mtime=0), {}),
        ("a.CSV", GOOD.replace("\n", "\r\n").encode(), {}),
        ("a.csv", GOOD.replace("\n", "\r").encode(), {}),
        ("a.csv", b"\xef\xbb\xbf" + GOOD.encode(), {}),
        ("a.csv", GOOD.rstrip("\n").encode(), {}),
        ("a.csv", (GOOD + "\n  \n\n").encode(), {}),
        ("a.csv", GOOD.replace(",", ", ").encode(), {}),
        ("a.csv", GOOD.replace("cat", '"cat"').encode(), {}),
        ("a.tsv", GOOD.replace(",", "\t").encode(), {}),
        ("a.tsv.gz", gzip.compress(GOOD.replace(",", "\t").encode(), mtime=0), {}),
        ("a.csv", GOOD.replace(",", ";").encode(), {"separator": ";"}),
        ("a.csv", GOOD.encode("utf-16"), {"encoding": "utf-16"}),
        ("a.csv", b"\xff\xfe" + GOOD.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("a.csv", GOOD[GOOD.index("\n") + 1 :].encode(), {"columns": ["size", "colour", "label"]}),
        ("a.csv", GOOD.encode(), {"columns": ["size", "colour", "label"]}),
        ("a.csv", GOOD.replace("\n,red", "\n?,red").encode(), {"missing": ["?"]}),
        ("a.data", GOOD.replace(",", "|").encode(), {"separator": "|"}),
    ],
)
def test_the_same_rows_in_other_clothes(tmp_path: Path, name: str, content: bytes, keys: dict[str, Any]) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / name
    path.write_bytes(content)
    assert delimited.recognises(path, Data.model_validate({"source": str(path), **keys}))
    assert loaded(path, **keys).digest == loaded(tmp_path / "good.csv").digest


@pytest.mark.parametrize("word", ["NA", "None", "nan", "null", "N/A", "?", "007", "NaN", "-"])
def test_words_are_classes_and_no_holes(tmp_path: Path, word: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"size,label\n1,{word}\n2,7\n3,{word}\n")
    assert loaded(path, missing=["", "NA", "None", "nan", "null", "?"]).classes == tuple(sorted([word, "7"]))


def test_numbers_with_leading_zeros_are_codes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("post,half,label\n007,0.5,a\n7,0,b\n010,-0.25,a\n")
    data = loaded(path)
    assert data.columns is not None
    assert data.columns[0].categories == ("007", "010", "7")
    assert data.columns[1].categories is None


MESSAGES: list[tuple[str | bytes, dict[str, Any], str]] = [
    (
        "id,text,y\n1,a,b\n",
        {"target": "label"},
        "a.csv has no column 'label' (data.target); columns are id, text, y; where the file has no header, name its "
        "columns in data.columns",
    ),
    (
        "id,text,labels\n1,a,b\n",
        {"target": "label"},
        "a.csv has no column 'label' (data.target); did you mean 'labels'? Columns are id, text, labels",
    ),
    (
        "a;b;label\n1;2;c\n",
        {"target": "label"},
        "a.csv has no column 'label' (data.target); columns are a;b;label; is the separator ';'? Then set "
        "data.separator",
    ),
    (
        "a,label,label\n1,b,c\n",
        {},
        "a.csv column 'label' appears 2 times; where the file has no header, name its columns in data.columns",
    ),
    ("a,b,label\n1,2,c\n1,2\n3,4,d\n", {}, "a.csv line 3 has 2 fields, expected 3"),
    (
        "a,label\n" + "1,b\n1,b,\n" * 12,
        {},
        "a.csv line 3 has 3 fields, expected 2 (12 such lines; first: 3, 5, 7, …)",
    ),
    ("a,label\n1,b,\n2,c,\n", {}, "a.csv line 2 has 3 fields, expected 2 (2 such lines; first: 2, 3)"),
    ('a,label\n"1\n2",b\n3\n', {}, "a.csv line 4 has 1 field, expected 2"),
    ('a,label\n1,b\n2,"c\n3,d\n4,e\n', {}, "a.csv quote opened on line 3 is never closed"),
    ('a,label\n"x""\ny",b\n2,"c\n3,d\n4,e\n', {}, "a.csv quote opened on line 4 is never closed"),
    (
        'a,label\n"x, y,"b\n3,d\n',
        {},
        "a.csv quote opened on line 2 is closed inside the cell; write quotes inside a cell twice",
    ),
    (
        'a,label\n"x,b\n"3",d\n',
        {},
        "a.csv quote opened on line 2 is never closed (the next quote, on line 3, is followed by text)",
    ),
    (
        "a,label\n1,b\n2,c\n3,caf\xe9\n".encode("latin-1"),
        {},
        'a.csv byte 0xE9 at line 4 is not UTF-8; set data.encoding = "latin-1" if that is what it is',
    ),
    (
        "a,label\n1,b\n2,caf\xe9\n".encode(),
        {"encoding": "ascii"},
        'a.csv byte 0xC3 at line 3 is not ASCII; set data.encoding = "utf-8" if that is what it is',
    ),
    (
        GOOD.encode("utf-16"),
        {},
        'a.csv contains NUL bytes (UTF-16? binary?); if it is text, set data.encoding = "utf-16"',
    ),
    (b"a,label\n1,\0\n", {}, 'a.csv contains NUL bytes (UTF-16? binary?); if it is text, set data.encoding = "utf-16"'),
    ("", {}, "a.csv has 0 data rows"),
    ("\n\n", {}, "a.csv has 0 data rows"),
    ("a,label\n", {}, "a.csv has 0 data rows"),
    ("a,label\n1,b\n2,\n3, \n4,c\n", {}, "a.csv column 'label': 2 rows have an empty label (lines 3, 4)"),
    ("a,label\n1,b\n2,\n", {}, "a.csv column 'label': 1 row has an empty label (line 3)"),
    ("a,label\n1,cat\n2,cat\n", {}, "a.csv column 'label' needs at least 2 classes, found 1 ('cat')"),
    ("a,label\n1,b\ninf,c\n-Inf,c\n", {}, "a.csv line 3 column 'a' is inf (2 such values)"),
    ("a,label\n1,b\n1e39,c\n", {}, "a.csv line 3 column 'a' is 1e+39, too large for float32"),
    (
        "a,label\n1,b\nNaN,c\n3,c\nNaN,b\n",
        {},
        "a.csv column 'a' holds numbers and 'NaN' (2 cells, lines 3, 5); where that means a missing value, add it to "
        "data.missing",
    ),
    (
        "a,label\n1,b\n,c\n3,c\n",
        {"missing": ["?"]},
        "a.csv column 'a' holds numbers and '' (1 cell, line 3); where that means a missing value, add it to "
        "data.missing",
    ),
    ("a,b,label\n1,,b\n2,,c\n", {}, "a.csv column 'b' is empty in all 2 rows; put it in data.ignore"),
    (
        "name,label\n" + "".join(f"n{i},{'ab'[i % 2]}\n" for i in range(1001)),
        {},
        "a.csv column 'name' holds 1,001 different words in 1,001 rows, too many for categories; put it in "
        "data.ignore, or name it in data.text if rows are texts",
    ),
    (
        "a,b\n1,2\n",
        {"columns": ["a", "b", "c"], "target": "c"},
        "a.csv line 1 has 2 fields, expected 3 (2 such lines; first: 1, 2)",
    ),
    ("a\n1\n", {"columns": ["a", "a"]}, "data.columns names 'a' 2 times"),
    ("a\n1\n", {"separator": ",,"}, "data.separator must be one character, and no quote or line break, got ',,'"),
    ("a\n1\n", {"encoding": "utf-9"}, "data.encoding 'utf-9' is no encoding that Python knows; utf-8, latin-1, …"),
    ("a\n1\n", {"encoding": "hex"}, "data.encoding 'hex' is no encoding that Python knows; utf-8, latin-1, …"),
    (
        ",a,label\n0,1,b\n1,2,c\n",
        {},
        'a.csv column 0 (from 0) has no name, as when pandas writes its index; put "" in data.ignore, or name it in '
        "the file",
    ),
]


@pytest.mark.parametrize(("content", "keys", "message"), MESSAGES)
def test_what_is_refused(tmp_path: Path, content: str | bytes, keys: dict[str, Any], message: str) -> None:
    assert told(tmp_path / "a.csv", content, **keys) == message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"a\.csv does not exist"):
        loaded(tmp_path / "a.csv")


def test_a_gzipped_file_may_not_expand_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_ROOM", 10_000)
    content = gzip.compress(b"a,label\n" + b"1,b\n" * 100_000, mtime=0)
    assert "refused, as that is beyond 1 GiB" in told(tmp_path / "a.csv.gz", content)
    assert "cannot be read as a gzipped file" in told(tmp_path / "b.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:-9])


def test_the_index_that_pandas_writes_can_be_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",a,label\n0,1,b\n1,2,c\n")
    assert loaded(path, ignore=[""]).shape == (1,)


def test_the_readers_limit_is_left_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    path = tmp_path / "a.csv"
    path.write_text(f"text,label\n{'x' * 200_000},b\ny,c\n")
    assert len(loaded(path)) == 2
    assert csv.field_size_limit() == before


def refusal(path: Path) -> str:
    """The sentence that refuses a file, or nothing; anything but an OverproofError is passed on."""
    try:
        load(Data(source=str(path)), 0)
    except OverproofError as error:
        return str(error)
    return ""


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_text_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("one", "two"), *rows])
    table = delimited.read(path, Data(source=str(path)))
    assert list(zip(*(table.columns[name].values for name in ("one", "two")), strict=True)) == rows


@given(st.text(st.sampled_from('ab1,"\n \r;'), max_size=60))
def test_any_text_is_read_or_refused_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("a,label\n" + text, newline="")
    assert "\n" not in refusal(path)


ADULT = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
]  # fmt: skip


def test_the_real_adult(shared_data: Path) -> None:
    data = loaded(shared_data / "adult" / "adult-train.csv.gz", columns=ADULT, target="income", missing=["?"])
    assert len(data) == 32_561
    assert (data.task, data.classes) == ("binary", ("<=50K", ">50K"))
    assert np.bincount(data.labels).tolist() == [24_720, 7_841]
    assert data.columns is not None
    numbers = [column.name for column in data.columns if column.categories is None]
    assert numbers == ["age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
    holes = dict(zip([column.name for column in data.columns], np.isnan(data.inputs).sum(axis=0), strict=True))
    assert {name: int(count) for name, count in holes.items() if count} == {
        "workclass": 1836,
        "occupation": 1843,
        "native-country": 583,
    }


def test_the_real_california_housing(shared_data: Path) -> None:
    data = loaded(shared_data / "california-housing" / "housing.csv.gz", target="median_house_value")
    assert (len(data), data.task, data.classes) == (20_640, "regression", ("median_house_value",))
    assert data.labels[:2].tolist() == [[452600.0], [358500.0]]
    assert data.columns is not None
    assert data.columns[-1].categories == ("<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY", "NEAR OCEAN")
    assert np.isnan(data.inputs).sum(axis=0).tolist() == [0, 0, 0, 0, 207, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "content",
    [
        f"{'x' * 10**6},b\n1,u\n2,v\n",
        f"{'x' * 10**6},{'x' * 10**6}\n1,u\n2,v\n",
        f"a,y\n1,{'x' * 10**6}\n2,{'x' * 10**6}\n",
        '"a\nb",c\n1,u\n2,v\n',
        '"a\nb","a\nb"\n1,u\n2,v\n',
        "a\x1b[31m,c\n1,u\n2,v\n",
    ],
)
def test_names_of_any_length_and_kind_leave_a_sentence_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "names.csv").write_text(content)
    with pytest.raises(DataError) as caught:
        load(Data(source=str(tmp_path / "names.csv")), seed=0)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400 + len(str(tmp_path))

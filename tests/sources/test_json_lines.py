"""JSON records become columns; what is no record is refused with its line."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.columns import Column
from overproof.data.dataset import Dataset
from overproof.errors import DataError, MissingInputError, OverproofError
from overproof.sources import delimited, json_lines
from overproof.study import Data


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("a.jsonl", True),
        ("a.ndjson", True),
        ("a.JSONL", True),
        ("a.json", True),
        ("a.jsonl.gz", True),
        ("a.csv", False),
        ("ajsonl", False),
        ("a.jsonl.txt", False),
    ],
)
def test_files_by_their_names(name: str, yes: bool) -> None:
    assert json_lines.recognises(Path(name), Data(source=name)) is yes


def test_kinds_are_kept_and_gaps_are_missing() -> None:
    text = '{"a": "007", "n": 7}\n\n{"n": 7.5, "b": true}\r\n{"a": null, "n": NaN, "b": false}'
    columns, lines = json_lines.records(text, "d.jsonl")
    assert columns == {"a": ["007", None, None], "n": [7, 7.5, None], "b": [None, True, False]}
    assert lines == [1, 3, 4]


def test_a_list_of_objects_is_the_same() -> None:
    lines = '{"a": 1, "b": "x"}\n{"b": "y"}\n'
    listed = '\n [{"a": 1, "b": "x"},\n  {"b": "y"}\n]\n'
    assert json_lines.records(lines, "d.jsonl") == ({"a": [1, None], "b": ["x", "y"]}, [1, 2])
    assert json_lines.records(listed, "d.json") == ({"a": [1, None], "b": ["x", "y"]}, None)


def test_text_may_hold_breaks_that_json_does_not_know() -> None:
    assert json_lines.records('{"a": "one\u2028two\x85three"}', "d.jsonl")[0] == {"a": ["one\u2028two\x85three"]}


def test_ignored_columns_may_hold_anything() -> None:
    text = '{"a": 1, "m": {"x": [1]}}\n{"a": 2, "m": "text"}\n{"a": 3, "m": 1e999}'
    assert json_lines.records(text, "d.jsonl", ["m"])[0] == {"a": [1, 2, 3], "m": [None] * 3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "d.jsonl has 0 records"),
        ("[]", "d.jsonl has 0 records"),
        ('{"a": 1}\n{"a": [1, 2]}', "d.jsonl line 2: 'a' holds a list; .* data.ignore"),
        ('{"a": {"b": 1}}', "d.jsonl line 1: 'a' holds an object"),
        ('[{"a": 1}, {"a": {}}]', "d.jsonl row 1: 'a' holds an object"),
        ('{"a": 1}\n\n{"a": "1"}', "d.jsonl line 3: 'a' is text, but a number in line 1"),
        ('{"a": true}\n{"a": 1}', "d.jsonl line 2: 'a' is a number, but true or false in line 1"),
        ('{"a": 1}\n{"a": 2, "a": 3}', "d.jsonl line 2: 'a' occurs twice in one record"),
        ('{"a": 1}\n{"a" 2}', "d.jsonl line 2 column 6 is not JSON"),
        ('{"a": 1}\n{"a": 2', "d.jsonl line 2 column 8 is not JSON"),
        ('[{"a": 1},\n {"a" 2}]', "d.jsonl line 2 column 7 is not JSON"),
        ('{"a": 1} {"a": 2}', "d.jsonl line 1 column 10 is not JSON"),
        ('{\n "a": 1\n}', "one object of many lines"),
        ("3\n", "d.jsonl line 1 is a number; every record must be an object"),
        ('{"a": "\\ud800"}', "d.jsonl line 1: 'a' is not valid Unicode"),
        ("null", "d.jsonl line 1 is null; every record must be an object"),
        ("[[1]]", "d.jsonl row 0 is a list; every record must be an object"),
        ('{"a": Infinity}', "d.jsonl line 1: 'a' is infinite"),
        ('{"a": 1e999}', "d.jsonl line 1: 'a' is infinite, or too large"),
        ('{"a": 1' + "0" * 400 + "}", "d.jsonl line 1: 'a' is too large"),
        ('{"a": 1' + "0" * 5000 + "}", "d.jsonl line 1 is no JSON that can be read"),
        ("[" * 100_000, "d.jsonl is no JSON that can be read"),
        ('{"a":' * 100_000, "d.jsonl line 1 is no JSON that can be read"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(DataError, match=says) as raised:
        json_lines.records(text, "d.jsonl")
    assert "\n" not in str(raised.value)


@given(st.text())
def test_nothing_but_our_own_error_comes_out_of_any_text(text: str) -> None:
    with contextlib.suppress(DataError):
        json_lines.records(text, "d.jsonl")


@given(st.lists(st.fixed_dictionaries({}, optional={"a": st.integers(-9, 9), "b": st.text()}), min_size=1))
def test_records_come_back(records: list[dict[str, object]]) -> None:
    found, _ = json_lines.records("\n".join(map(json.dumps, records)), "d.jsonl")
    assert [
        {name: column[row] for name, column in found.items() if column[row] is not None} for row in range(len(records))
    ] == records


def load(path: Path, **keys: object) -> Dataset:
    return json_lines.load(path, Data.model_validate({"source": str(path), **keys}))


def test_a_file_becomes_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text(
        '{"age": 41, "job": "NA", "label": "007"}\n{"job": "", "label": "7"}\n'
        '{"age": 2.5, "job": "cook", "label": "NA"}\n'
    )
    data = load(path)
    assert data.name == "people"
    assert np.array_equal(data.inputs, np.array([[41, 0], [np.nan, np.nan], [2.5, 1]]), equal_nan=True)
    assert data.columns == (Column("age"), Column("job", ("NA", "cook")))
    assert data.classes == ("007", "7", "NA")
    assert (data.task, data.labels.tolist()) == ("multiclass", [0, 1, 2])


def test_lines_a_list_and_a_csv_file_hold_the_same_rows(tmp_path: Path) -> None:
    rows = [{"a": n, "b": "xyz"[n % 3], "label": "yes" if n % 2 else "no"} for n in range(12)]
    lines = "\n".join(map(json.dumps, rows))
    (tmp_path / "d.jsonl").write_text(lines)
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "d.json").write_text(json.dumps(rows, indent=1))
    (tmp_path / "d.csv").write_text("a,b,label\n" + "".join(f"{r['a']},{r['b']},{r['label']}\n" for r in rows))
    expected = delimited.load(tmp_path / "d.csv", Data(source="d.csv"))
    for name in ("d.jsonl", "d.jsonl.gz", "d.json"):
        assert load(tmp_path / name).digest == expected.digest


def test_texts_groups_and_names(tmp_path: Path) -> None:
    path = tmp_path / "d.ndjson"
    rows = [{"id": f"r{n}", "who": n // 2, "text": f"say {n}", "label": n % 2} for n in range(6)]
    path.write_text("\n".join(map(json.dumps, rows)))
    data = load(path, text="text", groups="who", id="id")
    assert data.tokens is not None
    assert data.tokens.texts == tuple(row["text"] for row in rows)
    assert data.keys == tuple(row["id"] for row in rows)
    assert data.groups is not None
    assert len(np.unique(data.groups)) == 3
    assert data.inputs.shape == (6, 2)


@pytest.mark.parametrize(
    ("text", "keys", "says"),
    [
        ('{"a": 1, "label": "x"}\n{"a": 2}', {}, "d.jsonl column 'label': 1 row has an empty label .line 2."),
        ('{"a": 1, "b": "x"}', {}, "no column called .*; columns are a, b"),
        ('{"a": 1, "b": "x"}', {"target": "c"}, "no column 'c' .data.target.; columns are a, b"),
        ('{"a": 1, "label": "x"}\n{"a": 2, "label": "x"}', {}, "needs at least 2 classes"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, text: str, keys: dict[str, str], says: str) -> None:
    (tmp_path / "d.jsonl").write_text(text)
    with pytest.raises(DataError, match=says):
        load(tmp_path / "d.jsonl", **keys)


def test_files_that_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    with pytest.raises(MissingInputError, match="does not exist"):
        load(path)
    path.write_bytes('{"a": "é"}'.encode("latin-1"))
    with pytest.raises(DataError, match="byte 0xE9 at line 1 is not UTF-8"):
        load(path)
    assert json_lines.read(path, Data(source="d.jsonl", encoding="latin-1")).columns["a"].values.tolist() == ["é"]
    path.write_bytes(b'{"a": "\0"}')
    with pytest.raises(DataError, match="NUL bytes"):
        load(path)
    packed = gzip.compress(b'{"a": 1, "label": 2}\n' * 1000)
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="gzip"):
        load(path)


def test_a_damaged_file_raises_only_our_own_errors(tmp_path: Path) -> None:
    whole = "\n".join(json.dumps({"a": n, "b": "ü" * n, "label": n % 2}) for n in range(20)).encode()
    packed = gzip.compress(whole, mtime=0)
    path = tmp_path / "d.jsonl"
    random = np.random.default_rng(0)
    for good in (whole, packed):
        for _ in range(300):
            data = bytearray(good)
            for place in random.integers(0, len(data), random.integers(1, 4)):
                data[place] = random.integers(256)
            path.write_bytes(bytes(data[: random.integers(0, len(data) + 1)] if random.random() < 0.3 else data))
            with contextlib.suppress(OverproofError):
                load(path)

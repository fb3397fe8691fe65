"""JSON records become columns; what is no record is refused with its line."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.data import json_lines
from overproof.errors import DataError
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
    assert json_lines.records(text, "d.jsonl") == {
        "a": ["007", None, None],
        "n": [7, 7.5, None],
        "b": [None, True, False],
    }


def test_a_list_of_objects_is_the_same() -> None:
    lines = '{"a": 1, "b": "x"}\n{"b": "y"}\n'
    listed = '\n [{"a": 1, "b": "x"},\n  {"b": "y"}\n]\n'
    assert (
        json_lines.records(lines, "d.jsonl")
        == json_lines.records(listed, "d.json")
        == {"a": [1, None], "b": ["x", "y"]}
    )


def test_text_may_hold_breaks_that_json_does_not_know() -> None:
    assert json_lines.records('{"a": "one\u2028two\x85three"}', "d.jsonl") == {"a": ["one\u2028two\x85three"]}


def test_ignored_columns_may_hold_anything() -> None:
    text = '{"a": 1, "m": {"x": [1]}}\n{"a": 2, "m": "text"}\n{"a": 3, "m": 1e999}'
    assert json_lines.records(text, "d.jsonl", ["m"]) == {"a": [1, 2, 3]}


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
    found = json_lines.records("\n".join(map(json.dumps, records)), "d.jsonl")
    assert [
        {name: column[row] for name, column in found.items() if column[row] is not None} for row in range(len(records))
    ] == records

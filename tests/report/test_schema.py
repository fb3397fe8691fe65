"""The published description of results.json is the one the code has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from overproof import results

DOCS = Path(__file__).parents[2] / "docs"
RECORDS = [
    record
    for record in vars(results).values()
    if isinstance(record, type) and issubclass(record, results.Record) and record is not results.Record
]


def canonical() -> str:
    return json.dumps(results.Results.model_json_schema(by_alias=True), indent=2, sort_keys=True) + "\n"


def test_published_schema_is_current() -> None:
    assert (DOCS / "results.schema.json").read_text(encoding="utf-8") == canonical(), (
        "docs/results.schema.json is out of date; run: python tests/report/test_schema.py"
    )


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_described(record: type[BaseModel]) -> None:
    rows = [
        line.split("|")[1] for line in (DOCS / "results.md").read_text(encoding="utf-8").splitlines() if "|" in line
    ]
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert {field.alias or name for name, field in record.model_fields.items()} <= described


def test_every_field_described_exists() -> None:
    page, _, _ = (DOCS / "results.md").read_text(encoding="utf-8").partition("## Versions")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    known = {field.alias or name for record in RECORDS for name, field in record.model_fields.items()}
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} <= known | results.DIRECTION.keys()


def test_schema_number_is_the_documented_one() -> None:
    assert f"`schema` is {results.SCHEMA}." in (DOCS / "results.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    (DOCS / "results.schema.json").write_text(canonical(), encoding="utf-8")

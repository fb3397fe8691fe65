"""What the columns of a table are for, and that the same rows are the same data set whatever they are read from."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overproof.data.dataset import TEST, Dataset
from overproof.errors import DataError, OverproofError
from overproof.sources.catalogue import from_object, load
from overproof.sources.cells import written
from overproof.sources.roles import Table
from overproof.sources.tables import as_dataset
from overproof.study import Data

ROWS: dict[str, list[str]] = {
    "patient": ["p1", "p2", "p1", "p3"],
    "when": ["2024-01-03", "2024-01-01", "2024-01-02T12:00", "2024-02-01"],
    "row": ["r1", "r2", "r3", "r4"],
    "official": ["0", "1", "0", "1"],
    "age": ["41", "7", "", "30"],
    "job": ["cook", "none", "cook", ""],
    "paid": ["yes", "no", "yes", "no"],
    "height": ["1.5", "1.25", "1.75", "2"],
}
ROLES = {"groups": "patient", "time": "when", "id": "row", "target": "paid"}


def table(columns: dict[str, list[str]], missing: tuple[str, ...] = ("",)) -> Table:
    cells = {name: written(words, missing) for name, words in columns.items()}
    return Table("t.csv", "t", cells, range(2, 2 + len(next(iter(columns.values())))))


def made(columns: dict[str, list[str]], test: str | None = None, **keys: Any) -> Dataset:
    return as_dataset(table(columns), Data.model_validate({"source": "t.csv", **keys}), test=test)


def test_every_column_has_its_role() -> None:
    data = made(ROWS, test="official", **ROLES)
    assert data.columns is not None
    assert [column.name for column in data.columns] == ["age", "job", "height"]
    assert data.classes == ("no", "yes")
    assert data.keys == ("r1", "r2", "r3", "r4")
    assert data.groups is not None
    assert data.groups[0] == data.groups[2]
    assert len(set(data.groups.tolist())) == 3
    assert data.times is not None
    assert (data.times - data.times[1]).tolist() == [2 * 86400, 0, 1.5 * 86400, 31 * 86400]
    assert data.part.tolist() == [0, TEST, 0, TEST]


def test_columns_are_ignored() -> None:
    columns = {name: words for name, words in ROWS.items() if name not in ("patient", "when", "row", "official", "age")}
    kept = made(ROWS, ignore=["patient", "when", "row", "official", "age"], target="paid")
    assert kept.digest == made(columns, target="paid").digest


@pytest.mark.parametrize("name", ["target", "label", "class", "y", "Label", "CLASS"])
def test_the_target_is_guessed_by_its_name(name: str) -> None:
    assert made({"a": ["1", "2"], name: ["x", "z"]}).classes == ("x", "z")


def test_a_column_that_is_ignored_or_used_is_not_taken_for_the_target() -> None:
    columns = {"a": ["1", "2"], "label": ["x", "z"], "class": ["u", "v"], "y": ["k", "l"]}
    assert made(columns, ignore=["class"], groups="y").classes == ("x", "z")


def test_several_targets_are_values_or_labels() -> None:
    columns = {
        "a": ["1", "2", "3"],
        "one": ["1.5", "2", "3"],
        "two": ["0", "1", "0"],
        "three": ["true", "false", "true"],
    }
    values = made(columns, target=["one", "two"], ignore=["three"])
    assert (values.task, values.classes) == ("regression", ("one", "two"))
    assert values.labels.tolist() == [[1.5, 0], [2, 1], [3, 0]]
    labels = made(columns, target=["three", "two"], ignore=["one"])
    assert (labels.task, labels.classes) == ("multilabel", ("three", "two"))
    assert labels.labels.tolist() == [[1, 0], [0, 1], [1, 0]]


def test_codes_are_values_where_the_study_says_so() -> None:
    columns = {"a": ["1", "2", "3"], "y": ["007", "7", "010"]}
    assert made(columns).classes == ("007", "010", "7")
    assert made(columns, task="regression").labels.tolist() == [[7], [7], [10]]


def test_rows_of_text() -> None:
    data = made(
        {"note": ["good morning", "", "good night"], "other": ["1", "2", "3"], "y": ["a", "b", "a"]}, text="note"
    )
    assert data.tokens is not None
    assert data.tokens.texts == ("good morning", "", "good night")
    assert data.columns is None
    assert data.inputs.dtype == np.int32


def test_a_column_of_one_value_is_kept() -> None:
    assert made({"a": ["1", "1"], "b": ["x", "x"], "y": ["a", "b"]}).inputs.tolist() == [[1, 0], [1, 0]]


MESSAGES: list[tuple[dict[str, list[str]], dict[str, Any], str]] = [
    (
        {"a": ["1"], "b": ["2"]},
        {},
        "t.csv has no column called target, label, class or y; say in data.target which column holds the labels; "
        "columns are a, b",
    ),
    (
        {"a": ["1"], "y": ["2"], "label": ["2"]},
        {},
        "t.csv has the columns 'y' and 'label'; say in data.target which of them holds the labels",
    ),
    ({"a": ["1"], "y": ["2"]}, {"ignore": ["b"]}, "t.csv has no column 'b' (data.ignore); columns are a, y"),
    (
        {"age": ["1"], "y": ["2"]},
        {"groups": "ages"},
        "t.csv has no column 'ages' (data.groups); did you mean 'age'? Columns are age, y",
    ),
    (
        {"a": ["1"], "y": ["2"]},
        {"groups": "y", "target": "y"},
        "t.csv column 'y' is named by both data.target and data.groups; name it once",
    ),
    ({"y": ["1", "2"]}, {}, "t.csv has no column that a model could learn from; columns are y"),
    (
        {"a": ["1", "2", "3"], "g": ["1", "", ""], "y": ["a", "b", "a"]},
        {"groups": "g"},
        "t.csv column 'g' (data.groups) is empty in lines 3, 4; every row needs one",
    ),
    (
        {"a": ["1", "2"], "t": ["2024-01-01", "soon"], "y": ["a", "b"]},
        {"time": "t"},
        "t.csv column 't' (data.time) must hold numbers, or ISO dates such as 2024-05-31, in every row; it holds "
        "'soon'",
    ),
    (
        {"a": ["1", "2", "3"], "i": ["x", "z", "x"], "y": ["a", "b", "a"]},
        {"id": "i"},
        "t.csv column 'i' (data.id) has 'x' twice (lines 2, 4); every row needs a name of its own",
    ),
    (
        {"a": ["1", "2"], "p": ["0", "2"], "y": ["a", "b"]},
        {"test": "p"},
        "t.csv column 'p' (protocol.test) must be true or false, 1 or 0; found 0, 2",
    ),
    (
        {"a": ["1", "2"], "p": ["0", "0"], "y": ["a", "b"]},
        {"test": "p"},
        "t.csv column 'p' (protocol.test): no row is a test row",
    ),
    (
        {"a": ["1", "2"], "p": ["1", "1"], "y": ["a", "b"]},
        {"test": "p"},
        "t.csv column 'p' (protocol.test): every row is a test row",
    ),
    (
        {"a": ["1", "2"], "y": ["1.5", "n/a"]},
        {"task": "regression"},
        "t.csv line 3 column 'y' is 'n/a', which is no number; labels of regression, and several labels of a row, are "
        "numbers",
    ),
    (
        {"a": ["1", "2", "3"], "y": ["1.5", "NA", "2.5"]},
        {},
        "t.csv column 'y' looks continuous (2 distinct numbers in 3 rows), but line 3 is 'NA'; every row needs a "
        "number",
    ),
    (
        {"a": ["1", "2"], "y": ["", "2"]},
        {"task": "regression"},
        "t.csv column 'y': 1 row has an empty label (line 2)",
    ),
    (
        {"a": ["", ""], "p": ["0", "1"], "y": ["a", "b"]},
        {"test": "p"},
        "t.csv column 'a' is empty in all 1 rows; put it in data.ignore",
    ),
]


@pytest.mark.parametrize(("columns", "keys", "message"), MESSAGES)
def test_what_is_refused(columns: dict[str, list[str]], keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        made(columns, **keys)
    assert str(caught.value) == message


def test_more_rows_need_no_target_and_no_names() -> None:
    rows = as_dataset(table({"age": ["1", "2"]}), Data(source="t", target="paid", id="row"), labelled=False, main=False)
    assert rows.labels.tolist() == [-1, -1]
    assert rows.classes == ()
    with pytest.raises(DataError, match="no column 'patient'"):
        as_dataset(table({"age": ["1"]}), Data(source="t", groups="patient"), labelled=False, main=False)


# --- the same rows, whatever they are read from ---


def _csv(rows: dict[str, list[Any]], path: Path) -> str:
    import pandas

    pandas.DataFrame(rows).to_csv(path.with_suffix(".csv"), index=False)
    return str(path.with_suffix(".csv"))


def _gzipped(rows: dict[str, list[Any]], path: Path) -> str:
    found = Path(_csv(rows, path))
    found.with_suffix(".csv.gz").write_bytes(gzip.compress(found.read_bytes()))
    return str(found.with_suffix(".csv.gz"))


def _parquet(rows: dict[str, list[Any]], path: Path) -> str:
    import pandas

    pandas.DataFrame(rows).to_parquet(path.with_suffix(".parquet"))
    return str(path.with_suffix(".parquet"))


def _polars_parquet(rows: dict[str, list[Any]], path: Path) -> str:
    import polars

    polars.DataFrame(rows).write_parquet(path.with_suffix(".pq"))
    return str(path.with_suffix(".pq"))


def _feather(rows: dict[str, list[Any]], path: Path) -> str:
    import pandas

    pandas.DataFrame(rows).to_feather(path.with_suffix(".feather"))
    return str(path.with_suffix(".feather"))


def _stream(rows: dict[str, list[Any]], path: Path) -> str:
    import polars

    polars.DataFrame(rows).write_ipc_stream(path.with_suffix(".arrow"))
    return str(path.with_suffix(".arrow"))


def _records(rows: dict[str, list[Any]], path: Path) -> str:
    lines = [json.dumps(dict(zip(rows, row, strict=True)), default=str) for row in zip(*rows.values(), strict=True)]
    path.with_suffix(".jsonl").write_text("\n".join(lines))
    return str(path.with_suffix(".jsonl"))


def _pandas(rows: dict[str, list[Any]], _: Path) -> Any:
    import pandas

    return pandas.DataFrame(rows)


def _nullable(rows: dict[str, list[Any]], _: Path) -> Any:
    import pandas

    return pandas.DataFrame(rows).convert_dtypes()


def _categories(rows: dict[str, list[Any]], _: Path) -> Any:
    import pandas

    frame = pandas.DataFrame(rows)
    for name in frame.columns:
        if frame[name].dtype.kind not in "iufbM":
            frame[name] = frame[name].astype("category")
    return frame


def _polars(rows: dict[str, list[Any]], _: Path) -> Any:
    import polars

    return polars.DataFrame(rows)


def _lazy(rows: dict[str, list[Any]], _: Path) -> Any:
    import polars

    return polars.DataFrame(rows).lazy()


def _arrow(rows: dict[str, list[Any]], _: Path) -> Any:
    import pyarrow

    return pyarrow.table(rows)


def _dictionaries(rows: dict[str, list[Any]], _: Path) -> Any:
    return [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]


FORMS: list[Callable[[dict[str, list[Any]], Path], Any]] = [
    _gzipped, _parquet, _polars_parquet, _feather, _stream, _records,
    _pandas, _nullable, _categories, _polars, _lazy, _arrow, _dictionaries,
]  # fmt: skip


def read(
    form: Callable[[dict[str, list[Any]], Path], Any], rows: dict[str, list[Any]], path: Path, **keys: Any
) -> Dataset:
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    source = form(rows, path)
    data = Data.model_validate({"source": source if isinstance(source, str) else "live", **keys})
    return load(data, 0) if isinstance(source, str) else from_object(source, data, "arrays")


MIXED: dict[str, list[Any]] = {
    "patient": [3, 1, 3, 20],
    "seen": [30, 10, 20, 25],
    "row": ["a", "b", "c", "d"],
    "age": [41, 7, 12, 30],
    "weight": [70.5, None, 0.1, 1e-3],
    "smokes": [True, False, True, True],
    "code": ["007", "7", None, "7"],
    "job": ["cook", "none", "NA", None],
    "target": ["yes", "NA", "None", "yes"],
}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__.strip("_"))
def test_the_same_rows_are_the_same_data_set(form: Callable[[dict[str, list[Any]], Path], Any], tmp_path: Path) -> None:
    keys = {"groups": "patient", "time": "seen", "id": "row"}
    one, other = (read(each, MIXED, tmp_path / "rows", **keys) for each in (_csv, form))
    assert other.facts() == one.facts()
    assert np.array_equal(other.inputs, one.inputs, equal_nan=True)
    assert other.digest == one.digest


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__.strip("_"))
@pytest.mark.parametrize(
    "target", [[1, 2, 3, 1], [1.5, 2.25, 3.0, 0.1], [True, False, True, True], ["a", "007", "7", "a"]]
)
def test_the_same_labels_are_the_same_labels(
    form: Callable[[dict[str, list[Any]], Path], Any], target: list[Any], tmp_path: Path
) -> None:
    rows = {"a": [1, 2, 3, 4], "y": target}
    one, other = (read(each, rows, tmp_path / "rows") for each in (_csv, form))
    assert (other.task, other.classes, other.digest) == (one.task, one.classes, one.digest)


def test_dates_are_the_same_seconds(tmp_path: Path) -> None:
    import datetime

    moments = [datetime.datetime(2024, 1, day, 12, 0, 0, 250_000 * day) for day in (1, 2, 3)]
    rows: dict[str, list[Any]] = {"when": moments, "also": moments, "y": ["a", "b", "a"]}
    forms = [_csv, _parquet, _polars_parquet, _pandas, _polars, _arrow]
    sets = [read(form, rows, tmp_path / "rows", time="when") for form in forms]
    assert len({each.digest for each in sets}) == 1
    assert sets[0].times is not None
    assert sets[0].times.tolist() == [each.replace(tzinfo=datetime.UTC).timestamp() for each in moments]


WORD = st.one_of(st.none(), st.sampled_from(["a", "B", "é", "x y", "007"]))


@given(st.data(), st.integers(2, 6))
@settings(max_examples=25)
def test_any_rows_are_the_same_data_set(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject, count: int
) -> None:
    rows: dict[str, list[Any]] = {
        "one": draw.draw(st.lists(st.one_of(st.none(), st.floats(-1e30, 1e30)), min_size=count, max_size=count)),
        "two": draw.draw(st.lists(WORD, min_size=count, max_size=count)),
        "y": ["a", "b", *["a"] * (count - 2)],
    }
    path = tmp_path_factory.mktemp("rows") / "rows"
    digests = set()
    for form in (_csv, _parquet, _pandas, _polars):
        try:
            digests.add(read(form, rows, path).digest)
        except OverproofError as error:
            digests.add(str(error).partition(" column ")[2])
    assert len(digests) == 1

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from overproof.errors import MissingInputError, ModelError, OverproofError, StudyError, UnsafeError
from overproof.teachers.predictions import Predictions
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import NAMES, ROWS, everything, made, probabilities, table

DATA = table()
P = np.random.default_rng(0).dirichlet([1, 1, 1], ROWS)
Z = np.random.default_rng(1).normal(size=(ROWS, 3)) * 3
ORDER = np.random.default_rng(2).permutation(ROWS)


def write(names: Sequence[str], numbers: Any, keys: Any = DATA.keys, ids: str = "id", file: str = "said.csv") -> str:
    """A file with its rows in another order than the data's."""
    numbers = np.asarray(numbers).reshape(ROWS, -1)
    with Path(file).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([ids, *names])
        writer.writerows([keys[row], *map(repr, numbers[row].tolist())] for row in ORDER)
    return f"predictions:{file}"


def said(model: str, data: Any = DATA, **keys: Any) -> Any:
    return made(model, data, **keys).answer(everything(data))


def test_columns_go_by_the_names_of_the_classes_and_rows_by_theirs() -> None:
    voice = made(write(["NA", "007", "7"], P[:, [2, 0, 1]]), DATA)
    assert isinstance(voice, Predictions)
    assert not voice.sees_views
    np.testing.assert_allclose(probabilities(voice.answer(everything(DATA))), P, atol=1e-6)
    assert voice.notes == (
        "said.csv: outputs reordered by the names of the classes",
        "said.csv holds probabilities (all are in 0 to 1, and every row adds up to 1)",
    )
    rows = np.array([8, 3])
    np.testing.assert_array_equal(voice.answer(Shown.of(DATA, rows)), voice.answer(everything(DATA))[rows])


def test_logits_are_recognised() -> None:
    voice = made(write(NAMES, Z), DATA)
    np.testing.assert_allclose(voice.answer(everything(DATA)), Z, rtol=1e-6)
    assert voice.notes == ("said.csv holds logits (they are no probabilities)",)


def test_the_study_may_say_what_they_are() -> None:
    model = write(NAMES, P)
    np.testing.assert_allclose(said(model, output="logits"), P, rtol=1e-6)
    assert made(model, DATA, output="logits").notes == ("said.csv holds logits (as teacher.output says)",)
    with pytest.raises(ModelError, match="so its outputs are no probabilities"):
        said(write(NAMES, Z), output="probabilities")


def test_columns_with_a_prefix() -> None:
    voice = made(write([f"logit_{name}" for name in NAMES[::-1]], P[:, ::-1]), DATA)
    np.testing.assert_allclose(voice.answer(everything(DATA)), P, rtol=1e-6)
    assert "said.csv holds logits (as the names in it say)" in voice.notes


def test_places_are_no_names() -> None:
    model = write(["p_0", "p_1", "p_2"], P)
    with pytest.raises(ModelError, match=r"said.csv does not say which classes .* teacher.classes = \["):
        said(model)
    np.testing.assert_allclose(probabilities(said(model, classes=["NA", "7", "007"])), P[:, ::-1], atol=1e-6)
    model = write(["p_2", "p_0", "p_1"], P)
    np.testing.assert_allclose(probabilities(said(model, classes=list(NAMES))), P[:, [1, 2, 0]], atol=1e-6)


def test_places_are_names_where_the_data_have_such() -> None:
    data = replace(DATA, classes=("0", "1", "2"))
    model = write(["p_2", "p_0", "p_1"], P)
    np.testing.assert_allclose(probabilities(said(model, data)), P[:, [1, 2, 0]], atol=1e-6)
    model = write(["2", "0", "1"], P)
    np.testing.assert_allclose(probabilities(said(model, data)), P[:, [1, 2, 0]], atol=1e-6)


def test_rows_without_names_go_by_their_place() -> None:
    data = replace(DATA, keys=None)
    found = said(write(NAMES, P, [str(row) for row in range(ROWS)]), data)
    np.testing.assert_allclose(probabilities(found), P, atol=1e-6)
    part = data.subset([5, 2])
    np.testing.assert_allclose(probabilities(said("predictions:said.csv", part)), P[[5, 2]], atol=1e-6)


def test_another_data_set_is_asked_by_name() -> None:
    voice = made(write(NAMES, P), DATA)
    found = voice.answer(everything(DATA.subset([7, 1])))
    np.testing.assert_allclose(probabilities(found), P[[7, 1]], atol=1e-6)


@pytest.mark.parametrize(("column", "about"), [("yes", 1), ("p_no", 0), ("no", 0), ("probability_yes", 1)])
def test_one_number_is_about_the_class_it_names(column: str, about: int) -> None:
    data, p = table("binary"), P[:, 0]
    found = probabilities(said(write([column], p), data))
    np.testing.assert_allclose(found[:, about], p, atol=1e-6)


def test_one_number_without_a_class_needs_one() -> None:
    data = table("binary")
    model = write(["logit"], Z[:, 0])
    with pytest.raises(ModelError, match="does not say which classes"):
        said(model, data)
    found = said(model, data, classes=["yes", "no"])  # the second is "no"
    np.testing.assert_allclose(found[:, 0] - found[:, 1], Z[:, 0], rtol=1e-5)


def test_values() -> None:
    data, values = table("regression"), Z[:, :1]
    for column in ("price", "prediction", "value"):
        voice = made(write([column], values), data)
        np.testing.assert_allclose(voice.answer(everything(data)), values, rtol=1e-6)
    assert voice.notes == ("said.csv holds values (the task is regression)",)


def test_several_labels() -> None:
    data = table("multilabel")
    found = expit(said(write(["late", "big"], P[:, :2]), data))
    np.testing.assert_allclose(found, P[:, [1, 0]], atol=1e-6)


def test_parquet() -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {name: P[ORDER, place] for place, name in enumerate(NAMES)}
    parquet.write_table(pyarrow.table({"key": [f"r{row:03}" for row in ORDER], **columns}), "said.parquet")
    np.testing.assert_allclose(probabilities(said("predictions:said.parquet")), P, atol=1e-6)
    # numbers as names of rows
    parquet.write_table(pyarrow.table({"key": ORDER, **columns}), "numbers.parquet")
    found = said("predictions:numbers.parquet", replace(DATA, keys=None))
    np.testing.assert_allclose(probabilities(found), P, atol=1e-6)


@pytest.mark.parametrize("array", ["logits", "outputs", "predictions"])
def test_archives(array: str) -> None:
    arrays: dict[str, Any] = {array: Z[ORDER][:, ::-1]}
    np.savez("said.npz", ids=np.array(DATA.keys)[ORDER], classes=np.array(NAMES)[::-1], **arrays)
    np.testing.assert_allclose(said("predictions:said.npz"), Z, rtol=1e-6)


def test_archives_without_names_of_classes() -> None:
    np.savez_compressed("said.npz", keys=np.arange(ROWS)[ORDER], probabilities=P[ORDER])
    data = replace(DATA, keys=None)
    with pytest.raises(ModelError, match="does not say which classes"):
        said("predictions:said.npz", data)
    found = said("predictions:said.npz", data, classes=["7", "NA", "007"])
    np.testing.assert_allclose(probabilities(found), P[:, [2, 0, 1]], atol=1e-6)


@pytest.mark.parametrize(
    ("arrays", "kind", "sentence"),
    [
        ({"logits": Z}, ModelError, "holds the arrays logits; expected ids, one of logits, probabilities"),
        ({"ids": ORDER, "logits": Z, "values": Z}, ModelError, "holds the arrays ids, logits, values; expected"),
        ({"ids": ORDER, "logits": Z[:5]}, ModelError, r"ids has shape \(90,\) and logits \(5, 3\)"),
        ({"ids": ORDER, "logits": Z.astype(str)}, ModelError, "logits has dtype <U32; expected numbers"),
        ({"ids": ORDER.astype(object), "logits": Z}, UnsafeError, "array 'ids' stores Python objects; refused"),
    ],
)
def test_archives_that_do_not_fit(arrays: dict[str, Any], kind: type[OverproofError], sentence: str) -> None:
    np.savez("said.npz", **arrays)
    with pytest.raises(kind, match=sentence):
        said("predictions:said.npz", replace(DATA, keys=None))


def test_every_row_needs_an_answer() -> None:
    write(NAMES, P)
    lines = Path("said.csv").read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(("r003", "r017", "r020", "r088"))]
    Path("said.csv").write_text("".join(kept), "utf-8")
    with pytest.raises(
        ModelError, match=r"no answer for 4 of 90 rows \(first: 'r003', 'r017', 'r020', …\); every row needs"
    ):
        said("predictions:said.csv")
    Path("said.csv").write_text("".join([*lines, lines[5]]), "utf-8")
    with pytest.raises(ModelError, match=r"has two answers for row 'r\d+'; keep one"):
        said("predictions:said.csv")
    Path("said.csv").write_text("".join([*lines, "r999,1,0,0\n"]), "utf-8")
    np.testing.assert_allclose(probabilities(said("predictions:said.csv")), P, atol=1e-6)


def test_an_empty_cell_is_no_answer() -> None:
    write(NAMES, P)
    text = Path("said.csv").read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith("r003"))
    Path("said.csv").write_text(text.replace(row, "r003,,0.5,0.5"), "utf-8")
    with pytest.raises(ModelError, match=r"said.csv: the output for row 'r003' is NaN in 1 of 3 numbers"):
        said("predictions:said.csv")


def test_other_classes_are_refused() -> None:
    with pytest.raises(ModelError, match=r"said.csv knows 4 classes, the data have 3; only in the teacher: 'truck'"):
        said(write([*NAMES, "truck"], np.hstack([P, P[:, :1]])))
    with pytest.raises(ModelError, match="only in the data: 'NA'"):
        said(write(["007", "7"], P[:, :2]))


def test_the_column_that_names_the_rows() -> None:
    model = write(NAMES, P, ids="sample")
    np.testing.assert_allclose(probabilities(said(model)), P, atol=1e-6)
    np.testing.assert_allclose(probabilities(said(model, id="sample")), P, atol=1e-6)
    with pytest.raises(StudyError, match=r"said.csv has no column 'sampel'; did you mean 'sample'"):
        said(model, id="sampel")
    with pytest.raises(StudyError, match="no key 'idd' beside predictions; did you mean 'id'"):
        said(model, idd="sample")
    write(["007", "7", "NA", "more"], np.hstack([P, P[:, :1]]), ids="sample")
    with pytest.raises(ModelError, match="does not say which column names the rows"):
        said("predictions:said.csv")


def test_files_that_cannot_be_read() -> None:
    with pytest.raises(MissingInputError, match=r"teacher.model: none.csv does not exist \(current folder"):
        said("predictions:none.csv")
    Path("said.xlsx").touch()
    with pytest.raises(StudyError, match=r"said.xlsx is no table of predictions; known: .csv"):
        said("predictions:said.xlsx")
    Path("said.npz").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(OverproofError, match=r"said.npz cannot be read as an NPZ archive"):
        said("predictions:said.npz")


def test_words_are_no_answers() -> None:
    Path("said.csv").write_text("id,007,7,NA\n" + "".join(f"r{row:03},yes,no,no\n" for row in range(ROWS)), "utf-8")
    with pytest.raises(ModelError, match=r"said.csv column '007' holds words"):
        said("predictions:said.csv")


def test_the_answers_are_what_they_depend_on() -> None:
    one = made(write(NAMES, P), DATA).components()
    assert made(write(NAMES[::-1], P[:, ::-1], file="other.csv"), DATA).components() == one
    assert made(write(NAMES, P * 0.999), DATA).components() != one


def test_percentages_are_neither_probabilities_nor_logits() -> None:
    with pytest.raises(ModelError) as caught:
        said(write(NAMES, 100 * P))
    assert str(caught.value) == (
        "said.csv: its outputs look like percentages, as every row adds up to 100; divide them by 100, or say "
        'teacher.output = "logits" if they are logits all the same'
    )
    np.testing.assert_allclose(said(write(NAMES, 100 * P), output="logits"), 100 * P, rtol=1e-6)

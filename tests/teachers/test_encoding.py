from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from overproof.data.columns import Column
from overproof.errors import ModelError
from overproof.teachers.encoding import as_they_are, encoded, flattened, frame, given_rows, placed, root_of
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import ROWS, everything, images, table, texts

SOME = np.arange(40)


def test_a_table_is_filled_standardised_and_one_hot() -> None:
    data = table()
    found = encoded(data, SOME, 0, sparse=True, positive=False)(everything(data))
    numbers = data.inputs[:, :2].astype(np.float64)
    own = numbers[SOME]
    filled = np.where(np.isnan(numbers), np.nanmedian(own, axis=0), numbers)
    expected = (filled - filled[SOME].mean(axis=0)) / filled[SOME].std(axis=0)
    np.testing.assert_allclose(found[:, :2], expected, atol=1e-5)
    jobs = data.inputs[:, 2]
    units = [jobs == job for job in np.unique(jobs[SOME][~np.isnan(jobs[SOME])])] + [np.isnan(jobs)]
    np.testing.assert_array_equal(found[:, 2:], np.column_stack(units))


def test_other_rows_do_not_matter() -> None:
    data = table()
    other = replace(data, inputs=data.inputs.copy())
    other.inputs[40:] *= 7
    one, two = (encoded(each, SOME, 0, sparse=True, positive=False)(Shown.of(data, SOME)) for each in (data, other))
    np.testing.assert_array_equal(one, two)


def test_a_category_never_seen_is_no_category() -> None:
    data = table()
    rows = np.flatnonzero(data.inputs[:, 2] != 3)
    found = encoded(data, rows, 0, sparse=True, positive=False)(everything(data))
    assert not found[data.inputs[:, 2] == 3, 2:].any()


def test_a_column_without_a_number_is_zero() -> None:
    data = replace(table(), inputs=table().inputs.copy())
    data.inputs[SOME, 0] = np.nan
    assert not encoded(data, SOME, 0, sparse=True, positive=False)(Shown.of(data, SOME))[:, 0].any()


def test_nothing_is_negative_where_an_estimator_takes_no_such_numbers() -> None:
    data = table()
    assert encoded(data, SOME, 0, sparse=True, positive=True)(everything(data)).min() >= 0


def test_words_are_weighed_by_the_rows_that_are_seen() -> None:
    data = texts()
    sparse = encoded(data, SOME, 0, sparse=True, positive=False)(everything(data))
    dense = encoded(data, SOME, 0, sparse=False, positive=False)(everything(data))
    positive = encoded(data, SOME, 0, sparse=False, positive=True)(everything(data))
    assert sparse.shape[0] == ROWS
    np.testing.assert_allclose(np.linalg.norm(sparse.toarray()[SOME], axis=1), 1)
    np.testing.assert_array_equal(positive, sparse.toarray())
    assert dense.shape[1] <= 128


def test_images_are_flattened_and_steps_standardised() -> None:
    data = images(3)
    shown = everything(data)
    np.testing.assert_array_equal(encoded(data, SOME, 0, sparse=True, positive=False)(shown), flattened(shown))
    steps = replace(table(), inputs=np.random.default_rng(0).normal(5, 3, (90, 4, 2)).astype("f4"), columns=None)
    found = encoded(steps, np.arange(90), 0, sparse=True, positive=False)(everything(steps))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    assert found.shape == (90, 8)


def test_a_frame_has_words_and_gaps() -> None:
    pytest.importorskip("pandas")
    found = as_they_are(table())(everything(table()))
    assert list(found.columns) == ["age", "the hours", "job"]
    assert set(found["job"].dropna()) == {"cook", "None", "nurse", "ü"}
    assert found["job"].isna().sum() == np.isnan(table().inputs[:, 2]).sum()
    assert found["age"].dtype == np.float64
    categorical = frame(everything(table()), [2], categorical=True)
    assert list(categorical["job"].cat.categories) == ["cook", "None", "nurse", "ü"]


def test_a_table_without_names_is_an_array() -> None:
    data = replace(table(), inputs=table().inputs[:, :2], columns=(Column("0"), Column("1")))
    assert isinstance(as_they_are(data)(everything(data)), np.ndarray)
    assert as_they_are(texts())(everything(texts())) == everything(texts()).texts


def test_a_table_with_names_like_places_is_a_frame() -> None:
    pytest.importorskip("pandas")
    data = replace(table(), inputs=table().inputs[:, :2], columns=(Column("f0"), Column("f1")))
    assert list(as_they_are(data)(everything(data)).columns) == ["f0", "f1"]


def test_places_are_no_names() -> None:
    assert placed(["0", "1"])
    assert placed(["f0", "f1"])
    assert not placed(["1", "0"])
    assert not placed(["Column_0", "age"])


def fake(**facts: object) -> object:
    return type("Fake", (SimpleNamespace,), {})(**facts)


def test_columns_go_by_name() -> None:
    pytest.importorskip("pandas")
    rows = given_rows(fake(feature_names_in_=np.array(["job", "age"]), n_features_in_=2), table(), "it")
    assert list(rows(everything(table())).columns) == ["job", "age"]


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        ModelError, match=r"it was fitted with 1 columns that the data do not have \('wage'\); the data"
    ):
        given_rows(fake(feature_names_in_=np.array(["job", "wage"])), table(), "it")
    with pytest.raises(ModelError, match="it was fitted with 5 columns, and a row of the data has 3 numbers"):
        given_rows(fake(n_features_in_=5), table(), "it")
    with pytest.raises(ModelError, match="it was fitted without names of columns, and the data have columns of words"):
        given_rows(fake(n_features_in_=3), table(), "it")
    assert given_rows(fake(n_features_in_=36), images(), "it")(everything(images())).shape == (90, 36)
    assert given_rows(fake(), images(), "it")(everything(images())).shape == (90, 1, 6, 6)


def test_where_an_estimator_comes_from() -> None:
    from sklearn.tree import DecisionTreeClassifier

    class Mine(DecisionTreeClassifier):  # type: ignore[misc]
        pass

    assert root_of(Mine()) == "sklearn"
    assert root_of(fake()) == __name__.partition(".")[0]

"""What the teacher knows: from its test rows only, the same in any order, and small whatever the data."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import entropy

from overproof.data.dataset import Dataset, from_arrays
from overproof.evaluating.knowledge import class_similarity, knowledge, known, most_alike, temperature_of
from overproof.evaluating.predictions import test_logits as logits_of
from overproof.plan import Member
from overproof.run import Run
from overproof.verbs.preparing import Prepared, prepare
from tests.evaluating.conftest import GIVEN, SETTINGS


def drawn(rows: int, classes: int, shape: tuple[int, ...]) -> tuple[Dataset, NDArray[np.float32]]:
    """Data, and logits of a teacher that is often right."""
    generator = np.random.default_rng(rows)
    labels = np.arange(rows) % classes
    logits = generator.standard_normal((rows, classes)) + 3 * np.eye(classes)[labels]
    return from_arrays(generator.random((rows, *shape)), labels, "drawn"), logits.astype(np.float32)


def test_it_is_what_the_teachers_of_the_first_repeat_say(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    found = knowledge(plan, run)
    assert found is not None
    assert found.temperature == 4.0  # of kd
    rows = np.concatenate([split.test for split in plan.splits[:3]])
    logits = np.concatenate([logits_of(plan, run, Member("teacher", split)) for split in plan.splits[:3]])
    soft, labels = softmax(logits.astype(np.float64) / 4, axis=1), plan.data.labels[rows]
    wanted = [soft[labels == each].mean(axis=0) for each in range(10)]
    assert found.similarity is not None
    np.testing.assert_allclose(np.array(found.similarity), wanted, atol=1e-6)
    assert found.rows
    spreads = [each.entropy for each in found.rows]
    assert spreads == sorted(spreads, reverse=True)
    right = soft.argmax(axis=1) == labels
    assert spreads == pytest.approx(np.sort(entropy(soft[right], axis=1))[::-1][: len(spreads)], abs=1e-6)
    ids = plan.data.ids[rows].tolist()
    for each in found.rows:
        at = ids.index(int(each.id))
        assert each.label == labels[at] == each.classes[0]
        assert each.probabilities == pytest.approx(np.sort(soft[at])[::-1][:5], abs=1e-6)
        assert each.pixels is not None
        grey = np.frombuffer(base64.b64decode(each.pixels), dtype=np.uint8).reshape(plan.data.shape)
        np.testing.assert_array_equal(grey, np.rint(255 * plan.data.inputs[rows[at]]))


@pytest.mark.parametrize(
    ("method", "temperature"),
    [
        ({"name": "simple", "arm": "again"}, 1.0),
        ([{"name": "simple", "arm": "again"}, {"temperature": 3.0, "arm": "a"}, {"arm": "b"}], 3.0),
    ],
)
def test_the_temperature_is_that_of_the_first_method_that_has_one(method: Any, temperature: float) -> None:
    plan = prepare(None, dataclasses.replace(GIVEN, method=method), SETTINGS, trust=False).plan
    assert temperature_of(plan) == temperature


def test_pairs_are_the_likest_of_different_classes() -> None:
    data, logits = drawn(60, 4, (2,))
    likeness = class_similarity(softmax(logits, axis=1), data.labels)
    np.testing.assert_allclose(likeness.sum(axis=1), 1, atol=1e-6)
    pairs = most_alike(likeness)
    assert {(each.true, each.other) for each in pairs} == {(i, j) for i in range(4) for j in range(4) if i != j}
    assert [each.probability for each in pairs] == sorted((each.probability for each in pairs), reverse=True)
    assert all(each.probability == pytest.approx(likeness[each.true, each.other], abs=1e-6) for each in pairs)


@pytest.mark.parametrize(("classes", "whole"), [(50, True), (51, False)])
def test_many_classes_are_kept_as_their_likest_pairs(classes: int, whole: bool) -> None:
    data, logits = drawn(4 * classes, classes, (2,))
    found = known(data, np.arange(len(data)), logits, 2.0)
    assert (found.similarity is not None) == whole
    assert len(found.pairs) == 20


def test_a_class_without_a_test_row_says_nothing() -> None:
    data, logits = drawn(90, 3, (2,))
    rows = np.flatnonzero(data.labels != 1)
    found = known(data, rows, logits[rows], 1.0)
    assert found.similarity is not None
    assert found.similarity[1] is None
    assert found.similarity[0] is not None
    assert {pair.true for pair in found.pairs} == {0, 2}
    assert len(found.pairs) == 4
    assert {row.label for row in found.rows} == {0, 2}


def test_the_order_of_the_rows_does_not_matter() -> None:
    data, logits = drawn(90, 3, (1, 4, 4))
    logits[:] = 3 * np.eye(3)[data.labels]  # all as informative: only ids decide
    order = np.random.default_rng(1).permutation(90)
    one, other = (known(data, rows, logits[rows], 1.0) for rows in (np.arange(90), order))
    assert len(one.rows) == 12
    assert one.rows == other.rows


def test_rows_the_teacher_gets_wrong_are_not_shown() -> None:
    data, logits = drawn(30, 3, (2,))
    guessed = logits - 4 * np.eye(3, dtype=np.float32)[data.labels]
    rows = known(data, np.arange(30), guessed, 1.0).rows
    assert 0 < len(rows) == (guessed.argmax(axis=1) == data.labels).sum() < 12
    assert all(each.label == each.classes[0] for each in rows)
    wrong = np.roll(3 * np.eye(3)[data.labels], 1, axis=1).astype(np.float32)
    assert known(data, np.arange(30), wrong, 1.0).rows == []


@pytest.mark.parametrize(
    ("shape", "shown"),
    [((1, 8, 8), 12), ((3, 32, 32), 12), ((3, 64, 64), 6), ((1, 65, 8), 0), ((4, 8, 8), 0), ((9,), 0)],
)
def test_pictures_stay_small(shape: tuple[int, ...], shown: int) -> None:
    data, logits = drawn(100, 5, shape)
    rows = known(data, np.arange(100), logits, 4.0).rows
    pixels = [each.pixels for each in rows if each.pixels is not None]
    assert len(rows) == (shown or 12)
    assert len(pixels) == shown
    assert sum(map(len, pixels)) <= 100_000
    assert all(len(base64.b64decode(each)) == np.prod(shape) for each in pixels)


def test_a_dim_image_stays_dim() -> None:
    data, logits = drawn(40, 2, (1, 3, 3))
    dim = Dataset(data.name, data.inputs * np.float32(0.5), data.labels, data.ids, data.classes)
    decoded = [base64.b64decode(each.pixels or "") for each in known(dim, np.arange(40), logits, 1.0).rows]
    assert 100 < max(max(each) for each in decoded) <= 128


def test_values_that_are_no_brightness_are_stretched() -> None:
    data, logits = drawn(40, 2, (1, 3, 3))
    standardised = Dataset(data.name, 4 * data.inputs - 2, data.labels, data.ids, data.classes)
    found = known(standardised, np.arange(40), logits, 1.0)
    decoded = [np.frombuffer(base64.b64decode(each.pixels or ""), dtype=np.uint8) for each in found.rows]
    assert (min(each.min() for each in decoded), max(each.max() for each in decoded)) == (0, 255)
    flat = Dataset(data.name, np.full_like(data.inputs, 7), data.labels, data.ids, data.classes)
    assert known(flat, np.arange(40), logits, 1.0).rows[0].pixels is not None

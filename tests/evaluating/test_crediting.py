"""A golden sentence for every case."""

from __future__ import annotations

import re
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof import study
from overproof.evaluating.crediting import NAMES, TEACHERLESS
from overproof.study import CONTROLS
from tests.evaluating.test_attribution import HARM, all_of, attributed
from tests.evaluating.test_judging import CLEAR, NOISE, SMALL, a_study, negative

GAIN = r"^of student's gain of 2\.0 points over simple, training longer gives .*: "
LITTLE = [0.004, -0.004, 0.013, 0.004, 0.003]
MORE = [each + 0.03 + more for each, more in zip(CLEAR, SMALL, strict=True)]


def test_every_control_has_a_name() -> None:
    assert tuple(NAMES) == CONTROLS
    assert set(TEACHERLESS) < set(CONTROLS)


@pytest.mark.parametrize(
    ("controls", "conclusion"),
    [
        (
            all_of(longer=LITTLE),
            "what none of them gives, 1.6 points (95 % interval 1.4 … 1.8), is the teacher's knowledge",
        ),
        (all_of(), "none of them gives any of it, so all of it is the teacher's knowledge"),
        (
            dict.fromkeys(CONTROLS, HARM),
            "none of them gives any of it, so all of it is the teacher's knowledge",
        ),
        (all_of(longer=CLEAR), "training longer alone does as well, so the gain needs no teacher"),
        (all_of(label_smoothing=MORE), "label smoothing alone does better, so the gain needs no teacher"),
        (
            all_of(random_teacher=CLEAR),
            "a teacher that knows nothing helps as much, so the gain is not what the teacher knows",
        ),
        (
            all_of(shuffled_teacher=MORE),
            "the teacher's answers to other rows help more, so the gain is not what the teacher knows",
        ),
        (
            all_of(longer=CLEAR, random_teacher=CLEAR),
            "training longer alone does as well, a teacher that knows nothing helps as much, "
            "so the gain needs no teacher",
        ),
        (
            all_of(longer=NOISE, label_smoothing=NOISE),
            "student is not clearly better than training longer or label smoothing, "
            "so it is not settled that the gain is the teacher's knowledge",
        ),
        (
            all_of(longer=NOISE, label_smoothing=CLEAR),
            "label smoothing alone does as well, so the gain needs no teacher",
        ),
    ],
)
def test_every_conclusion(controls: dict[str, list[float]], conclusion: str) -> None:
    sentence = attributed(CLEAR, controls).sentence
    assert re.match(GAIN, sentence)
    assert sentence.endswith(f": {conclusion}")


GAINS = (
    "training longer +2.0{}, label smoothing 0.0, a teacher that knows nothing −5.0, "
    "the teacher's answers to other rows 0.0"
)


@pytest.mark.parametrize(
    ("student", "sentence"),
    [
        (SMALL, "student gains nothing over simple, so there is nothing to explain; gains over simple: "),
        (negative(CLEAR), "student gains nothing over simple, so there is nothing to explain; gains over simple: "),
        (
            NOISE,
            "whether student gains anything over simple is not settled, so there is nothing to explain yet; "
            "gains over simple: ",
        ),
    ],
)
def test_where_there_is_no_gain_nothing_is_explained(student: list[float], sentence: str) -> None:
    found = attributed(student, all_of(longer=CLEAR)).sentence
    assert found == sentence + GAINS.format(" points")


def test_a_lone_difference_has_no_interval() -> None:
    sentence = attributed([0.02] * 5, dict.fromkeys(CONTROLS, [0.005] * 5)).sentence
    assert sentence.endswith("what none of them gives, 1.5 points, is the teacher's knowledge")


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("log_loss", "0.0{}0 in log loss"),
        ("brier", "0.0{}0 in Brier score"),
        ("ece", "{}.0 points in calibration error"),
    ],
)
def test_gains_where_less_is_better_name_what_gets_less(metric: str, unit: str) -> None:
    little = [each - 0.01 for each in CLEAR]
    controls = {name: negative(added) for name, added in all_of(longer=little).items()}
    sentence = attributed(negative(CLEAR), controls, metric, a_study(metric, rope=0.005)).sentence
    assert sentence.startswith(f"of student's gain of {unit.format(2)} over simple, training longer gives ")
    assert sentence.endswith(f"what none of them gives, {unit.format(1)}, is the teacher's knowledge")


@given(
    st.sampled_from(typing.get_args(study.Metric)),
    st.lists(st.lists(st.integers(-30, 30), min_size=5, max_size=5), min_size=5, max_size=5),
    st.sampled_from([0.1, 0.01, 0.001, 1e-6]),
)
def test_sentences_show_numbers_as_people_write_them(metric: str, counts: list[list[int]], unit: float) -> None:
    student, *controls = ([count * unit for count in row] for row in counts)
    found = attributed(student, dict(zip(CONTROLS, controls, strict=True)), metric)
    assert re.search(r"[+−]0\.0*(?!\d)", found.sentence) is None, "a signed zero"
    assert re.search(r"[+-]-|-\d|\de[+-]?\d|nan|inf\b", found.sentence) is None, "not a number people write"
    assert all(name in found.sentence for name in NAMES.values())

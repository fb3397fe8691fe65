from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.sources.cells import from_objects, moment, plain, written


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["1", "-2.5", "+.5", "1e3", "5."], [1, -2.5, 0.5, 1000, 5]),
        ([" 1 ", "2"], [1, 2]),
        (["0", "0.5", "-0"], [0, 0.5, 0]),
        (["inf", "-Infinity", "1"], [math.inf, -math.inf, 1]),
        (["true", "False", "TRUE"], [1, 0, 1]),
        (["1970-01-02", "1970-01-01T00:00:01.5", "1970-01-01 01:00:00+01:00"], [86400, 1.5, 0]),
        (["007", "7"], None),
        (["1,5", "2"], None),
        (["1_000", "2"], None),
        (["0x10", "2"], None),
        (["nan", "2"], None),
        (["NA", "2"], None),
        (["٣", "2"], None),
        (["2024-02-30", "2024-02-01"], None),
        (["true", "1"], None),
        (["1970-01-02", "5"], None),
        (["yes", "no"], None),
    ],
)
def test_which_words_are_numbers(words: list[str], numbers: list[float] | None) -> None:
    found = written(words, [""]).numbers()
    assert found is None if numbers is None else (found is not None and found.tolist() == numbers)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_come_back_as_they_were_written(numbers: list[float]) -> None:
    found = written([repr(number) for number in numbers], [""]).numbers()
    assert found is not None
    assert found.tolist() == numbers


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1))
def test_whole_numbers_keep_every_digit(numbers: list[int]) -> None:
    found = written([str(number) for number in numbers], [""]).measured()
    assert found is not None
    assert found.dtype == np.int64
    assert found.tolist() == numbers


def test_text_of_a_source_that_knows_numbers_stays_text() -> None:
    cells = from_objects(["1", "2"])
    assert cells is not None
    assert cells.numbers() is None
    assert cells.words() == ["1", "2"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, None, 3], ["1", "0", "3"]),
        ([1.0, math.nan, 0.5], ["1", "nan", "0.5"]),
        ([True, False], ["True", "False"]),
        (["a", 1, 2.0, True, None], ["a", "1", "2", "True", ""]),
        ([Decimal("1.5"), Decimal(2)], ["1.5", "2"]),
        ([2**70, 1], [repr(float(2**70)), "1"]),
    ],
)
def test_objects(values: list[Any], words: list[str]) -> None:
    cells = from_objects(values)
    assert cells is not None
    kept = [word for word, absent in zip(cells.words(), cells.missing, strict=True) if not absent]
    assert kept == [word for word, value in zip(words, values, strict=True) if value is not None and value == value]  # noqa: PLR0124
    assert cells.missing.tolist() == [value is None or value != value for value in values]  # noqa: PLR0124


@pytest.mark.parametrize("value", [[1], {"a": 1}, b"x", object(), 1j])
def test_other_objects_are_no_cells(value: Any) -> None:
    assert from_objects(["a", value]) is None


def test_names_are_the_same_whatever_the_type() -> None:
    as_text, as_numbers, as_floats = written(["1", "20"], [""]), from_objects([1, 20]), from_objects([1.0, 20.0])
    assert as_numbers is not None
    assert as_floats is not None
    assert as_text.names() == as_numbers.names() == as_floats.names() == ["1", "20"]
    assert written(["007", "7"], [""]).names() == ["007", "7"]
    assert written(["123456789012345678901", "1"], [""]).names() == ["123456789012345678901", "1"]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))
def test_moments_agree_with_the_standard_library(time: datetime) -> None:
    assert moment(time) == pytest.approx(time.replace(tzinfo=UTC).timestamp(), abs=1e-6)
    east = timezone(timedelta(hours=2))
    assert moment(time.replace(tzinfo=east)) == pytest.approx(moment(time) - 7200, abs=1e-6)


def test_plain_numbers() -> None:
    assert [plain(3.0), plain(-0.5), plain(np.int64(7)), plain(1e300)] == ["3", "-0.5", "7", "1e+300"]


def test_days_are_moments() -> None:
    cells = from_objects([date(1970, 1, 2), None, date(1970, 1, 3)])
    assert cells is not None
    numbers = cells.numbers()
    assert numbers is not None
    np.testing.assert_array_equal(numbers, [86400.0, math.nan, 2 * 86400.0])

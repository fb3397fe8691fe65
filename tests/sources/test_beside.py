from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from overproof.errors import DataError
from overproof.sources.beside import beside_arrays


def test_groups_have_the_same_number_in_every_source() -> None:
    one = beside_arrays({"groups": ["p", "q"]}, 2, "one")["groups"]
    other = beside_arrays({"groups": np.array([b"q", b"r", b"p"])}, 3, "other")["groups"]
    assert one.tolist() == [other[2], other[0]]
    numbers = beside_arrays({"groups": [1.0, 2.0]}, 2, "numbers")["groups"]
    assert numbers.tolist() == beside_arrays({"groups": ["1", "2"]}, 2, "text")["groups"].tolist()


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([3, 1], [3, 1]),
        (["1970-01-02", "1970-01-01T00:00:01"], [86400, 1]),
        (np.array(["1970-01-02", "1970-01-01"], dtype="datetime64[ns]"), [86400, 0]),
    ],
)
def test_times(times: Any, seconds: list[float]) -> None:
    assert beside_arrays({"time": times}, 2, "t")["times"].tolist() == seconds


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("groups", [["a"], ["b"]], "t groups has shape (2, 1), expected (2,): one for every row"),
        ("groups", [1j, 2j], "t groups must be text or numbers"),
        ("time", ["soon", "1970-01-01"], "t time (data.time) must hold numbers, or ISO dates such as 2024-05-31"),
        ("time", [1.0, np.inf], "t time (data.time) is infinite in row 1"),
        ("time", [1.0, np.nan], "t time (data.time) is empty in row 1; every row needs one"),
        ("id", ["x", "x"], "t id (data.id) has 'x' twice (rows 0, 1); every row needs a name of its own"),
    ],
)
def test_what_is_refused(key: str, values: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        beside_arrays({key: values}, 2, "t")
    assert str(caught.value).startswith(message)

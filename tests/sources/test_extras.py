from __future__ import annotations

import math

import pytest

from overproof.errors import MissingExtraError
from overproof.sources.extras import imported


def test_a_module_that_is_there() -> None:
    assert imported("math", "tabular", "counting") is math


def test_a_module_that_is_missing() -> None:
    with pytest.raises(MissingExtraError) as caught:
        imported("no_such_library.part", "tabular", "rows.parquet")
    assert str(caught.value) == (
        'rows.parquet needs no_such_library, which is not installed: pip install "overproof[tabular]"'
    )

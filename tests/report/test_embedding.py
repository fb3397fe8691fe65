"""What a page carries inside itself."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.report import embedding

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)


@given(ANY_JSON)
def test_data_are_read_back_and_hold_nothing_that_html_reads(value: object) -> None:
    text = str(embedding.data(value))
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("<>&") & set(text)


def test_what_is_not_json_is_refused() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            embedding.data([value])


def test_policy_names_every_script_and_the_style_and_nothing_else() -> None:
    def name(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert str(embedding.policy(["a", "é"], "c")).split("; ") == [
        "default-src 'none'",
        f"script-src {name('a')} {name('é')}",
        f"style-src {name('c')}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert "unsafe" not in embedding.policy(["a"], "c")

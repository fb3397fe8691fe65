"""Foreign text made safe to show."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from overproof.report import words

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_visible_text_can_be_written_and_controls_nothing(text: str) -> None:
    shown = words.visible(text)
    shown.encode()
    assert len(shown) == len(text)
    assert all(unicodedata.category(character) not in ("Cc", "Cs") for character in shown.replace("\n", ""))


@given(ANY_TEXT)
def test_a_line_is_one_line(text: str) -> None:
    assert len(words.line(text).splitlines()) <= 1


def test_direction_cannot_be_overridden() -> None:
    assert words.visible("\u202egnp.exe\u2066") == "�gnp.exe�"


def test_writing_in_other_scripts_is_left_alone() -> None:
    for text in ("número", "猫", "חתול", "قطة", "बिल्ली", "👩‍🔬"):
        assert words.visible(text) == text

from __future__ import annotations

import pytest

from overproof.sources.lookalikes import lookalikes


@pytest.mark.parametrize(
    ("names", "sentences"),
    [
        (["7", "007"], ["class names '7' and '007' differ only by leading zeros"]),
        (["0", "00", "1"], ["class names '0' and '00' differ only by leading zeros"]),
        (["Cat", "dog", "cat"], ["class names 'Cat' and 'cat' differ only in case"]),
        (["a b", "ab ", "c"], ["class names 'a b' and 'ab ' differ only in spaces"]),
        (["caf\u00e9", "cafe\u0301"], ["class names 'caf\u00e9' and 'cafe\u0301' differ only in Unicode form"]),
        (["\ufb01x", "FIX"], ["class names '\ufb01x' and 'FIX' differ only in case"]),
        (["Stra\u00dfe", "STRASSE"], ["class names 'Stra\u00dfe' and 'STRASSE' differ only in case"]),
        (["a", "A", "a ", " A", "\uff21"], [
            "class names 'a', 'A', 'a ', ' A', … differ only in case, spaces or Unicode form",
        ]),
        (["7", "07", "x", "X"], [
            "class names '7' and '07' differ only by leading zeros",
            "class names 'x' and 'X' differ only in case",
        ]),
        (["70", "7", "7.0", "-7", "a0", "a00"], []),
        (["cat", "dog"], []),
        ([], []),
    ],
)  # fmt: skip
def test_names_that_look_alike(names: list[str], sentences: list[str]) -> None:
    assert lookalikes(names) == sentences

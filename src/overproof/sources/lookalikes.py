"""Class names that a reader would take for one: they differ only by leading zeros, case, spaces or Unicode form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence


def _without_zeros(name: str) -> str:
    return re.sub(r"^0+(?=[0-9])", "", name) if name.isascii() and name.isdigit() else name


def _without_spaces(name: str) -> str:
    return "".join(name.split())


def _in_one_form(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


#: By what names may differ, in words, and what takes the difference away.
_DIFFERENCES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("by leading zeros", _without_zeros),
    ("in case", str.casefold),
    ("in spaces", _without_spaces),
    ("in Unicode form", _in_one_form),
)


def lookalikes(names: Sequence[str]) -> list[str]:
    """A sentence about every group of names that look alike.

    Args:
        names: of the classes, distinct.

    Returns:
        In the order of the groups' first names.

    Example:
        >>> for sentence in lookalikes(["007", "7", "Cat", "cat ", "dog"]):
        ...     print(sentence)
        class names '007' and '7' differ only by leading zeros
        class names 'Cat' and 'cat ' differ only in case or spaces
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_bare(name), []).append(name)
    return [f"class names {_listed(group)} differ only {_how(group)}" for group in groups.values() if len(group) > 1]


def _bare(name: str) -> str:
    for _ in range(2):  # a form may unfold into capitals, and those into another form
        name = _without_zeros(_without_spaces(_in_one_form(name).casefold()))
    return name


def _how(group: Sequence[str]) -> str:
    """Which difference accounts for all of it, or which together."""
    for words, without in _DIFFERENCES:
        if len({without(name) for name in group}) == 1:
            return words
    counted = [words for words, without in _DIFFERENCES if len({without(name) for name in group}) < len(group)]
    if not counted:  # every pair differs in more than one respect
        counted = [words for words, without in _DIFFERENCES if any(without(name) != name for name in group)]
    # "in case, spaces or Unicode form"
    said = [
        words if place == 0 or words.startswith("by") else words.removeprefix("in ")
        for place, words in enumerate(counted)
    ]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def _listed(group: Sequence[str]) -> str:
    shown = [repr(name) for name in group[:4]] + (["…"] if len(group) > 4 else [])
    return ", ".join(shown[:-1]) + (", " if shown[-1] == "…" else " and ") + shown[-1]

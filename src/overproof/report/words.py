"""How names and texts from a results file are made safe to show.

A name may hold anything a file can hold: escape sequences that a terminal obeys, characters that reverse the reading
direction, half a surrogate pair. Those are shown as ``�``; everything else is left for the format's own escaping.
"""

from __future__ import annotations

import unicodedata

_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_METRICS = {"brier": "Brier score", "ece": "calibration error"}
_UNSAFE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""The text with every control and direction character replaced by ``�``; newlines stay.

    Example:
        >>> visible("caf\u00e9\n\x1b[31m"), visible("\u202eexe.gnp")
        ('café\n�[31m', '�exe.gnp')
    """
    return "".join("�" if _unsafe(character) else character for character in text)


def line(text: str) -> str:
    r"""The text on one line, safe to print.

    Example:
        >>> line("two\n  words")
        'two words'
    """
    return " ".join(visible(text.replace("\t", " ").replace("\r", " ")).split())


def unbroken(text: str) -> str:
    r"""The text with numbers held to their unit, for forms that break lines by themselves.

    Example:
        >>> unbroken("a 95 % interval")
        'a 95\xa0% interval'
    """
    return text.replace(" %", "\u00a0%")


def metric(name: str) -> str:
    """A metric's name as it is read aloud.

    Example:
        >>> metric("balanced_accuracy"), metric("ece")
        ('balanced accuracy', 'calibration error')
    """
    return _METRICS.get(name) or line(name).replace("_", " ")


def listing(names: list[str], most: int = 20) -> str:
    """Names in one line, cut when there are many.

    Example:
        >>> listing(["cat", "dog", "owl"], most=2)
        'cat, dog and 1 more'
    """
    shown = ", ".join(line(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def _unsafe(character: str) -> bool:
    if character == "\n":
        return False
    return character in _DIRECTION or _no_character(ord(character)) or unicodedata.category(character) in _UNSAFE


def _no_character(code: int) -> bool:
    """Unicode's noncharacters, which HTML forbids."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF

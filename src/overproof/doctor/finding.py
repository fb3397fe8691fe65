"""What a check says: a finding with its evidence and remedy, or why it could not be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: ``error``: the comparison would mean something else than it says. ``warning``: it may, and only you know.
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """Something that would, or may, spoil a comparison.

    Example:
        >>> print(Finding("sizes", "warning", "The student has 9 parameters, the teacher 3.", "Exchange them."))
        The student has 9 parameters, the teacher 3. Exchange them.
    """

    check: str
    """Name of the check, as in ``"class order"``."""
    severity: Severity
    evidence: str
    """What was found, in numbers: one sentence."""
    remedy: str
    """What to do: one sentence."""

    def __str__(self) -> str:
        return f"{self.evidence} {self.remedy}"


@dataclass(frozen=True)
class Unchecked:
    """A check, or a part of it, that could not be made."""

    check: str
    why: str
    """One sentence."""


def percent(share: float) -> str:
    """A fraction in [0, 1] as text.

    Example:
        >>> percent(0.1015)
        '10.2 %'
    """
    return f"{100 * share:.1f} %"

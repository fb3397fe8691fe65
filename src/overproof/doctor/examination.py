"""An examination: what every check found, and what could not be checked and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from overproof.doctor.finding import Finding, Unchecked
from overproof.errors import OverproofError

Made = TypeVar("Made")

#: What a check says.
Said = Iterable[Finding | Unchecked]


class Examination(list[Finding]):
    """The findings, errors first in the order of the checks; and which checks were made."""

    def __init__(self) -> None:
        super().__init__()
        self.checked: list[str] = []
        """Names of the checks that were made, whatever they found."""
        self.unchecked: dict[str, str] = {}
        """Names of those that were not, or not in full, and why."""

    def hear(self, check: Callable[..., Said], *patient: object) -> None:
        """Make a check and keep what it says.

        Args:
            check: any.
            *patient: what it looks at.
        """
        name = name_of(check)
        self.tried(name, lambda: self._keep(check(*patient)))
        if name not in self.unchecked:
            self.checked.append(name)
        self.sort(key=lambda finding: finding.severity)  # stable, and e comes before w

    def tried(self, name: str, deed: Callable[[], Made]) -> Made | None:
        """What a deed makes; where it fails, that is a finding, and None.

        Args:
            name: of the check it is done for.
            deed: anything; a user's model may raise whatever it likes.
        """
        try:
            return deed()
        except Exception as error:
            why = f"{error}." if isinstance(error, OverproofError) else f"It fails with {error!r}."
            self.append(Finding(name, "error", why, "A comparison would end there, too."))
            return None

    def pass_over(self, checks: Iterable[Callable[..., Said]], why: str) -> None:
        """Say why some checks are not made."""
        self.unchecked |= {name_of(check): why for check in checks}

    def explain(self, symptom: str, *causes: str) -> None:
        """Leave out what a check found where another has found the cause of it.

        Args:
            symptom: name of the check.
            *causes: names of others.
        """
        if any(finding.check in causes for finding in self):
            self[:] = [finding for finding in self if finding.check != symptom]

    def _keep(self, said: Said) -> None:
        for each in said:
            if isinstance(each, Unchecked):
                self.unchecked[each.check] = each.why
            else:
                self.append(each)


def name_of(check: Callable[..., Said]) -> str:
    """What a check is called.

    Example:
        >>> from overproof.doctor.class_order import class_order
        >>> name_of(class_order)
        'class order'
    """
    return str(check.__name__).replace("_", " ")

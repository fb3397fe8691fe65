"""The colour of every arm, the same in plots, legends and tables: a CSS variable and a CSS class of one name."""

from __future__ import annotations

from overproof.results import Result

#: Arms of one role beyond this many share colours again.
STUDENTS, CONTROLS = 6, 4


def colour(result: Result, name: str) -> str:
    """The name of the arm's colour: ``teacher``, ``simple``, ``student-1``, …, ``student-6``, ``control-1``, ….

    Args:
        result: has an arm of that name.
        name: an arm.
    """
    role = next(arm.role for arm in result.arms if arm.name == name)
    alike = [arm.name for arm in result.arms if arm.role == role]
    if role == "student":
        return f"student-{alike.index(name) % STUDENTS + 1}"
    return f"control-{alike.index(name) % CONTROLS + 1}" if role == "control" else role


def colours(result: Result) -> dict[str, str]:
    """The colour of every arm by its name."""
    return {arm.name: colour(result, arm.name) for arm in result.arms}


def paint(colour: str) -> str:
    """A colour as a value for a mark: the page decides what it is in light, dark and print.

    Example:
        >>> paint("student-1")
        'var(--student-1)'
    """
    return f"var(--{colour})"

"""Sources that other packages bring: entry points of the group ``overproof.sources``.

A package declares a name (letters, digits, ``_`` and ``-``) and a function. The function gets the study's ``[data]``
and returns rows in any form in which a Python caller may give them.
"""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from overproof.data.arrays import one_line
from overproof.errors import DataError, OverproofError, StudyError
from overproof.study import Data

GROUP = "overproof.sources"


def names() -> list[str]:
    """The names that installed packages offer, sorted."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def called(name: str) -> list[EntryPoint]:
    """The entry points of a name; the function behind one is not imported yet."""
    if re.fullmatch(r"[\w-]+", name) is None:  # a path, and nothing that all installed packages have to be asked about
        return []
    found = {point.value: point for point in entry_points(group=GROUP, name=name)}
    return list(found.values())


def rows(name: str, data: Data) -> Any:
    """What the function behind a name returns.

    Raises:
        StudyError: when two packages offer the name, or the function cannot be imported.
        DataError: when it fails.
    """
    points = called(name)
    if len(points) > 1:
        offers = " and ".join(sorted(point.value for point in points))
        raise StudyError(f"data.source {name!r} is offered by {offers}; uninstall one of them")
    value = points[0].value
    try:
        function = points[0].load()
    except Exception as error:  # whatever a package raises while it is imported
        raise StudyError(f"data.source {name!r}: the plug-in {value} cannot be imported ({one_line(error)})") from error
    if not callable(function):
        raise StudyError(f"data.source {name!r}: the plug-in {value} is no function ({type(function).__name__})")
    try:
        return function(data)
    except OverproofError:
        raise
    except Exception as error:  # whatever it raises
        raise DataError(f"data.source {name!r}: the plug-in {value} failed ({one_line(error)})") from error

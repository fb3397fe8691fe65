"""A table as a source gives it, and what each of its columns is for: a feature, the target, a group, …."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from overproof.data.arrays import listed, shown
from overproof.errors import DataError
from overproof.sources.cells import Cells
from overproof.study import Data

#: What a column of labels is called, where the study does not say.
TARGETS = ("target", "label", "class", "y")
_SHOWN = 40


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of cells."""

    called: str
    """What messages call it: the file, or what it was given as."""
    name: str
    """Of the data set."""
    columns: Mapping[str, Cells]
    """In their order; all of one length."""
    lines: Sequence[int] | None = None
    """Where each row begins, for a file of text."""
    hint: str = ""
    """What a message about a column that is not there adds."""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str, key: str) -> Cells:
        """The column that the study's ``key`` names.

        Raises:
            DataError: when there is none.
        """
        if name not in self.columns:
            raise self.lacks(name, key)
        return self.columns[name]

    def lacks(self, name: str, key: str) -> DataError:
        """The error about a column that is not there."""
        close = difflib.get_close_matches(name, self.columns, n=1) if len(self.columns) > 1 else []
        begin = f"{self.called} has no column {name!r} ({key}); "
        if close:
            return DataError(f"{begin}did you mean {close[0]!r}? Columns are {self.listed()}")
        return DataError(f"{begin}columns are {self.listed()}{self.hint}")

    def listed(self) -> str:
        """The columns' names, cut where there are very many."""
        names = list(self.columns)
        return listed(names[:_SHOWN]) + (f", … ({len(names):,} columns)" if len(names) > _SHOWN else "")

    def where(self, rows: Sequence[int]) -> str:
        """Some rows in words: ``line 7``, ``lines 5, 9, 30, …`` or, counted from 0, ``rows 3, 4``."""
        places = [f"{row if self.lines is None else self.lines[row]:,}" for row in rows[:3]]
        unit = ("row" if self.lines is None else "line") + ("s" if len(rows) > 1 else "")
        return f"{unit} {', '.join(places)}" + (", …" if len(rows) > 3 else "")


def check_distinct(names: Iterable[str], called: str, advice: str = "") -> None:
    """Refuse two columns of one name.

    Args:
        names: of the columns.
        called: what messages call the table.
        advice: what the message adds.

    Raises:
        DataError: naming the first of them.
    """
    for name, times in Counter(names).items():
        if times > 1:
            raise DataError(f"{called} column {shown(name)} appears {times} times{advice}")


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are for; no column has two roles."""

    features: tuple[str, ...]
    targets: tuple[str, ...] = ()
    text: str | None = None
    groups: str | None = None
    time: str | None = None
    id: str | None = None
    test: str | None = None


def roles(
    table: Table, data: Data, *, labelled: bool = True, main: bool = True, test: str | None = None, beside: bool = False
) -> Roles:
    """Find every column's role.

    Args:
        table: the columns.
        data: the study's table.
        labelled: whether the rows have labels; without, a target is left out where there is one.
        main: whether these are the main rows: those of other files may lack columns that only the main rows need.
        test: the column that is true in test rows.
        beside: whether labels were given beside the table.

    Raises:
        DataError: a column that is not there, has two roles, or has to be named; or no feature.
    """
    targets = _targets(table, data, labelled=labelled, beside=beside)
    named = {"data.text": data.text, "data.groups": data.groups, "data.time": data.time, "data.id": data.id}
    named["protocol.test"] = test
    optional = () if main else ("data.time", "data.id", "protocol.test")
    for key, column in list(named.items()):
        if column is not None and column not in table.columns:
            if key not in optional:
                raise table.lacks(column, key)
            named[key] = None
    for column in data.ignore:
        if main and column not in table.columns:
            raise table.lacks(column, "data.ignore")
    _check_one_role_each(table, targets, named)
    taken = {*targets, *named.values(), *data.ignore}
    features = tuple(name for name in table.columns if name not in taken)
    if data.text is not None:
        features = ()
    elif not features:
        raise DataError(f"{table.called} has no column that a model could learn from; columns are {table.listed()}")
    if main:  # of others, columns without a name are left out like all that the main rows do not have
        _check_named(table, features)
    return Roles(features, targets if labelled else (), *named.values())


def _targets(table: Table, data: Data, *, labelled: bool, beside: bool) -> tuple[str, ...]:
    given = (data.target,) if isinstance(data.target, str) else tuple(data.target or ())
    if beside:
        if given:
            raise DataError(f"{table.called} comes with labels beside it; leave data.target out, or the labels")
        return ()
    if data.target is not None:
        if not given:
            raise DataError("data.target names no column")
        for name in given:
            if labelled:
                table.column(name, "data.target")
        return given
    taken = {*data.ignore, data.text, data.groups, data.time, data.id}
    found = [name for name in table.columns if name.casefold() in TARGETS and name not in taken]
    if len(found) == 1 or not labelled:
        return tuple(found)
    if found:
        several = " and ".join(repr(name) for name in found)
        raise DataError(f"{table.called} has the columns {several}; say in data.target which of them holds the labels")
    raise DataError(
        f"{table.called} has no column called {', '.join(TARGETS[:-1])} or {TARGETS[-1]}; say in data.target which "
        f"column holds the labels; columns are {table.listed()}{table.hint}"
    )


def _check_one_role_each(table: Table, targets: Iterable[str], named: Mapping[str, str | None]) -> None:
    seen: dict[str, str] = {}
    for key, column in [*(("data.target", name) for name in targets), *named.items()]:
        if column is None:
            continue
        if column in seen:
            raise DataError(f"{table.called} column {column!r} is named by both {seen[column]} and {key}; name it once")
        seen[column] = key


def _check_named(table: Table, features: Iterable[str]) -> None:
    if "" in features:
        place = list(table.columns).index("")
        raise DataError(
            f'{table.called} column {place} (from 0) has no name, as when pandas writes its index; put "" in '
            "data.ignore, or name it in the file"
        )

"""Looking at data before there is a study: what the rows are, which column is the target, which should not be seen.

Everything is computed from the rows themselves. What is a guess is said to be one.
"""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from overproof.data.dataset import Dataset
from overproof.errors import DataError, nearest
from overproof.sources import catalogue as sources
from overproof.sources import delimited, hugging_face
from overproof.sources.cells import Cells
from overproof.sources.roles import TARGETS, Table
from overproof.sources.tables import MOST_CATEGORIES, as_dataset
from overproof.sources.texts import is_prose
from overproof.study import Data

#: Words in the name of a column that is often what one wants to know …
_OUTCOMES = re.compile(
    r"category|churn|churned|default|diagnosis|fraud|grade|income|intent|labels|outcome|outcomes|output|price|quality|"
    r"rating|response|result|salary|score|sentiment|species|survived|value"
)
#: … that names the rows, …
_IDS = re.compile(r"guid|id|idx|ids|index|key|uuid")
#: … that says to whom a row belongs, …
_GROUPS = re.compile(
    r"account|author|client|customer|device|document|family|group|household|member|patient|person|player|session|site|"
    r"speaker|store|student|subject|user|writer"
)
#: … or when it was.
_TIMES = re.compile(r"date|datetime|day|month|time|timestamp|week|year")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?")
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
#: What is said of a column of lists or objects.
_NESTED = re.compile(r"(?:: |column )'(.+)' holds (?:a list;|an object;|.+; only numbers|lists of )")
#: What a cell without a value often holds.
_BLANKS = frozenset(("", "?", "-", "--", ".", "na", "n/a", "#n/a", "nan", "null", "none"))
#: Fewer rows say little about what a column is.
_FEW = 20


@dataclass
class Look:
    """What was seen."""

    data: Data
    """The study's table, as it should be."""
    dataset: Dataset | None = None
    target: str = ""
    """Why the target is the target."""
    notes: dict[str, str] = field(default_factory=dict)
    """By key of ``[data]``: why it is as it is."""
    ideas: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    """Keys that may be right, and what speaks for them."""

    def set(self, why: str, **keys: Any) -> None:
        """Decide on keys."""
        self.data = self.data.model_copy(update=keys)
        self.notes.update(dict.fromkeys(keys, why))


def is_data(source: str) -> bool:
    """Whether a file has a name by which some reader would take it."""
    data = Data(source=source)
    return any(kind.recognises(Path(source), data) for kind in sources.KINDS)


def look(source: str, target: Sequence[str] = ()) -> Look:
    """Look at data.

    Args:
        source: as ``data.source``.
        target: the target, where the user names it: one column or several, an array of an archive, or a file.

    Raises:
        DataError: when the rows cannot be read, or the target cannot be guessed.
        OverproofError: as :func:`overproof.sources.catalogue.load`.
    """
    named = None if not target else target[0] if len(target) == 1 else list(target)
    found = Look(Data(source=source))
    if named is not None:
        found.data = found.data.model_copy(update={"target": named})
        found.target = "As you said"
    path = Path(source)
    if hugging_face.recognises(source):
        return _hub(found, source)
    for kind in sources.TABLES:
        if path.is_file() and kind.recognises(path, found.data):
            if kind is delimited:
                _form(found, path)
            reader = functools.partial(_again, found, kind, path)
            while _decide(found, table := _read(found, reader)):
                pass
            found.dataset = as_dataset(table, found.data)
            return found
    found.dataset = _other(found)
    return found


def _hub(found: Look, source: str) -> Look:
    """A data set of Hugging Face."""
    given = found.data.target
    seen: list[tuple[Data, bool]] = []

    def read() -> Table:
        told, table, more = hugging_face.columns(source, found.data)
        seen.append((told, more))
        return table

    table = _read(found, read)
    told, more = seen[-1]
    if given is None and told.target is not None:
        found.data, found.target = told, f"The data set says that {told.target!r} holds the classes"
    if not more:
        _decide(found, table)
    found.dataset = hugging_face.load(source, found.data)
    return found


def _other(found: Look) -> Dataset:
    """Rows that are no table: images in one size, and arrays."""
    try:
        return sources.load(found.data, seed=0)
    except DataError as error:
        sizes = re.search(r"set data\.size = \[height, width\], for example \[(\d+), (\d+)\]", str(error))
        if sizes is None:
            raise
        height, width = (min(64, int(size)) for size in sizes.groups())
        found.set(
            "The images have different sizes: the centre of each is cut out and brought to this one",
            size=(height, width),
        )
        return sources.load(found.data, seed=0)


def _form(found: Look, path: Path) -> None:
    """How a file of text is written: its encoding, its separator, and whether it has a header."""
    try:
        text = delimited.decoded(path, found.data.encoding)
    except DataError as error:
        encoding = "utf-16" if "NUL" in str(error) else "latin-1"
        text = delimited.decoded(path, encoding)
        found.set(
            "The file is not UTF-8; this reads every byte, though perhaps not as what it was meant to be",
            encoding=encoding,
        )
    first = next((line for line in text.splitlines() if line.strip()), "")
    usual = "\t" if re.search(r"\.(tsv|tab)(\.gz)?$", path.name, re.IGNORECASE) else ","
    if usual not in first:
        separator = max((";", "\t", "|", ","), key=first.count)
        if separator in first:
            found.set(f"The first line has no {usual!r}, and {first.count(separator)} of these", separator=separator)
    cells = next(csv.reader(io.StringIO(first), delimiter=found.data.separator or usual, skipinitialspace=True), [])
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in cells)
    if 3 * numbers >= len(cells) > 0:
        names = [f"column_{place}" for place in range(len(cells))]
        found.set(
            f"The first line holds {numbers} numbers and seems to be a row: these names are made up", columns=names
        )


def _again(found: Look, kind: sources.TableKind, path: Path) -> Table:
    return kind.read(path, found.data)


def _read(found: Look, read: Callable[[], Table]) -> Table:
    """The columns; those that hold lists or objects are ignored."""
    while True:
        try:
            return read()
        except DataError as error:
            nested = _NESTED.search(str(error))
            if nested is None or nested[1] in found.data.ignore:
                raise
            found.set("No model can take what they hold", ignore=[*found.data.ignore, nested[1]])


def _decide(found: Look, table: Table) -> bool:
    """Find out what the columns are for; True where the table has to be read again in another way."""
    if found.data.target is None:
        found.data = found.data.model_copy(update={"target": _guessed(found, table)})
    targets = [found.data.target] if isinstance(found.data.target, str) else list(found.data.target or ())
    for name in targets:
        if name not in table.columns:
            raise DataError(
                f"{table.called} has no column {name!r} (the target); {nearest(name, table.columns)}{table.hint}"
            )
    _names_of_rows(found, table, targets)
    if found.data.text is None and (text := _text(found, table, targets)) is not None:
        unused = [name for name in table.columns if name not in (text, *targets, *found.data.ignore, found.data.id)]
        found.set("Rows are texts" + (f"; models do not see {listed(unused)}" if unused else ""), text=text)
    if found.data.text is None:
        if _blanks(found, table, targets):
            return True
        _unseen(found, table, targets)
    _suggest(found, table, targets)
    return False


def _guessed(found: Look, table: Table) -> str:
    """The target, by its name or its place."""
    names = [name for name in table.columns if name not in found.data.ignore]
    called = [name for name in names if name.casefold() in TARGETS]
    if len(called) == 1:
        found.target = f"The column is called {called[0]!r}"
        return called[0]
    likely = [name for name in names if _called(name, _OUTCOMES) and _may_be_target(table.columns[name])]
    if not called and len(likely) == 1:
        found.target = f"A guess: of {len(names)} columns this one is called like an outcome"
        return likely[0]
    if not called and not likely and names and _few_classes(table.columns[names[-1]]):
        found.target = (
            f"A guess: the last column, which has {len(table.columns[names[-1]].distinct())} different values"
        )
        return names[-1]
    several = f"; {listed(called or likely)} could each be it" if called or likely else ""
    raise DataError(
        f"{table.called}: the target cannot be guessed{several}; name it with --target; columns are {table.listed()}"
    )


def _may_be_target(cells: Cells) -> bool:
    distinct = len(cells.distinct())
    return distinct >= 2 and (cells.numbers() is not None or 2 * distinct <= len(cells))


def _few_classes(cells: Cells) -> bool:
    distinct, numbers = len(cells.distinct()), cells.numbers()
    whole = numbers is None or bool(np.isin(numbers, np.floor(numbers)).all())
    return whole and not cells.missing.any() and 2 <= distinct <= 50 and 4 * distinct <= len(cells)


def _names_of_rows(found: Look, table: Table, targets: Sequence[str]) -> None:
    for name, cells in table.columns.items():
        taken = name in targets or name in found.data.ignore or found.data.id is not None
        if not taken and _called(name, _IDS) and _all_differ(cells):
            found.set(f"All {len(cells):,} values differ: it names the rows, and no model sees it", id=name)


def _text(found: Look, table: Table, targets: Sequence[str]) -> str | None:
    """The column of text, where rows are texts: the only feature, or the only one of sentences."""
    columns = {name: table.columns[name] for name in _features(found, table, targets)}
    words = [name for name, cells in columns.items() if cells.textual and cells.numbers() is None]
    if len(columns) == 1 and words and len(columns[words[0]].distinct()) > 0.5 * len(table):
        return words[0]
    prose = [name for name in words if is_prose(columns[name].values[~columns[name].missing].tolist())]
    return prose[0] if len(prose) == 1 else None


def _blanks(found: Look, table: Table, targets: Sequence[str]) -> bool:
    """Words among numbers that mean a missing value; whether there are any that were not known."""
    words: set[str] = set()
    for name in _features(found, table, targets):
        cells = table.columns[name]
        if not cells.written or cells.numbers() is not None:
            continue
        blank = {word for word in cells.distinct() if word.strip().casefold() in _BLANKS}
        if not blank:
            continue
        rest = cells.missing | np.isin(cells.values.astype(str), sorted(blank))
        if not rest.all() and Cells(cells.values, rest, written=True).numbers() is not None:
            words |= {word.strip() for word in blank}
    if not words <= set(found.data.missing):
        found.set("They stand among numbers, where they mean a missing value", missing=["", *sorted(words - {""})])
        return True
    return False


def _unseen(found: Look, table: Table, targets: Sequence[str]) -> None:
    """Columns that no model can learn from."""
    reasons: dict[str, str] = {}
    for name in _features(found, table, targets):
        cells = table.columns[name]
        if name == "":
            reasons[name] = "a column without a name"
        elif cells.missing.all():
            reasons[name] = f"{name!r} is empty"
        elif cells.numbers() is None:
            distinct = len(cells.distinct())
            if distinct > MOST_CATEGORIES or (len(cells) >= _FEW and distinct == int((~cells.missing).sum())):
                reasons[name] = f"{name!r} has {distinct:,} different words in {len(cells):,} rows"
    if reasons:
        before = found.notes.get("ignore")
        why = "; ".join(
            [*([before] if before else []), *list(reasons.values())[:5], *(["…"] if len(reasons) > 5 else [])]
        )
        found.set(f"Nothing to learn from: {why}", ignore=[*found.data.ignore, *reasons])


def _suggest(found: Look, table: Table, targets: Sequence[str]) -> None:
    """What may be right, but changes what is compared, so that it is left to the user."""
    for name, cells in table.columns.items():
        if name in targets or name in found.data.ignore or name in (found.data.id, found.data.text):
            continue
        distinct, rows = len(cells.distinct()), len(cells)
        if _called(name, _TIMES) or _all_dates(cells):
            if cells.times() is not None and not cells.missing.any() and distinct > 1:
                found.ideas.append(({"time": name}, "train on the past and test on the future: folds in this order"))
        elif (_called(name, _GROUPS) or _called(name, _IDS)) and 1 < distinct < rows and not cells.missing.any():
            found.ideas.append(
                (
                    {"groups": name},
                    f"{distinct:,} values in {rows:,} rows: rows of one value stay on one side of a border",
                )
            )
        elif found.data.text is None and distinct == 1 and rows >= _FEW:
            found.ideas.append(({"ignore": [*found.data.ignore, name]}, f"{name!r} is the same in every row"))
        elif found.data.text is None and _counts(cells):
            found.ideas.append(
                (
                    {"ignore": [*found.data.ignore, name]},
                    f"the values of {name!r} all differ, as if they numbered the rows",
                )
            )

    _question_marks(found, table, targets)


def _question_marks(found: Look, table: Table, targets: Sequence[str]) -> None:
    """Words among categories that may mean a missing value."""
    marks: dict[str, int] = {}
    for name in _features(found, table, targets) if found.data.text is None else ():
        cells = table.columns[name]
        if cells.written and cells.numbers() is None:
            for word in cells.distinct():
                if word.strip() and word.strip().casefold() in _BLANKS:
                    marks[word.strip()] = marks.get(word.strip(), 0) + 1
    if marks:
        shown = ", ".join(
            f"{word!r} is a category of {count} column{'s' * (count > 1)}" for word, count in sorted(marks.items())
        )
        found.ideas.append(
            ({"missing": [*found.data.missing, *sorted(marks)]}, f"{shown}, and could mean that a value is missing")
        )


def _features(found: Look, table: Table, targets: Sequence[str]) -> list[str]:
    beside = {*targets, *found.data.ignore, found.data.id, found.data.text}
    return [name for name in table.columns if name not in beside]


def _counts(cells: Cells) -> bool:
    """Whether cells are whole numbers that all differ."""
    numbers = cells.numbers()
    if numbers is None or len(numbers) < _FEW or np.isnan(numbers).any():
        return False
    return bool((numbers == np.floor(numbers)).all()) and len(np.unique(numbers)) == len(numbers)


def _all_differ(cells: Cells) -> bool:
    return len(cells) > 1 and not cells.missing.any() and len(set(cells.names())) == len(cells)


def _all_dates(cells: Cells) -> bool:
    return cells.textual and not cells.missing.any() and all(_DATE.fullmatch(word.strip()) for word in cells.distinct())


def _called(name: str, words: re.Pattern[str]) -> bool:
    """Whether one of the words of a column's name is among some words.

    Example:
        >>> _called("PassengerId", _IDS), _called("median_house_value", _OUTCOMES), _called("width", _IDS)
        (True, True, False)
    """
    own = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return any(words.fullmatch(word.casefold()) is not None for word in own)


def listed(names: Iterable[str], most: int = 12) -> str:
    """Some names in a row of words."""
    every = list(names)
    return ", ".join(repr(name) for name in every[:most]) + (f", … ({len(every):,})" if len(every) > most else "")

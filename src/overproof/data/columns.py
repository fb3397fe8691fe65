"""The columns of a table: numbers, or one of several categories; a cell may be missing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column. Its cells are float32: the number itself, or the position of the category; NaN where missing."""

    name: str
    categories: tuple[str, ...] | None = None
    """Sorted by code point; None for a column of numbers."""


def numeric(count: int) -> tuple[Column, ...]:
    """Columns of numbers that have no names but their places.

    Example:
        >>> [column.name for column in numeric(2)]
        ['0', '1']
    """
    return tuple(Column(str(place)) for place in range(count))

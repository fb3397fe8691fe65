"""The front of a network for tables: numbers filled in and standardised, categories as one unit each.

It is what scikit-learn's ``SimpleImputer(strategy="median")``, ``StandardScaler`` and
``OneHotEncoder(handle_unknown="ignore")`` make of the same training rows, in arithmetic that a device can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from overproof.data.columns import Column


@dataclass(frozen=True)
class Encoding:
    """Which units the columns of a table become; the same in every split."""

    numbers: tuple[int, ...]
    """Positions of the columns of numbers."""
    gaps: tuple[int, ...]
    """Those of them in which cells may be missing: each has a unit that says so."""
    categories: tuple[tuple[int, int], ...]
    """Column and category, −1 for a missing cell, of every other unit."""

    @property
    def width(self) -> int:
        """How many units there are."""
        return len(self.numbers) + len(self.gaps) + len(self.categories)

    @classmethod
    def of(cls, columns: Sequence[Column], inputs: NDArray[np.float32]) -> Encoding:
        """The units of a table.

        Args:
            columns: what the columns are.
            inputs: the table, NaN where a cell is missing [rows, columns].

        Example:
            >>> table = np.array([[1.0, 0.0], [np.nan, 2.0]], dtype=np.float32)
            >>> Encoding.of([Column("age"), Column("job", ("a", "b", "c"))], table)
            Encoding(numbers=(0,), gaps=(0,), categories=((1, 0), (1, 1), (1, 2)))
        """
        missing = [bool(np.isnan(inputs[:, place]).any()) for place in range(len(columns))]
        numbers = tuple(place for place, column in enumerate(columns) if column.categories is None)
        units = [
            (place, value)
            for place, column in enumerate(columns)
            if column.categories is not None
            for value in [*range(len(column.categories)), *([-1] if missing[place] else [])]
        ]
        return cls(numbers, tuple(column for column in numbers if missing[column]), tuple(units))


class TableFront(nn.Module):
    """Encodes rows of a table [batch, columns] as units [batch, width]."""

    numbers: Tensor
    gaps: Tensor
    columns: Tensor
    values: Tensor
    fill: Tensor
    centre: Tensor
    scale: Tensor
    known: Tensor

    def __init__(self, encoding: Encoding) -> None:
        super().__init__()
        for name, places in (("numbers", encoding.numbers), ("gaps", encoding.gaps)):
            self.register_buffer(name, torch.tensor(places, dtype=torch.int64), persistent=False)
        pairs = torch.tensor(encoding.categories, dtype=torch.int64).reshape(-1, 2)
        self.register_buffer("columns", pairs[:, 0], persistent=False)
        self.register_buffer("values", pairs[:, 1].float(), persistent=False)
        for name, count, start in (
            ("fill", len(encoding.numbers), 0.0),
            ("centre", len(encoding.numbers), 0.0),
            ("scale", len(encoding.numbers), 1.0),
            ("known", len(encoding.gaps) + len(pairs), 1.0),
        ):
            self.register_buffer(name, torch.full((count,), start))

    def forward(self, rows: Tensor) -> Tensor:
        """Units: standardised numbers, then missing numbers, then categories; 0 for what was never trained on."""
        absent = torch.isnan(rows)
        numbers = rows.index_select(-1, self.numbers)
        filled = torch.where(absent.index_select(-1, self.numbers), self.fill, numbers)
        gaps = absent.index_select(-1, self.gaps).to(rows.dtype)
        cells = torch.where(absent, -1.0, rows).index_select(-1, self.columns)
        units = torch.cat((gaps, (cells == self.values).to(rows.dtype)), dim=-1) * self.known
        return torch.cat(((filled - self.centre) / self.scale, units), dim=-1)

    def fit(self, inputs: NDArray[np.float32]) -> None:
        """Take medians, means and deviations of the numbers, and what is missing and occurs, from training rows."""
        from sklearn.impute import SimpleImputer  # noqa: PLC0415 (slow to import, and needed here only)
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        if len(self.numbers):
            numbers = inputs[:, self.numbers.numpy()].astype(np.float64)
            imputer = SimpleImputer(strategy="median", keep_empty_features=True).fit(numbers)
            scaler = StandardScaler().fit(imputer.transform(numbers))
            for name, found in (("fill", imputer.statistics_), ("centre", scaler.mean_), ("scale", scaler.scale_)):
                getattr(self, name).copy_(torch.from_numpy(np.nan_to_num(found)))
        absent = np.isnan(inputs)
        cells = np.where(absent, -1.0, inputs)[:, self.columns.numpy()]
        seen = (absent[:, self.gaps.numpy()].any(axis=0), (cells == self.values.numpy()).any(axis=0))
        self.known.copy_(torch.from_numpy(np.concatenate(seen)))

"""Views: deterministic augmentations, so that the teacher's soft targets can be recorded and still fit what is seen.

View 0 is the row itself. What view v of a row looks like is a function of the seed, the row's id and v, and of nothing
else: neither the other rows of a batch, nor their order, nor the epoch, nor the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.data.augmentations import AUGMENTATIONS, Material, mixing_partner, mixing_weight
from overproof.data.draws import Draws, below, keyed_bits, row_numbers
from overproof.errors import StudyError, nearest
from overproof.randomness import key

#: Whoever changes what a view looks like raises this, so that recorded soft targets are not taken for new ones.
ALGORITHM = 1


@dataclass(frozen=True)
class Views:
    """The views of a study: which augmentations, how many, under which seed.

    Example:
        >>> views, images = Views(("crop", "flip"), count=4, seed=0), torch.rand(3, 1, 8, 8)
        >>> ids, second = torch.tensor([5, 6, 7]), torch.tensor([2, 2, 2])
        >>> together, alone = views.apply(images, ids, second), views.apply(images[1:2], ids[1:2], second[1:2])
        >>> torch.equal(together[1:2], alone), torch.equal(views.apply(images, ids, 0 * second), images)
        (True, True)
    """

    augment: tuple[str, ...]
    """Names of augmentations, applied in this order."""
    count: int
    """Views per row, view 0 included."""
    seed: int

    def __post_init__(self) -> None:
        for name in self.augment:
            if name not in AUGMENTATIONS:
                raise StudyError(f"views.augment has {name!r}; {nearest(name, AUGMENTATIONS)}")
            if self.augment.count(name) > 1:
                raise StudyError(f"views.augment has {name!r} {self.augment.count(name)} times; name it once")
        if self.count < 1:
            raise StudyError(f"views.count must be at least 1, got {self.count}")

    @property
    def mixes(self) -> bool:
        """Whether rows are mixed with partners, and their labels with them."""
        return "mixup" in self.augment

    @property
    def needs_training_rows(self) -> bool:
        """Whether views depend on the split's training rows: through partners, means or standard deviations."""
        return any(AUGMENTATIONS[name].rows != "images" for name in self.augment)

    def describe(self) -> dict[str, Any]:
        """All that decides what views look like, as JSON, except what comes from training rows.

        Example:
            >>> Views(("crop",), count=4, seed=0).describe()
            {'algorithm': 1, 'augment': ['crop'], 'count': 4, 'seed': 0}
        """
        return {"algorithm": ALGORITHM, "augment": list(self.augment), "count": self.count, "seed": self.seed}

    def check(self, shape: Sequence[int]) -> None:
        """Refuse augmentations that cannot be applied to rows of this shape.

        Args:
            shape: of one row: [features], [steps, features] or [channels, height, width].

        Raises:
            StudyError: naming the augmentation, the shape, and what would fit.
        """
        for name in self.augment:
            if not AUGMENTATIONS[name].fits(len(shape)):
                needed = "images [channels, height, width]" if AUGMENTATIONS[name].rows == "images" else "tables"
                fitting = ", ".join(other for other, each in AUGMENTATIONS.items() if each.fits(len(shape)))
                raise StudyError(
                    f"views.augment has {name!r}, which is for {needed}, but a row has shape {tuple(shape)}; "
                    f"for these rows there are: {fitting}"
                )

    def apply(self, inputs: Tensor, ids: Tensor, views: Tensor, material: Material | None = None) -> Tensor:
        """Show each row as one of its views.

        Args:
            inputs: floating point, [batch, features], [batch, steps, features] or [batch, channels, height, width].
            ids: bit patterns of the rows' uint64 ids, int64 [batch], on the same device.
            views: which view of each row, int64 [batch]; for view 0 the row comes back bit for bit.
            material: what ``noise``, ``mask`` and ``mixup`` need besides the row.

        Returns:
            The shape, dtype, device and memory format of ``inputs``.

        Raises:
            StudyError: when an augmentation cannot be applied to rows of this shape.
        """
        self.check(inputs.shape[1:])
        numbers = row_numbers(self.seed, ids, views)
        shown = inputs
        for name in self.augment:
            shown = AUGMENTATIONS[name].apply(shown, Draws(self.seed, name, numbers), material or Material())
        first = (views == 0).view(-1, *[1] * (inputs.ndim - 1))
        return torch.empty_like(inputs).copy_(torch.where(first, inputs, shown))  # empty_like keeps channels last

    def partners(self, ids: Tensor, views: Tensor, pool: Tensor) -> Tensor:
        """Which rows ``mixup`` mixes in: their inputs, as they are in view 0, become ``material.partners``.

        A row may meet itself, and then stays as it is. The partner of view 0 has no weight.

        Args:
            ids: as in :meth:`apply`.
            views: as in :meth:`apply`.
            pool: positions of the split's training rows, from :func:`mixing_pool`, on the same device.

        Returns:
            Positions out of the pool, int64 [batch].
        """
        return pool[mixing_partner(self._mixing(ids, views), len(pool))]

    def own_weight(self, ids: Tensor, views: Tensor) -> Tensor:
        """How much of each row, and of its label, is its own: λ of ``mixup``; the partner has the rest.

        Args:
            ids: as in :meth:`apply`.
            views: as in :meth:`apply`.

        Returns:
            Float32 [batch]: 1 in view 0 and where nothing is mixed, else uniform on [½, 1].
        """
        if not self.mixes:
            return torch.ones(ids.shape, device=ids.device)
        return torch.where(views == 0, 1.0, mixing_weight(self._mixing(ids, views)))

    def _mixing(self, ids: Tensor, views: Tensor) -> Draws:
        return Draws(self.seed, "mixup", row_numbers(self.seed, ids, views))


def mixing_pool(rows: NDArray[np.int64], ids: NDArray[np.uint64]) -> Tensor:
    """The rows from which partners are taken, in the order of their ids: another order of the file changes no partner.

    Args:
        rows: positions of the split's training rows.
        ids: of all rows of the data set.

    Returns:
        Positions, int64 [rows].
    """
    return torch.from_numpy(rows[np.argsort(ids[rows])])


def view_of(seed: int, ids: Tensor, epoch: int, count: int) -> Tensor:
    """Which view each row shows in an epoch: any ``count`` epochs in a row show all of its views, each once.

    A row begins with a view of its own and goes on with the next in each epoch. Views after view 0 are draws of the
    same kind, so shuffling them in every cycle would add nothing.

    Args:
        seed: the study's.
        ids: bit patterns of row ids, int64 [batch].
        epoch: from 0.
        count: views per row, at least 1.

    Returns:
        Int64 [batch], in [0, count).

    Example:
        >>> rows = torch.arange(4)
        >>> torch.stack([view_of(0, rows, epoch, 3) for epoch in range(3)]).sort(dim=0).values.tolist()
        [[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2]]
    """
    return (below(keyed_bits(key(seed, "views", "first"), ids), count) + epoch) % count

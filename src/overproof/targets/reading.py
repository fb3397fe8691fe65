"""Reading an entry of the store: single rows through memory maps, or all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.errors import StorageError
from overproof.targets.codecs import Codec
from overproof.targets.store import Entry


class Targets:
    """What a teacher said about every row, float32, checked before it is believed.

    Every shard's digest is compared once per process; then the shards, which nobody ever changes, are mapped into
    memory. A store that is pruned meanwhile stays readable here.
    """

    def __init__(self, entry: Entry, shape: Sequence[int], codec: Codec) -> None:
        """Open an entry.

        Args:
            entry: a complete entry.
            shape: of one row's outputs.
            codec: how they were stored.

        Raises:
            StorageError: when the entry is gone or damaged, naming the shard.
        """
        shards = [entry.shard(index, digest) for index, digest in enumerate(entry.manifest().shards)]
        self._shape, self._codec = tuple(shape), codec
        self._maps = [_mapped(path) for path in shards]
        wanted = codec.stored(self._shape)
        for path, shard in zip(shards, self._maps, strict=True):
            if np.dtype((shard.dtype, shard.shape[1:])) != wanted:
                raise StorageError(f"{path} holds rows of another type ({shard.dtype}); {_REMEDY}")
        self._ends = np.cumsum([len(shard) for shard in self._maps])
        entry.touch()

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return self._shape

    @property
    def nbytes(self) -> int:
        """Bytes of :meth:`whole`."""
        return 4 * len(self) * math.prod(self._shape)

    def at(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Some rows, in any order, with repetitions.

        Args:
            positions: [n], each in [0, rows).

        Returns:
            [n, *shape].

        Raises:
            IndexError: when a position is outside.
        """
        if len(positions) and not (positions.min() >= 0 and positions.max() < len(self)):
            raise IndexError(
                f"positions reach from {positions.min()} to {positions.max()}, the store has {len(self)} rows"
            )
        if len(self._maps) == 1:
            return self._codec.decode(self._maps[0][positions], self._shape)
        stored = np.empty((len(positions), *self._maps[0].shape[1:]), self._maps[0].dtype)
        shards = positions // len(self._maps[0])
        inside = positions - shards * len(self._maps[0])
        order = np.argsort(shards, kind="stable")
        ends = np.searchsorted(shards[order], np.arange(len(self._maps)), side="right").tolist()
        start = 0
        for shard, end in zip(self._maps, ends, strict=True):
            if end > start:
                own = order[start:end]
                stored[own] = shard[inside[own]]
                start = end
        return self._codec.decode(stored, self._shape)

    def whole(self) -> NDArray[np.float32]:
        """All rows in memory, [rows, *shape]."""
        outputs = np.empty((len(self), *self._shape), dtype=np.float32)
        for shard, end in zip(self._maps, self._ends.tolist(), strict=True):
            outputs[end - len(shard) : end] = self._codec.decode(shard, self._shape)
        return outputs


_REMEDY = "run the same command again to record it anew"


def _mapped(path: Path) -> NDArray[Any]:
    """A shard that was found whole, as a plain array over its map."""
    if not storage.whole(path):
        found = "fails its checksum" if path.exists() else "does not exist"
        raise StorageError(f"{path} {found}; {_REMEDY}")
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read ({error}); {_REMEDY}") from None

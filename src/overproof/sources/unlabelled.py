"""Rows without labels, before they join rows that have some."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.content import row_digests, row_ids
from overproof.data.dataset import UNLABELLED, Dataset


def without_labels(inputs: NDArray[Any], **beside: Any) -> Dataset:
    """A data set whose labels are all −1 and which knows no classes.

    Args:
        inputs: as :attr:`Dataset.inputs`, checked already.
        **beside: other fields of the data set: ``columns``, ``tokens``, ``keys``, ….

    Example:
        >>> without_labels(np.zeros((2, 3), dtype=np.float32)).labels
        array([-1, -1])
    """
    labels = np.full(len(inputs), -1, dtype=np.int64)
    parts = np.full(len(inputs), UNLABELLED, dtype=np.int8)
    return Dataset("unlabelled", inputs, labels, row_ids(row_digests(inputs), labels), (), parts=parts, **beside)

"""The handwritten digits that come with scikit-learn: 1,797 grey images of 8 × 8 pixels.

Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998 (its test part).
"""

from __future__ import annotations

from overproof.data.dataset import Dataset, from_arrays


def load(task: str = "auto") -> Dataset:
    """The digits; inputs [1797, 1, 8, 8] in [0, 1], from 17 grey levels."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 (slow to import, and needed here only)

    digits = load_digits()
    return from_arrays(digits.images[:, None] / 16, digits.target, "digits", task=task)

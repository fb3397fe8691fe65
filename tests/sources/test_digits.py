from __future__ import annotations

import numpy as np

from overproof.sources import digits


def test_the_facts_of_digits() -> None:
    data = digits.load()
    assert data.name == "digits"
    assert data.inputs.shape == (1797, 1, 8, 8)
    assert np.unique(data.inputs).tolist() == [level / 16 for level in range(17)]
    assert data.classes == tuple("0123456789")
    assert np.bincount(data.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert len(np.unique(data.ids)) == 1797

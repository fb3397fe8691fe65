"""Where the real data sets are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def fashion_mnist() -> Path:
    root = Path(os.environ.get("OVERPROOF_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    folder = root / "fashion-mnist"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; set OVERPROOF_TEST_DATA to the folder of real data sets")
    return folder

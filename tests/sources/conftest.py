"""Where the real data sets are."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fashion_mnist(shared_data: Path) -> Path:
    """The official IDX files."""
    return shared_data / "fashion-mnist"

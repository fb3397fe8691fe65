"""What every test may count on: one thread of arithmetic, reproducible examples, and the real data if they are here."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parents[1]

# Read by torch when it is imported, and by every program a test starts: the workers of pytest share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Soft targets recorded by tests and doctests go where nobody else looks for them.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="overproof-cache-")

hypothesis.settings.register_profile("overproof", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("overproof")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A soft-target store of its own for every test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: ``OVERPROOF_TEST_DATA``, or ``shared/data`` beside the repository."""
    folder = Path(os.environ.get("OVERPROOF_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set OVERPROOF_TEST_DATA to the folder that holds them")
    return folder

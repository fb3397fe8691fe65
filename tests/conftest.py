"""What every test may count on: one thread of arithmetic, reproducible examples, and the real data if they are here."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def timm(torchvision_loads: None) -> Any:
    """The timm library, where it is installed."""
    return pytest.importorskip("timm")


@pytest.fixture(scope="session")
def transformers(torchvision_loads: None) -> Any:
    """The transformers library, where it is installed."""
    found = pytest.importorskip("transformers")
    found.utils.logging.disable_progress_bar()
    return found


@pytest.fixture(scope="session")
def torchvision_loads() -> None:
    """See that torchvision, where it is installed, does not break the libraries that import it."""
    if not _torchvision_loads():
        _declare_operators()


def _torchvision_loads() -> bool:
    """Whether torchvision can be imported, or is not there at all."""
    if importlib.util.find_spec("torchvision") is None:
        return True
    try:
        importlib.import_module("torchvision")
    except RuntimeError:  # a wheel for CUDA beside a CPU build of torch: "operator torchvision::nms does not exist"
        return False
    return True


#: Kept alive: without it the operators are gone again.
_DECLARED: list[Any] = []


def _declare_operators() -> None:
    """Declare what such a wheel misses; no model of timm or transformers calls it."""
    import torch

    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
    _DECLARED.append(library)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]

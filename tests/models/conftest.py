"""Modules a user might write, importable by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes Python source to a module on the path and returns the module's name."""
    folder = tmp_path / "importable"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def write(source: str) -> str:
        name = f"written_{abs(hash((tmp_path, source)))}"
        (folder / f"{name}.py").write_text(source, "utf-8")
        monkeypatch.setitem(sys.modules, name, sys)  # so that whatever is imported under this name goes again
        del sys.modules[name]
        return name

    return write

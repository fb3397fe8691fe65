"""Modules a user might write, importable by name, and packages that offer models."""

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


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs a package whose metadata offer models: name=value, as in ``mine="package:Mine"``."""
    site = tmp_path / "site"

    def install(package: str, source: str, **models: str) -> None:
        metadata = site / f"{package}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", "utf-8")
        lines = ["[overproof.models]", *(f"{name} = {value}" for name, value in models.items()), ""]
        (metadata / "entry_points.txt").write_text("\n".join(lines), "utf-8")
        (site / f"{package}.py").write_text(source, "utf-8")
        if str(site) not in sys.path:
            monkeypatch.syspath_prepend(str(site))
        monkeypatch.setitem(sys.modules, package, sys)  # so that whatever is imported under this name goes again
        del sys.modules[package]

    return install

"""Imports go down the floors only (pyproject.toml, docs/decisions/002-floors.md), and the check can fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of ``folder``'s pyproject.toml on ``folder``'s sources."""
    return subprocess.run(
        [sys.executable, "-c", "import importlinter.cli as cli; cli.lint_imports_command()", "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package in which to plant a fault."""
    shutil.copytree(ROOT / "src" / "overproof", tmp_path / "src" / "overproof")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_go_down_only() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("importer", "line", "complaint"),
    [
        ("errors.py", "from overproof import study", "overproof.errors is not allowed to import overproof.study"),
        ("storage.py", "def later(): import overproof.results", "is not allowed to import overproof.results"),
        ("helpers.py", "", "- overproof.helpers"),
        ("report/__init__.py", "import torch", "overproof.report is not allowed to import torch"),
    ],
    ids=["upwards", "upwards inside a function", "module on no floor", "torch in the report"],
)
def test_a_planted_fault_is_found(house: Path, importer: str, line: str, complaint: str) -> None:
    with (house / "src" / "overproof" / importer).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    checked = lint_imports(house)
    assert checked.returncode == 1
    assert complaint in checked.stdout

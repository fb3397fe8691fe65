"""Where the tests of teachers run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named as a study names them, relative to the current folder."""
    monkeypatch.chdir(tmp_path)

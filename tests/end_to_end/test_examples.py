"""Every study in examples/ runs on the real data, made short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.end_to_end.conftest import Cli

EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))
SHORT = ("data.limit=500", "teacher.training.epochs=1", "student.training.epochs=1", "protocol.folds=2")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(cli: Cli, tmp_path: Path, shared_data: Path, example: Path) -> None:
    source = f"data.source={shared_data / example.stem}"
    settings = [word for setting in (source, *SHORT) for word in ("--set", setting)]
    done = cli("compare", str(example), *settings, "--out", "run", small=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "run" / "results.json").read_bytes())["result"]
    assert [arm["name"] for arm in result["arms"]] == ["teacher", "simple", "student"]
    assert result["data"]["name"] == example.stem

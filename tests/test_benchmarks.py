"""Every benchmark runs, in sizes that mean nothing, and leaves figures with their goals and the machine described."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
NAMES = [
    "cohort_scaling",
    "comparison",
    "false_alarms",
    "false_alarms_planted",
    "false_alarms_real",
    "false_alarms_splits",
    "grid",
    "startup",
    "step_cost",
    "store",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), "--quick"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0 and "skipped:" in done.stdout:
        pytest.skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout
    check(json.loads((tmp_path / f"{name}.json").read_text("utf-8")), name)
    assert json.loads((tmp_path / f"{name}.json").read_text("utf-8"))["quick"]


def check(found: dict[str, object], name: str) -> None:
    """What every results file holds."""
    assert found["name"] == name
    assert isinstance(found["machine"], dict)
    assert {"system", "processor", "cores", "load"} <= found["machine"].keys()
    assert isinstance(found["figures"], list)
    assert found["figures"]
    for figure in found["figures"]:
        assert figure["value"] > 0
        sign, bound = figure["goal"].split()
        assert figure["met"] == (figure["value"] <= float(bound) if sign == "<=" else figure["value"] >= float(bound))


@pytest.mark.parametrize("path", sorted((FOLDER / "results").glob("*.json")), ids=lambda path: path.stem)
def test_a_kept_result_is_whole(path: Path) -> None:
    found = json.loads(path.read_text("utf-8"))
    check(found, path.stem)
    assert not found["quick"], "figures of a quick run mean nothing"
    assert path.stem in NAMES


def test_make_runs_every_benchmark() -> None:
    scripts = {path.stem for path in FOLDER.glob("*.py") if "def main()" in path.read_text("utf-8")}
    (line,) = [line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if line.startswith("BENCHMARKS")]
    assert scripts == set(NAMES) == set(line.partition(":=")[2].split())

"""Every study in examples/ runs on the real data, made short."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.end_to_end.conftest import Cli

#: Of every example: what is prepared for it, and the settings that say where things are, in terms of DATA and PREPARED.
ADULT = "data.source=DATA/adult/adult-train.csv.gz"
EXAMPLES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "adult": (None, (ADULT,)),
    "clinc150": ("clinc150", ("data.source=PREPARED/clinc150.jsonl",)),
    "ensemble": (None, (ADULT,)),
    "fashion-folder": ("fashion", ("data.source=PREPARED/fashion",)),
    "fashion-mnist": (None, ("data.source=DATA/fashion-mnist",)),
    "housing": (None, ("data.source=DATA/california-housing/housing.csv.gz",)),
    "onnx": ("onnx", ("data.source=DATA/fashion-mnist", "teacher.model=onnx:PREPARED/fashion.onnx")),
    "predictions": ("adult", (ADULT, "teacher.model=predictions:PREPARED/adult-probabilities.parquet")),
}
#: What each needs beside overproof.
NEEDS = {
    "adult": "lightgbm", "ensemble": "lightgbm", "fashion-folder": "PIL", "onnx": "onnxscript", "predictions": "pyarrow"
}  # fmt: skip
SHORT = ("student.training.epochs=1", "protocol.folds=2")
LIMIT = {"clinc150": 1500}


def test_every_example_is_run_here() -> None:
    assert sorted(EXAMPLES) == sorted(path.stem for path in (ROOT / "examples").glob("*.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_runs(cli: Cli, tmp_path: Path, shared_data: Path, example: str) -> None:
    if example in NEEDS:
        pytest.importorskip(NEEDS[example])
    prepared, settings = EXAMPLES[example]
    if prepared is not None:
        script = [sys.executable, str(ROOT / "examples" / "prepare.py"), str(shared_data), str(tmp_path), prepared]
        subprocess.run([*script, "--quick"], check=True, capture_output=True)
    placed = [each.replace("DATA", str(shared_data)).replace("PREPARED", str(tmp_path)) for each in settings]
    study = ROOT / "examples" / f"{example}.toml"
    short = [*placed, *SHORT, f"data.limit={LIMIT.get(example, 400)}"]
    if "[teacher.training]" in study.read_text():
        short.append("teacher.training.epochs=1")
    words = [word for setting in short for word in ("--set", setting)]
    done = cli("compare", str(study), *words, "--out", "run", small=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "run" / "results.json").read_bytes())["result"]
    assert [arm["name"] for arm in result["arms"]] == ["teacher", "simple", "student"]
    assert result["verdict"]

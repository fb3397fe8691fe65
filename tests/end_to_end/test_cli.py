"""What the command line says and how it ends; nothing is written over."""

from __future__ import annotations

import gzip
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof.cli import main
from tests.end_to_end.conftest import Cli, arguments

#: A command that must fail, what it says (in part), and its exit code.
MISTAKES: list[tuple[list[str], str, int]] = [
    (["compare", "--set", "protocol.fold=3"], "[protocol] has no key 'fold'; did you mean 'folds'?", 2),
    (["compare", "--set", "method.temprature=3"], "did you mean 'temperature'?", 2),
    (["compare", "--set", "teacher.widht=3"], "[teacher] has no key 'widht'; did you mean 'width'?", 2),
    (["compare", "--set", "method.alpha=1.5"], "method.alpha must be at most 1, got 1.5", 2),
    (["compare", "--set", "method.alpha=-0.1"], "method.alpha must be at least 0, got -0.1", 2),
    (["compare", "--set", "method.temperature=0"], "method.temperature must be greater than 0, got 0", 2),
    (["compare", "--set", "method.temperature=nan"], "method.temperature must be finite, got nan", 2),
    (["compare", "--set", "protocol.folds=1"], "protocol.folds must be at least 2, got 1", 2),
    (["compare", "--set", "protocol.folds=200"], "200", 65),
    (["compare", "--set", "student.training.learning_rate=inf"], "must be finite", 2),
    (["compare", "--set", "student.model=resnett"], "student.model = 'resnett' is not a model", 2),
    (["compare", "--set", "student.model=mine:build"], "--trust-study", 77),
    (["compare", "--set", "student.model=mine:build", "--trust-study"], "cannot be imported", 2),
    (["compare", "--set", "method.name=kdd"], "did you mean 'kd'?", 2),
    (["compare", "--set", "folds"], "must have the form table.key=value", 2),
    (["compare", "--set", "run.device=cuda:99"], "there is no such device", 2),
    (["compare", "missing.toml"], "study file 'missing.toml' does not exist", 66),
    (["compare", "--set", "data.source=missing.npz"], "missing.npz does not exist", 66),
    (["compare", "--set", "teacher.weights=missing.safetensors"], "missing.safetensors does not exist", 66),
    (["compare", "--out", "theirs"], "is not a run folder; nothing was written", 73),
    (["compare", "--out", "theirs/precious.txt"], "is not a run folder; nothing was written", 73),
    (["compare", "--set", "teacher.weights=theirs/model.pkl"], "is a pickle", 77),
    (["compare", "--set", "teacher.weights=theirs/precious.txt"], "is not a safetensors file", 65),
    (["compare", "--set", "data.source=truncated"], "truncated", 65),
    (["compare", "--set", "data.source=unequal"], "every row needs one label", 65),
    (["compare", "--set", "data.source=nan.npz"], "is NaN", 65),
    (["compare", "--set", "data.source=objects.npz"], "stores Python objects", 77),
    (["compare", "--nonsense"], "Unknown option", 2),
    (["nonsense"], "Unknown command", 2),
    (["methods", "kdd"], "did you mean 'kd'?", 2),
    (["report", "nowhere"], "does not exist", 66),
    (["init", "theirs/precious.txt"], "exists; nothing was written", 73),
]


def idx(array: Any) -> bytes:
    """An IDX file of bytes."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(int(size).to_bytes(4, "big") for size in array.shape)
    return header + bytes(array.astype(np.uint8).tobytes())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the files that the mistakes are about."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "precious.txt").write_text("not yours, and not a model either")
    (theirs / "model.pkl").write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    images, labels = np.zeros((50, 8, 8)), np.arange(50) % 5
    for name, image_bytes, label_bytes in (
        ("truncated", idx(images)[:-7], idx(labels)),
        ("unequal", idx(images), idx(labels[:-1])),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "train-images-idx3-ubyte").write_bytes(image_bytes)
        (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(label_bytes))
    rows = np.random.default_rng(0).standard_normal((50, 4))
    rows[17, 3] = np.nan
    np.savez(tmp_path / "nan.npz", X=rows, y=labels)
    np.savez(tmp_path / "objects.npz", X=np.array([[object()]] * 50, dtype=object), y=labels)
    return tmp_path


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("words", "says", "code"), MISTAKES, ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else ""
)
def test_mistakes_give_one_sentence_and_a_code(
    files: Path, words: list[str], says: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(files)
    with pytest.raises(SystemExit) as ended:
        main(arguments(*words)[3:])
    said = capsys.readouterr()
    assert ended.value.code == code, said.err
    assert says in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert tree(files) == before


def test_a_mistake_ends_the_process_with_the_code(cli: Cli) -> None:
    done = cli("compare", "--set", "protocol.folds=1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: protocol.folds must be at least 2, got 1\n"


def test_debug_shows_the_traceback(cli: Cli) -> None:
    done = cli("compare", "--debug", "--set", "protocol.folds=1")
    assert "Traceback" in done.stderr


def test_compare_prints_the_table_and_where_the_results_are(cli: Cli, tmp_path: Path) -> None:
    done = cli("compare")
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("digits-")
    for word in ("teacher", "simple", "student", "95 % interval", f"runs/{folder.name}/results.json", "report.html"):
        assert word in done.stdout
    assert "\x1b" not in done.stdout + done.stderr  # not a terminal: no colours, no moving bars
    assert "train: 2 jobs" in done.stderr
    again = cli("compare")
    assert again.returncode == 0
    assert "is complete; nothing to compute" in again.stderr
    report = cli("report", f"runs/{folder.name}", "--out", "other.html")
    assert report.returncode == 0, report.stderr
    assert (tmp_path / "other.html").read_bytes() == (folder / "report.html").read_bytes()


def test_settings_come_from_the_environment_and_the_command_line_wins(cli: Cli, tmp_path: Path) -> None:
    cli(
        "compare",
        "--out",
        "run",
        environment={"OVERPROOF__METHOD__TEMPERATURE": "2", "OVERPROOF__METHOD__ALPHA": "0.3"},
    )
    study = (tmp_path / "run" / "study.toml").read_text()
    assert "temperature = 2.0" in study
    cli(
        "compare", "--out", "other", "--set", "method.alpha=0.7", environment={"OVERPROOF__METHOD__ALPHA": "0.3"}
    )  # fmt: skip
    assert "alpha = 0.7" in (tmp_path / "other" / "study.toml").read_text()


def test_init_writes_a_study_that_runs(cli: Cli, tmp_path: Path) -> None:
    done = cli("init", "mine.toml")
    assert done.returncode == 0
    assert "mine.toml" in done.stdout
    text = (tmp_path / "mine.toml").read_text()
    assert "#" in text
    done = cli("compare", "mine.toml", "--out", "run")
    assert done.returncode == 0, done.stderr


def test_a_trusted_study_may_name_code_beside_it(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(width):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))\n"
    )
    done = cli(
        "compare", "--set", "student.model=mine:build", "--trust-study", "--out", "run", "--executor", "processes"
    )
    assert done.returncode == 0, done.stderr
    assert "mine:build" in (tmp_path / "run" / "study.toml").read_text()


def test_methods_lists_and_describes(cli: Cli) -> None:
    assert {line.split()[0] for line in cli("methods").stdout.splitlines()} == {"kd", "label-smoothing", "simple"}
    assert "alpha = 0.9, temperature = 4.0" in cli("methods", "kd").stdout


def test_help_loads_nothing_heavy() -> None:
    code = """
import sys
from overproof.cli import main
try:
    main(["--help"])
finally:
    heavy = {"torch", "numpy", "scipy", "sklearn", "pydantic", "jinja2"}
    print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "compare" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("verb", ["compare", "check", "models"])
def test_a_study_that_cannot_be_read_is_refused_before_torch_is_loaded(verb: str, tmp_path: Path) -> None:
    code = """
import sys
from overproof.cli import main
try:
    main(sys.argv[1:])
finally:
    print(sorted({"torch", "scipy", "sklearn"} & sys.modules.keys()))
"""
    words = [sys.executable, "-c", code, verb, "missing.toml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 66
    assert done.stderr.startswith("error: study file 'missing.toml' does not exist")
    assert done.stdout.strip() == "[]"


def test_a_module_beside_an_untrusted_study_is_not_imported(cli: Cli, tmp_path: Path) -> None:
    for name in ("sklearn", "jinja2", "safetensors"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    command = "import sys; sys.path.remove(''); from overproof.cli import main; main(sys.argv[1:])"
    words = arguments("compare", "--executor", "processes", "--out", "run")[3:]
    done = subprocess.run(
        [sys.executable, "-c", command, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_message_is_one_line_whatever_names_stand_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "study.toml"
    name = json.dumps("no\n\x1b[31m" + "x" * 10_000)
    study.write_text(f'[data]\nsource = {name}\n[teacher]\nmodel = "mlp"\n[student]\nmodel = "mlp"\n')
    with pytest.raises(SystemExit):
        main(["compare", str(study)])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert line.isprintable()
    assert len(line) < 5000

"""A study that init wrote about data runs as it is; only epochs and folds are fewer here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from overproof import results
from tests.end_to_end.conftest import Cli

ROWS = 60


def csv(folder: Path) -> str:
    random = np.random.default_rng(0)
    rows = [
        f"{a:.3f},{['cook', 'clerk'][n % 2]},{'yes' if a > 0 else 'no'}" for n, a in enumerate(random.normal(size=ROWS))
    ]
    (folder / "people.csv").write_text("age,job,paid\n" + "\n".join(rows) + "\n")
    return "people.csv"


def jsonl(folder: Path) -> str:
    rows = [
        {"text": f"{['where is my', 'please send a'][n % 2]} card number {n}", "intent": "ab"[n % 2]}
        for n in range(ROWS)
    ]
    (folder / "talk.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return "talk.jsonl"


def images(folder: Path) -> str:
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    for n in range(ROWS):
        path = folder / "photos" / ["dark", "light"][n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray((random.integers(0, 128, (16, 16)) + 127 * (n % 2)).astype(np.uint8)).save(path)
    return "photos"


def npz(folder: Path) -> str:
    inputs = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
    np.savez(folder / "rows.npz", X=inputs, y=inputs @ np.array([1.0, -2.0, 0.5]))
    return "rows.npz"


@pytest.mark.slow
@pytest.mark.parametrize("data", [csv, jsonl, images, npz], ids=lambda data: data.__name__)
def test_what_init_writes_can_be_compared(data: object, cli: Cli, tmp_path: Path) -> None:
    assert callable(data)
    source = data(tmp_path)
    done = cli("init", source, "--out", "mine.toml")
    assert (done.returncode, done.stdout) == (0, "mine.toml written; overproof compare mine.toml\n"), done.stderr
    text = (tmp_path / "mine.toml").read_text()
    settings = ["protocol.folds=2", "student.training.epochs=1"]
    settings += ["teacher.training.epochs=1"] if "[teacher.training]" in text else []
    flags = [word for setting in settings for word in ("--set", setting)]
    done = cli("compare", "mine.toml", *flags, "--out", "run", small=False)
    assert done.returncode == 0, done.stderr
    assert {"teacher", "student", "simple"} <= {arm.name for arm in results.read(tmp_path / "run").result.arms}
    assert (tmp_path / "run" / "report.html").is_file()


def test_init_says_what_is_wrong(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n" + "\n".join(f"{n / 7:.3f},{n / 3:.3f}" for n in range(40)) + "\n")
    done = cli("init", "rows.csv")
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr == ("error: rows.csv: the target cannot be guessed; name it with --target; columns are a, b\n")
    assert not (tmp_path / "study.toml").exists()
    done = cli("init", "rows.csv", "--target", "b")
    assert (done.returncode, done.stdout) == (0, "study.toml written; overproof compare study.toml\n")
    done = cli("init", "rows.csv", "--target", "b")
    assert (done.returncode, done.stderr) == (
        73,
        "error: study.toml exists; nothing was written, choose another name\n",
    )
    done = cli("init", "gone.csv", "--out", "other.toml")
    assert done.returncode == 66
    assert "gone.csv does not exist" in done.stderr

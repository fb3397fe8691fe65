"""A comparison small enough to be done in a second, whose student misbehaves, but only in a worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

#: The module that the study names; it lies beside the run folder.
AWKWARD = """
import os, signal, time
from pathlib import Path
import torch
from torch import nn
from overproof.errors import ModelError

HERE = Path(__file__).parent

def note(name):
    with open(HERE / name, "a") as file:
        file.write(f"{os.getpid()}\\n")

def small(misbehave):
    if (HERE / "owner").read_text() != str(os.getpid()):
        misbehave()
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

def die():
    note("deaths")
    os.kill(os.getpid(), signal.SIGKILL)

def dies(): return small(die)
def dies_once(): return small(lambda: (HERE / "deaths").exists() or die())

def refuse(): raise ModelError("this student does not want to be trained")
def refuses(): return small(refuse)

class Failing(nn.Linear):  # where it is trained, not where it is built or looked at
    def forward(self, rows):
        if torch.is_grad_enabled() and (HERE / "owner").read_text() != str(os.getpid()):
            raise KeyError("nothing that overproof knows")
        return super().forward(rows)
def fails(): return nn.Sequential(nn.Flatten(), Failing(64, 10))

def wait():
    try:
        (HERE / "first").touch(exist_ok=False)
    except FileExistsError:
        while not (HERE / "waiting").exists():
            time.sleep(0.01)
        refuse()
    note("waiting")
    time.sleep(1000)
def waits_while_another_refuses(): return small(wait)

def computes(): return small(lambda: note("workers"))
"""

Compared = Callable[..., Any]


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compared:
    """Compares with a student of ``AWKWARD``."""
    from overproof.verbs.compare import compare

    (tmp_path / "awkward.py").write_text(AWKWARD)
    (tmp_path / "owner").write_text(str(os.getpid()))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "awkward", raising=False)

    def run(student: str, executor: str, out: str = "run") -> Any:
        quick = {"epochs": 2}
        return compare(
            data="digits",
            teacher={"model": "mlp", "width": 16, "training": quick},
            student={"model": f"awkward:{student}", "training": quick},
            protocol={"folds": 2},
            settings=["data.limit=200"],
            run={"executor": executor},
            out=tmp_path / out,
            trust_study=True,
        )

    return run


def noted(folder: Path, name: str) -> list[int]:
    """The processes that left a note."""
    return [int(line) for line in (folder / name).read_text().split()]


def alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

from __future__ import annotations

import copy
import logging
import os
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from overproof.models.cnn import CNN
from overproof.targets.fingerprint import code_digest, digest, weights_digest

SOURCE = """
import functools
from torch import nn
SCALE = 2.0
def rescale(x):
    return x * SCALE
class Base(nn.Module):
    def shift(self, x):
        return x + 1
class Net(Base):
    bias = 0.5
    def __init__(self, hidden=4, power=2):
        super().__init__()
        self.one, self.two, self.power = nn.Linear(2, hidden), nn.Linear(hidden, 3), power
        self.act = lambda x: x.relu()
        self.part = functools.partial(max, 1)
    @staticmethod
    def twice(x):
        return x * 2
    @property
    def width(self):
        return 4
    def forward(self, x, gain=1.0):
        inner = [self.act(self.shift(rescale(y))) for y in [self.one(x)]]
        return self.twice(self.two(inner[0])) ** self.power + self.bias
"""


def build(old: str = "", new: str = "", file: str = "teachers.py", **settings: Any) -> nn.Module:
    """A network of a user's module whose source was edited."""
    assert old in SOURCE
    module = types.ModuleType("teachers")
    exec(compile(SOURCE.replace(old, new, 1) if old else SOURCE, file, "exec"), module.__dict__)  # noqa: S102
    torch.manual_seed(0)
    return module.Net(**settings)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.two(inner[0])", "self.two(-inner[0])"),
        ("x + 1", "x + 2"),
        ("x * SCALE", "SCALE * x"),
        ("SCALE = 2.0", "SCALE = 2.5"),
        ("bias = 0.5", "bias = 0.25"),
        ("x.relu()", "x.tanh()"),
        ("functools.partial(max, 1)", "functools.partial(max, 2)"),
        ("functools.partial(max, 1)", "functools.partial(min, 1)"),
        ("return x * 2", "return 2 * x"),
        ("return 4", "return 5"),
        ("gain=1.0", "gain=2.0"),
        ("[self.one(x)]", "[self.one(x + 1)]"),
        ("class Net(Base)", "class Other(Base)"),
    ],
)
def test_an_edit_is_another_code(old: str, new: str) -> None:
    edited = build(old, new) if "Other" not in new else None
    if edited is None:
        module = types.ModuleType("teachers")
        exec(compile(SOURCE.replace(old, new), "teachers.py", "exec"), module.__dict__)  # noqa: S102
        torch.manual_seed(0)
        edited = module.Other()
    assert code_digest(edited) != code_digest(build())
    assert weights_digest(edited) == weights_digest(build())


def scripted(sign: int) -> nn.Module:
    class Signed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Linear(2, 2)
            self.hidden = [torch.full((2,), float(sign))]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.one(x) + self.hidden[0]  # type: ignore[no-any-return]

    return Signed()


def hooked(number: float) -> nn.Module:
    module = nn.Linear(2, 2)
    module.register_forward_hook(lambda *args: args[2] * number)
    return module


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: build(power=2), lambda: build(power=3)),
        (lambda: nn.MultiheadAttention(4, 1), lambda: nn.MultiheadAttention(4, 2)),
        (lambda: nn.Sequential(nn.ReLU()), lambda: nn.Sequential(nn.GELU())),
        (lambda: nn.BatchNorm1d(2, eps=1e-5), lambda: nn.BatchNorm1d(2, eps=1e-6)),
        (lambda: scripted(1), lambda: scripted(2)),
        (lambda: hooked(1.0), lambda: hooked(2.0)),
        (lambda: hooked(1.0), lambda: nn.Linear(2, 2)),
        (lambda: nn.Sequential(nn.ReLU(), nn.Tanh()), lambda: nn.Sequential(nn.Tanh(), nn.ReLU())),
    ],
    ids=["attribute", "heads", "activation", "eps", "unregistered tensor", "closure of a hook", "hook", "order"],
)
def test_another_setting_is_another_code(one: Callable[[], nn.Module], other: Callable[[], nn.Module]) -> None:
    assert code_digest(one()) == code_digest(one())
    assert code_digest(one()) != code_digest(other())


def test_every_bit_of_every_weight_counts() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    module.register_buffer("extra", torch.zeros(2, dtype=torch.bool), persistent=False)
    seen = {weights_digest(module)}
    with torch.no_grad():
        for tensor in [*module.parameters(), *(each for each in module.buffers() if each.is_floating_point())]:
            first = tensor.view(-1)[:1]
            first.copy_(torch.nextafter(first, torch.full_like(first, 9)))
            seen.add(weights_digest(module))
        module.get_buffer("1.num_batches_tracked").add_(1)
        seen.add(weights_digest(module))
        module.get_buffer("extra")[0] = True
        seen.add(weights_digest(module))
    seen.add(weights_digest(module.half()))
    assert len(seen) == 1 + 4 + 2 + 1 + 1 + 1


def test_what_changes_no_answer_changes_no_digest() -> None:
    module = build()
    wanted = digest(module)
    assert digest(build(file="elsewhere/teachers.py")) == wanted
    assert digest(build("SCALE = 2.0", "# a remark\n\n\nSCALE = 2.0")) == wanted
    assert digest(copy.deepcopy(module)) == wanted
    assert digest(module.eval().requires_grad_(False)) == wanted
    module(torch.zeros(1, 2)).sum()
    assert digest(module) == wanted
    conv = CNN(width=2).build((1, 8, 8), 3)
    assert digest(conv) == digest(conv.to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def test_loggers_locks_and_circles_do_no_harm() -> None:
    def make() -> nn.Module:
        module = build()
        module.log, module.lock, module.itself = logging.getLogger("x"), threading.Lock(), [module]  # type: ignore[assignment]
        return module

    assert digest(make()) == digest(make()) != digest(build())


ELSEWHERE = """
import sys
from torch import nn
import torch
sys.path.insert(0, sys.argv[1])
import teachers
from overproof.targets.fingerprint import digest
torch.manual_seed(0)
net = teachers.Net()
net.flags = {"b", "a", "c"}
print(digest(net))
"""


def test_another_process_finds_the_same(tmp_path: Path) -> None:
    found = set()
    for place, hashing in (("here", "1"), ("there", "2"), ("here", "3")):
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "teachers.py").write_text(SOURCE, "utf-8")
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, str(tmp_path / place)],
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1

"""Every change that could change an answer changes the key, and nothing else does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from overproof.data.dataset import Dataset, from_arrays
from overproof.models.architecture import Architecture
from overproof.plan import Plan
from overproof.study import SoftTargets, Study
from overproof.targets import asking, components
from overproof.targets.components import recording_of
from overproof.targets.store import key_of


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.norm, self.two = nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)
        self.register_buffer("mask", torch.ones(4), persistent=False)
        self.scale = 1.0
        self.act: nn.Module = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.act(self.norm(self.one(x.flatten(1)))) * self.scale * self.mask)  # type: ignore[no-any-return]


class Bolder(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(x)


@dataclass
class World:
    """Everything that soft targets depend on."""

    module: nn.Module
    data: Dataset
    targets: SoftTargets
    views: dict[str, Any] = field(default_factory=dict)
    protocol: dict[str, Any] = field(default_factory=lambda: {"folds": 2})

    def components(self) -> dict[str, Any]:
        tables = {
            "data": {"source": "x"},
            "teacher": {"model": "x"},
            "student": {"model": "mlp"},
            "run": {"device": "cpu"},
        }
        tables |= {"targets": self.targets.model_dump(), "views": self.views, "protocol": self.protocol}
        study = Study.model_validate(tables)
        teacher = Architecture("net", lambda shape, classes: self.module)
        plan = Plan(study, self.data, teacher, teacher, False, self.module)
        key = next(iter(plan.targets))
        return recording_of(plan, asking.network(plan, key, self.module), key).components


@pytest.fixture
def world() -> World:
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    data = from_arrays(draw.random((12, 1, 2, 3), dtype=np.float32), np.arange(12) % 3, "some")
    return World(Net(), data, SoftTargets())


def inputs(change: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> Callable[[World], object]:
    def mutate(world: World) -> None:
        rows = change(world.data.inputs.copy())
        world.data = from_arrays(rows, np.arange(len(rows)) % 3, "some")

    return mutate


def pixel(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows[3, 0, 1, 1] = np.nextafter(rows[3, 0, 1, 1], np.float32(2))
    return rows


def weight(world: World) -> None:
    with torch.no_grad():
        first = world.module.one.weight[:1, :1]  # type: ignore[union-attr, index]
        first.copy_(torch.nextafter(first, torch.full_like(first, 9)))


def buffer(name: str) -> Callable[[World], object]:
    def mutate(world: World) -> None:
        world.module.get_buffer(name).view(-1)[0].add_(1)

    return mutate


def stores(**table: Any) -> Callable[[World], object]:
    def mutate(world: World) -> None:
        world.targets = SoftTargets(**table)

    return mutate


def attribute(name: str, value: Any) -> Callable[[World], object]:
    return lambda world: setattr(world.module, name, value)


MUTATIONS: dict[str, tuple[str, Callable[[World], object]]] = {
    "one ulp of a weight": ("weights", weight),
    "a running mean": ("weights", buffer("norm.running_mean")),
    "a running variance": ("weights", buffer("norm.running_var")),
    "the count of batches": ("weights", buffer("norm.num_batches_tracked")),
    "a buffer in no state dict": ("weights", buffer("mask")),
    "weights in another type": ("weights", lambda world: world.module.double()),
    "a row's last bit": ("rows", inputs(pixel)),
    "row order": ("rows", inputs(lambda rows: rows[::-1])),
    "two rows swapped": ("rows", inputs(lambda rows: rows[[1, 0, *range(2, 12)]])),
    "a row more": ("rows", inputs(lambda rows: np.concatenate([rows, rows[:1]]))),
    "a row less": ("rows", inputs(lambda rows: rows[:-1])),
    "the shape of a row": ("rows", inputs(lambda rows: rows.reshape(12, 1, 3, 2))),
    "another activation": ("code", attribute("act", nn.GELU())),
    "a plain attribute": ("code", attribute("scale", 1.5)),
    "the code of a class": ("code", lambda world: setattr(world.module, "__class__", Bolder)),
    "a setting of a layer": ("code", lambda world: setattr(world.module.norm, "eps", 1e-4)),
    "a hook": ("code", lambda world: world.module.register_forward_hook(lambda m, x, y: y + 1)),
    "half precision": ("codec", stores(dtype="float16")),
    "top-k": ("codec", stores(codec="topk", k=1)),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_changes_the_key(world: World, name: str) -> None:
    component, mutate = MUTATIONS[name]
    before = world.components()
    assert key_of(world.components()) == key_of(before)
    mutate(world)
    after = world.components()
    assert key_of(after) != key_of(before)
    assert component in {each for each in after if after[each] != before[each]}


@pytest.mark.parametrize(("one", "other"), [({"k": 1}, {"k": 2}), ({"k": 1}, {"k": 1, "dtype": "float16"})])
def test_settings_of_top_k_change_the_key(world: World, one: dict[str, Any], other: dict[str, Any]) -> None:
    found = [replace(world, targets=SoftTargets(codec="topk", **each)).components() for each in (one, other)]
    assert key_of(found[0]) != key_of(found[1])


@pytest.mark.parametrize(
    ("component", "place", "value"),
    [
        ("torch", (torch, "__version__"), "9.9"),
        ("batch", (components, "BATCH"), 128),
        ("schema", (components, "SCHEMA"), 2),
        ("precision", (torch, "get_float32_matmul_precision"), lambda: "medium"),
        ("device", (asking, "resolve"), lambda name: torch.device("mps")),
        ("processor", (torch.backends.cpu, "get_cpu_capability"), lambda: "another"),
        ("shard", (components, "rows_per_shard"), lambda rows, width, batch: 512),
    ],
)
def test_a_change_of_the_surroundings_changes_the_key(
    world: World, monkeypatch: pytest.MonkeyPatch, component: str, place: tuple[Any, str], value: Any
) -> None:
    before = world.components()
    monkeypatch.setattr(*place, value)
    after = world.components()
    assert key_of(after) != key_of(before)
    assert component in {each for each in after if after[each] != before[each]}


def test_what_the_teacher_does_not_see_changes_nothing(world: World) -> None:
    wanted = key_of(world.components())
    data = world.data
    for other in (
        dataclasses.replace(data, labels=(data.labels + 1) % 3),
        dataclasses.replace(data, name="elsewhere"),
        dataclasses.replace(data, ids=data.ids + 1),
        dataclasses.replace(data, classes=("x", "y", "z")),
        dataclasses.replace(data, inputs=np.asfortranarray(data.inputs)),
    ):
        assert key_of(replace(world, data=other).components()) == wanted
    world.module.eval()
    assert key_of(world.components()) == wanted


def test_views_are_a_component(world: World) -> None:
    assert world.components()["views"] == {"count": 1}
    seen = [
        {"augment": ["flip"], "count": 2},
        {"augment": ["flip"], "count": 3},
        {"augment": ["crop"], "count": 2},
        {"augment": ["crop", "flip"], "count": 2},
    ]
    keys = {key_of(replace(world, views=views).components()) for views in [{}, *seen]}
    assert len(keys) == 5


def test_views_depend_on_the_seed_and_on_the_ids_that_key_them(world: World) -> None:
    flipped = replace(world, views={"augment": ["flip"], "count": 2})
    wanted = key_of(flipped.components())
    assert key_of(replace(flipped, protocol={"folds": 2, "seed": 1}).components()) != wanted
    other = dataclasses.replace(world.data, ids=world.data.ids + np.uint64(1))
    assert key_of(replace(flipped, data=other).components()) != wanted


def test_views_made_with_training_rows_depend_on_them(world: World) -> None:
    mixed = replace(world, views={"augment": ["mixup"], "count": 2})
    other = replace(mixed, protocol={"folds": 2, "student_rows": 0.7})
    assert key_of(mixed.components()) != key_of(other.components())
    flips = [replace(each, views={"augment": ["flip"], "count": 2}) for each in (mixed, other)]
    assert len({key_of(each.components()) for each in flips}) == 1

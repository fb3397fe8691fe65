"""What the controls are told knows nothing of the row, and comes from no row that they may not learn from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.data.viewer import Viewer
from overproof.data.views import Views
from overproof.plan import Answers, Rows
from overproof.training.answers import Altered, altered
from overproof.training.rows import Table

ROWS, CLASSES = 200, 7
CPU = torch.device("cpu")


def ids(seed: int = 0) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(2**64, size=ROWS, dtype=np.uint64)


def member(fold: int, repeat: int = 0) -> Rows:
    """Rows 0–99 to train on, 100–119 for validation, 120–159 to transfer on, the others to test on; rolled by fold."""
    rows = np.sort(np.roll(np.arange(ROWS), 13 * fold)[:160])
    return Rows(repeat, fold, train=rows[:100], validation=rows[100:120], transfer=rows[120:160])


def made(answers: Answers, members: list[Rows], seed: int = 0, own: NDArray[np.uint64] | None = None) -> Altered:
    found = altered(answers, seed, ids() if own is None else own, members, CPU)
    assert found is not None
    return found


def recorded(members: int) -> Tensor:
    """Logits for every member and row."""
    return torch.randn(members, ROWS, CLASSES, generator=torch.Generator().manual_seed(0))


def everywhere(members: int) -> Tensor:
    return torch.arange(ROWS).repeat(members, 1)


def test_the_teacher_itself_is_not_altered() -> None:
    assert altered("teacher", 0, ids(), [member(0)], CPU) is None


def test_other_rows_are_rows_that_the_member_may_learn_from() -> None:
    members = [member(0), member(1), member(0, repeat=1)]
    others = made("shuffled", members).source(everywhere(3)).numpy()
    for own, of in zip(members, others, strict=True):
        learnt = np.union1d(own.train, own.transfer)
        assert set(of[own.train]) | set(of[own.transfer]) == set(learnt)
        assert len(set(of[learnt])) == len(learnt), "each row's answers are used once"
        assert (of[learnt] != learnt).all(), "no row has its own"
        assert np.isin(of[own.train], own.transfer).any(), "labelled and transfer rows are mixed"
    assert not np.array_equal(others[0], others[2]), "another repeat, another order"


def test_nothing_of_a_validation_or_test_row_reaches_a_member() -> None:
    own = member(1)
    learnt = np.union1d(own.train, own.transfer)
    targets = torch.full((1, ROWS, CLASSES), torch.nan)
    targets[0, learnt] = recorded(1)[0, learnt]
    kinds: list[Answers] = ["random", "shuffled"]
    for answers in kinds:
        table = Table(
            torch.zeros(ROWS, 2),
            torch.zeros(ROWS, dtype=torch.int64),
            targets,
            torch.tensor([0]),
            altered=made(answers, [own]),
        )
        told = table.at(torch.from_numpy(learnt).unsqueeze(0), epoch=0).targets
        assert told is not None
        assert torch.isfinite(told).all()


def test_a_random_teacher_is_as_confident_as_the_teacher() -> None:
    members = [member(0), member(1)]
    told = made("random", members).answer(recorded(2), everywhere(2))
    assert torch.equal(told.sort(dim=-1).values, recorded(2).sort(dim=-1).values)


def test_a_random_teacher_knows_nothing() -> None:
    generator = np.random.default_rng(0)
    own = generator.integers(2**64, size=20_000, dtype=np.uint64)
    random = altered("random", 0, own, [member(0)], CPU)
    assert random is not None
    sure = torch.zeros(1, len(own), CLASSES)
    sure[..., 3] = 1.0
    told = random.answer(sure, torch.arange(len(own)).unsqueeze(0)).argmax(dim=-1)[0]
    shares = torch.bincount(told, minlength=CLASSES) / len(own)
    assert float((shares - 1 / CLASSES).abs().max()) < 5 * np.sqrt(1 / CLASSES / len(own))


def test_the_order_of_the_classes_is_a_rows_own_and_another_in_every_split() -> None:
    same = torch.arange(CLASSES, dtype=torch.float32).expand(2, ROWS, CLASSES)
    told = made("random", [member(0), member(1)]).answer(same, everywhere(2))
    assert len(set(map(tuple, told[0].tolist()))) > ROWS / 2
    assert not torch.equal(told[0], told[1])
    again = made("random", [member(0)]).answer(same[:1], everywhere(1))
    assert torch.equal(again[0], told[0]), "whoever else is in the cohort"
    part = torch.tensor([[5, 3, 150]])
    alone = made("random", [member(0)]).answer(same[:1, :3], part)
    assert torch.equal(alone[0], told[0, part[0]]), "whatever else is in the batch"
    other = made("random", [member(0)], seed=1).answer(same[:1], everywhere(1))
    assert not torch.equal(other[0], told[0])


def test_the_order_of_the_file_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(ROWS)
    place = np.argsort(order)  # of each row in the other file
    here = member(0)
    there = Rows(0, 0, *(np.sort(place[rows]) for rows in (here.train, here.validation, here.transfer)))
    mine, theirs = made("shuffled", [here]), made("shuffled", [there], own=ids()[order])
    source, moved = (each.source(everywhere(1))[0].numpy() for each in (mine, theirs))
    assert np.array_equal(place[source[here.train]], moved[place[here.train]])
    random, reordered = made("random", [here]), made("random", [there], own=ids()[order])
    told = random.answer(recorded(1), everywhere(1))[0]
    assert torch.equal(told[order], reordered.answer(recorded(1)[:, order], everywhere(1))[0])


@pytest.mark.parametrize("answers", ["random", "shuffled"])
def test_every_view_of_a_row_is_answered_alike(answers: Answers) -> None:
    """A shuffled row has the other row's answer to the same view; a random teacher has one order for all views."""
    inputs, own = torch.randn(ROWS, 4), member(0)
    views = Views(("mask",), count=3, seed=0)
    viewer = Viewer.of(views, inputs, ids(), [own.train])
    targets = torch.arange(ROWS * 3, dtype=torch.float32).view(1, -1, 1) * 10 + torch.arange(CLASSES)
    change = made(answers, [own])
    table = Table(inputs, torch.zeros(ROWS, dtype=torch.int64), targets, torch.tensor([0]), viewer, change)
    rows = torch.from_numpy(own.train).unsqueeze(0)
    orders = set()
    for epoch in range(3):
        told = table.at(rows, epoch).targets
        assert told is not None
        items = told[0].min(dim=-1).values / 10
        assert torch.equal(items, (change.source(rows) * 3 + viewer.which(rows, epoch))[0].float())
        orders.add(tuple((told[0] - 10 * items.unsqueeze(1)).flatten().tolist()))
    assert len(orders) == 1

"""What a cohort is shown: each member's own views, whoever else is in the cohort."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from overproof.data.viewer import Viewer
from overproof.data.views import Views

ROWS = 40
IDS = np.arange(100, 100 + ROWS, dtype=np.uint64)
HALVES = [np.arange(0, 20), np.arange(20, 40)]


def viewer(augment: tuple[str, ...], inputs: Tensor, training: list[np.ndarray] | None = None) -> Viewer:
    """Of two members with a half of the rows each."""
    return Viewer.of(Views(augment, count=3, seed=0), inputs, IDS, HALVES if training is None else training)


def table() -> Tensor:
    """Rows whose halves have other scales."""
    rows = torch.randn(ROWS, 5, generator=torch.Generator().manual_seed(0))
    return torch.cat([rows[:20], 100 * rows[20:]])


def images() -> Tensor:
    """Small images."""
    return torch.rand(ROWS, 1, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("augment", "inputs"),
    [
        (("crop", "flip"), images()),
        (("mixup", "cutout"), images()),
        (("noise", "mask"), table()),
        (("mixup",), table()),
    ],
)
def test_members_see_what_they_would_see_alone(augment: tuple[str, ...], inputs: Tensor) -> None:
    rows = torch.stack([torch.tensor([1, 5, 7]), torch.tensor([21, 30, 39])])
    together = viewer(augment, inputs)
    which = together.which(rows, epoch=4)
    shown = together.show(rows, which)
    assert shown.inputs.shape == (2, 3, *inputs.shape[1:])
    for member in range(2):
        alone = viewer(augment, inputs, [HALVES[member]])
        own = alone.show(rows[member : member + 1], alone.which(rows[member : member + 1], epoch=4))
        torch.testing.assert_close(own.inputs[0], shown.inputs[member], rtol=1e-6, atol=1e-6)


def test_view_zero_is_the_row_itself_and_others_are_not() -> None:
    inputs = images()
    shown = viewer(("crop", "flip", "cutout"), inputs).show(
        torch.arange(ROWS).view(2, 20), torch.zeros(2, 20, dtype=torch.int64)
    )
    assert torch.equal(shown.inputs.flatten(0, 1), inputs)
    other = viewer(("crop", "flip", "cutout"), inputs).show(
        torch.arange(ROWS).view(2, 20), torch.ones(2, 20, dtype=torch.int64)
    )
    assert not torch.equal(other.inputs.flatten(0, 1), inputs)


def test_noise_has_the_scale_of_the_members_own_training_rows() -> None:
    inputs = table()
    rows = torch.stack([torch.arange(20)] * 2)  # the same rows, seen by members that learn from other ones
    shown = viewer(("noise",), inputs).show(rows, torch.ones(2, 20, dtype=torch.int64))
    small, large = (shown.inputs - inputs[rows]).abs().mean((1, 2))
    assert 30 < large / small < 300


def test_partners_come_from_the_members_own_training_rows() -> None:
    rows = torch.arange(ROWS).view(2, 20)
    shown = viewer(("mixup",), images()).show(rows, torch.ones(2, 20, dtype=torch.int64))
    assert shown.partners is not None
    assert shown.own is not None
    for member, half in enumerate(HALVES):
        assert set(shown.partners[member].tolist()) <= set(half.tolist())
    assert ((shown.own >= 0.5) & (shown.own <= 1)).all()

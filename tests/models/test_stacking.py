"""The rule that decides between stacked and separate looks at the architecture, never at a clock."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from overproof.errors import StudyError
from overproof.models.architecture import Architecture
from overproof.models.cnn import CNN
from overproof.models.mlp import MLP
from overproof.models.stacking import stacks

CPU = torch.device("cpu")
IMAGES = torch.rand(4, 1, 8, 8)


class Recurrent(nn.Module):
    """A GRU, which does not run under vmap."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.out = nn.GRU(8, 4, batch_first=True), nn.Linear(4, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Each row of the image is a step."""
        found: Tensor = self.out(self.gru(images[:, 0])[0][:, -1])
        return found


class Encoder(nn.Module):
    """A TransformerEncoderLayer, whose dropout masks depend on memory layout."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True)
        self.out = nn.Linear(8, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Each row of the image is a token."""
        found: Tensor = self.out(self.layer(images[:, 0]).mean(1))
        return found


def of(kind: type[nn.Module]) -> Architecture:
    """The architecture of a module without settings."""
    return Architecture(kind.__name__, lambda shape, classes: kind())


@pytest.mark.parametrize(
    ("architecture", "wanted"),
    [
        (Architecture.of("mlp", MLP(width=16, dropout=0.2)), True),
        (Architecture.of("mlp", MLP(width=1024)), False),  # keeps a core busy by itself
        (Architecture.of("cnn", CNN(width=4)), False),  # grouped convolutions are slow on a CPU
        (of(Recurrent), False),
        (of(Encoder), False),
    ],
    ids=str,
)
def test_auto_on_a_cpu(architecture: Architecture, wanted: bool) -> None:
    assert stacks("auto", architecture, IMAGES, 10, CPU) is wanted
    assert stacks("separate", architecture, IMAGES, 10, CPU) is False


def test_convolutions_stack_when_asked() -> None:
    assert stacks("stacked", Architecture.of("cnn", CNN(width=4)), IMAGES, 10, CPU)


@pytest.mark.parametrize("kind", [Recurrent, Encoder])
def test_stacking_the_impossible_is_refused(kind: type[nn.Module]) -> None:
    with pytest.raises(StudyError, match=rf'run.cohorts = "stacked", but {kind.__name__} cannot be stacked'):
        stacks("stacked", of(kind), IMAGES, 10, CPU)


def test_the_rule_leaves_the_generators_alone() -> None:
    before = torch.get_rng_state()
    stacks("auto", Architecture.of("mlp", MLP(width=16, dropout=0.2)), IMAGES, 10, CPU)
    assert torch.equal(torch.get_rng_state(), before)

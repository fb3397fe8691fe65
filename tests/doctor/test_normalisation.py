from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from overproof.doctor.answers import ask
from overproof.doctor.normalisation import normalisation
from tests.doctor.patients import Best, checks, only, plan, rows


@pytest.mark.parametrize(("scale", "says"), [(255.0, "multiplied by 255"), (1 / 255, "divided by 255")])
def test_a_teacher_for_another_scale_is_named(scale: float, says: str) -> None:
    teacher = Best(scale=scale)
    study = plan(teacher=teacher)
    finding = only(normalisation(study, ask(study, teacher, np.arange(400))))
    assert finding.severity == "error"
    assert says in finding.evidence


class ForStandardised(Best):
    """A teacher of standardised rows."""

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.mean, self.deviation = mean, deviation

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs * self.deviation + self.mean)


def test_rows_that_should_have_been_standardised_are_named() -> None:
    inputs, labels = rows()
    raw = 20 * inputs + 100
    teacher = ForStandardised(torch.from_numpy(inputs.mean(0)), torch.from_numpy(inputs.std(0)))
    study = plan(data=(raw, labels), teacher=teacher)
    assert "standardised" in only(normalisation(study, ask(study, teacher, np.arange(400)))).evidence


class Red(nn.Module):
    """Tells dark images from light ones by what it takes for their first channel."""

    def forward(self, images: Tensor) -> Tensor:
        red = images[:, 0].mean((1, 2))
        return torch.stack([0.5 - red, red - 0.5], dim=1) * 20


def test_channels_in_the_other_order_are_named() -> None:
    generator = np.random.default_rng(0)
    images = generator.random((200, 3, 4, 4)).astype(np.float32)
    labels = np.arange(200) % 2
    images[:, 2] = 0.3 * images[:, 2] + 0.6 * labels[:, None, None]
    study = plan(data=(images, labels), teacher=Red(), student="mlp")
    assert "BGR" in only(normalisation(study, ask(study, Red(), np.arange(200)))).evidence


class Strokes(nn.Module):
    """Tells upright strokes from level ones."""

    def forward(self, images: Tensor) -> Tensor:
        upright, level = images.amax(2).mean((1, 2)), images.amax(3).mean((1, 2))
        return torch.stack([level - upright, upright - level], dim=1) * 20


def strokes() -> tuple[np.ndarray, np.ndarray]:
    """Where the label is 0 one column is light, else one row."""
    generator = np.random.default_rng(0)
    images, labels = 0.1 * generator.random((200, 1, 6, 6)), np.arange(200) % 2
    place = generator.integers(6, size=200)
    images[labels == 0, 0, :, place[labels == 0]] += 0.9
    images[labels == 1, 0, place[labels == 1], :] += 0.9
    return images.astype(np.float32), labels


def test_images_that_lie_on_their_side_are_named() -> None:
    images, labels = strokes()
    study = plan(data=(images.swapaxes(2, 3).copy(), labels), teacher=Strokes(), student="mlp")
    assert "rows and columns exchanged" in only(normalisation(study, ask(study, Strokes(), np.arange(200)))).evidence


def test_inverted_images_are_named() -> None:
    generator, labels = np.random.default_rng(0), np.arange(200) % 2
    light = 0.3 * generator.random((200, 1, 4, 4)) + 0.6 * labels[:, None, None, None]
    study = plan(data=((1 - light).astype(np.float32), labels), teacher=Red(), student="mlp")
    assert "inverted" in only(normalisation(study, ask(study, Red(), np.arange(200)))).evidence


def test_the_right_scale_passes() -> None:
    for seed in range(10):
        study = plan(data=rows(seed=seed))
        assert not checks(normalisation(study, ask(study, Best(), np.arange(400))))


def test_a_scale_that_is_better_by_luck_passes() -> None:
    for seed in range(20):
        inputs, labels = rows(24, seed + 100)
        teacher = Best()
        with torch.no_grad():  # nearest means of a few rows: honest, and not very good
            means = torch.stack([torch.from_numpy(inputs[labels == label].mean(0)) for label in range(4)])
            teacher.linear.weight.copy_(means)
            teacher.linear.bias.copy_(-means.square().sum(1) / 2)
        study = plan(data=rows(200, seed), teacher=teacher)
        assert not checks(normalisation(study, ask(study, teacher, np.arange(200))))

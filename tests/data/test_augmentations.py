from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from overproof.data.augmentations import AUGMENTATIONS, Material, cut_out, mixing_partner, mixing_weight
from overproof.data.draws import Draws, row_numbers

ROWS = 8000


def draws_for(name: str, rows: int = ROWS) -> Draws:
    ids = torch.arange(rows)
    return Draws(0, name, row_numbers(0, ids, ids * 0 + 1))


def augmented(name: str, inputs: Tensor, material: Material | None = None) -> Tensor:
    return AUGMENTATIONS[name].apply(inputs, draws_for(name, len(inputs)), material or Material())


def repeated(row: Tensor, rows: int = ROWS) -> Tensor:
    return row.expand(rows, *row.shape)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_shape_and_dtype_are_kept(name: str, dtype: torch.dtype) -> None:
    inputs = torch.rand(4, 2, 3) if AUGMENTATIONS[name].fits(2) else torch.rand(4, 2, 8, 8)
    inputs = inputs.to(dtype)
    result = augmented(name, inputs, Material(mean=MEAN, deviation=DEVIATION, partners=inputs))
    assert (result.shape, result.dtype) == (inputs.shape, dtype)


# Images.


def test_a_window_shows_the_padded_image() -> None:
    images = torch.rand(35, 3, 6, 7)
    top, left = torch.cartesian_prod(torch.arange(5), torch.arange(7)).unbind(1)
    result = cut_out(images, top, left, (2, 3))
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (2, 2), (3, 3)))
    for image, (y, x) in enumerate(zip(top.tolist(), left.tolist(), strict=True)):
        assert np.array_equal(result[image].numpy(), padded[image, :, y : y + 6, x : x + 7])


@pytest.mark.parametrize(("height", "width", "reach"), [(8, 8, (1, 1)), (5, 17, (1, 2)), (32, 24, (4, 3))])
def test_every_offset_of_a_crop_is_as_likely(height: int, width: int, reach: tuple[int, int]) -> None:
    point = torch.zeros(1, height, width)
    point[0, height // 2, width // 2] = 1
    _, _, y, x = augmented("crop", repeated(point)).nonzero().unbind(1)
    assert len(y) == ROWS
    offsets = torch.stack((y - height // 2 + reach[0], x - width // 2 + reach[1]))
    assert bool((offsets >= 0).all())
    counts = np.bincount((offsets[0] * (2 * reach[1] + 1) + offsets[1]).numpy())
    assert len(counts) == (2 * reach[0] + 1) * (2 * reach[1] + 1)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_crop_keeps_pixels_exactly_and_fills_up_with_zeros() -> None:
    image = torch.rand(3, 16, 16) + 1
    for result in augmented("crop", repeated(image, 50)):
        kept = result != 0
        assert bool((kept == kept[:1]).all())  # the same border in all channels
        assert int(kept[0].sum()) >= 14 * 14
        assert set(result[kept].tolist()) <= set(image.flatten().tolist())


def test_half_of_the_images_are_flipped() -> None:
    image = torch.rand(2, 4, 5)
    results = augmented("flip", repeated(image))
    flipped = (results == image.flip(-1)).flatten(1).all(1)
    assert bool((flipped ^ (results == image).flatten(1).all(1)).all())
    assert stats.binomtest(int(flipped.sum()), ROWS, 0.5).pvalue > 1e-4


@pytest.mark.parametrize(("height", "width", "side"), [(8, 8, 2), (28, 28, 7), (3, 5, 1), (12, 20, 3)])
def test_cutout_zeroes_one_square_anywhere(height: int, width: int, side: int) -> None:
    zero = augmented("cutout", torch.ones(ROWS, 2, height, width)) == 0
    assert torch.equal(zero[:, 0], zero[:, 1])
    rows, columns = zero[:, 0].any(2), zero[:, 0].any(1)
    assert torch.equal(zero[:, 0], rows.unsqueeze(2) & columns.unsqueeze(1))  # a rectangle
    for edge in (rows, columns):
        assert int(edge.sum(1).max()) == side
        inside = edge.sum(1) == side
        start = edge[inside].to(torch.int8).argmax(1)
        assert bool((edge[inside].int().diff(dim=1).abs().sum(1) <= 2).all())  # without a gap
        counts = np.bincount(start.numpy())
        assert len(counts) == edge.shape[1] - side + 1
        assert stats.chisquare(counts).pvalue > 1e-4


# Tables and sequences.

MEAN, DEVIATION = torch.tensor([1.0, -2.0, 50.0]), torch.tensor([1.0, 0.0, 20.0])
TABLE = Material(mean=MEAN, deviation=DEVIATION)


def test_noise_has_a_tenth_of_each_features_deviation() -> None:
    rows = repeated(torch.tensor([3.0, 4.0, 5.0]))
    added = augmented("noise", rows, TABLE) - rows
    assert bool((added[:, 1] == 0).all())
    for feature in (0, 2):
        expected = 0.1 * float(DEVIATION[feature])
        assert abs(float(added[:, feature].mean())) < 5 * expected / np.sqrt(ROWS)
        assert float(added[:, feature].std()) == pytest.approx(expected, rel=5 / np.sqrt(2 * ROWS))
    assert abs(float(torch.corrcoef(added[:, ::2].T)[0, 1])) < 5 / np.sqrt(ROWS)


def test_a_tenth_of_the_features_is_hidden_each_on_its_own() -> None:
    rows = repeated(torch.tensor([3.0, 4.0, 5.0]))
    results = augmented("mask", rows, TABLE)
    hidden = results == MEAN
    assert torch.equal(torch.where(hidden, MEAN, rows), results)
    assert stats.binomtest(int(hidden.sum()), 3 * ROWS, 0.1).pvalue > 1e-4
    for feature in range(3):
        assert stats.binomtest(int(hidden[:, feature].sum()), ROWS, 0.1).pvalue > 1e-4
    assert stats.binomtest(int((hidden[:, 0] & hidden[:, 1]).sum()), ROWS, 0.01).pvalue > 1e-4


@pytest.mark.parametrize("name", ["noise", "mask"])
def test_features_may_differ_by_row_and_stand_last_in_sequences(name: str) -> None:
    rows = torch.rand(6, 4, 3)
    own = Material(mean=MEAN.expand(6, 3), deviation=DEVIATION.expand(6, 3))
    assert torch.equal(augmented(name, rows, own), augmented(name, rows, TABLE))
    flat = augmented(name, rows.view(6, 12), Material(mean=MEAN.repeat(4), deviation=DEVIATION.repeat(4)))
    assert torch.equal(augmented(name, rows, TABLE), flat.view(6, 4, 3))
    halves = Material(mean=MEAN * torch.ones(6, 1), deviation=DEVIATION * torch.tensor([[0.0]] * 3 + [[1.0]] * 3))
    if name == "noise":
        assert torch.equal(augmented(name, rows, halves)[:3], rows[:3])
        assert torch.equal(augmented(name, rows, halves)[3:], augmented(name, rows, TABLE)[3:])


# Mixing.


def test_a_mixture_is_the_weighted_sum() -> None:
    rows, partners = torch.zeros(ROWS, 2, 3, 3), torch.ones(ROWS, 2, 3, 3)
    mixed = augmented("mixup", rows, Material(partners=partners))
    weight = mixing_weight(draws_for("mixup"))
    assert torch.equal(mixed, (1 - weight).view(-1, 1, 1, 1).expand_as(mixed))


def test_the_row_dominates_and_its_weight_is_uniform() -> None:
    weight = mixing_weight(draws_for("mixup"))
    assert 0.5 <= float(weight.min()) <= float(weight.max()) <= 1
    assert stats.kstest(2 * weight.numpy() - 1, "uniform").pvalue > 1e-4


def test_every_partner_is_as_likely_and_says_nothing_about_the_weight() -> None:
    partner, weight = mixing_partner(draws_for("mixup"), 10), mixing_weight(draws_for("mixup"))
    assert stats.chisquare(np.bincount(partner.numpy(), minlength=10)).pvalue > 1e-4
    assert abs(np.corrcoef(partner.numpy(), weight.numpy())[0, 1]) < 5 / np.sqrt(ROWS)

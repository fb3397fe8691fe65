from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from overproof.data.augmentations import Material
from overproof.data.views import Views, mixing_pool, view_of
from overproof.errors import StudyError
from overproof.sources.digits import load

ROWS = 40
IDS = torch.from_numpy(np.random.default_rng(0).integers(0, 2**64, ROWS, dtype=np.uint64).view(np.int64))
NUMBERS = torch.arange(ROWS) % 5  # the view of each row; every fifth is view 0
FEATURES = torch.linspace(-1, 1, 13)

#: Augmentations, and the shape of a row to try them on.
CASES = {
    "crop": (("crop",), (3, 9, 8)),
    "flip": (("flip",), (3, 9, 8)),
    "cutout": (("cutout",), (3, 9, 8)),
    "mixup of images": (("mixup",), (1, 8, 8)),
    "all of images": (("mixup", "crop", "flip", "cutout"), (3, 9, 8)),
    "noise": (("noise",), (13,)),
    "mask": (("mask",), (13,)),
    "all of tables": (("noise", "mask", "mixup"), (13,)),
    "all of sequences": (("mixup", "mask", "noise"), (4, 13)),
}
every_case = pytest.mark.parametrize(("augment", "shape"), CASES.values(), ids=CASES)


def rows_of(shape: tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(ROWS, *shape, generator=generator) + 0.5


def material_for(inputs: Tensor, chosen: Tensor | slice = slice(None)) -> Material:
    others = inputs.flip(0).contiguous()
    return Material(mean=FEATURES, deviation=FEATURES.abs(), partners=others[chosen])


def show(views: Views, inputs: Tensor, chosen: Tensor | slice = slice(None)) -> Tensor:
    return views.apply(inputs[chosen], IDS[chosen], NUMBERS[chosen], material_for(inputs, chosen))


# A view is a function of seed, row and number.


@every_case
def test_a_row_looks_the_same_alone_and_in_any_batch(augment: tuple[str, ...], shape: tuple[int, ...]) -> None:
    views, inputs = Views(augment, 5, 0), rows_of(shape)
    together = show(views, inputs)
    for row in range(ROWS):
        assert torch.equal(show(views, inputs, slice(row, row + 1)), together[row : row + 1])
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(2))
    assert torch.equal(show(views, inputs, order), together[order])
    assert torch.equal(show(views, inputs, order[:7]), together[order[:7]])


@every_case
def test_view_0_is_the_row_itself(augment: tuple[str, ...], shape: tuple[int, ...]) -> None:
    inputs = rows_of(shape)
    inputs[0] = -0.0
    inputs[5] = float("nan")
    shown = show(Views(augment, 5, 0), inputs)
    first = NUMBERS == 0
    assert torch.equal(shown[first].view(torch.int32), inputs[first].view(torch.int32))
    assert not torch.equal(shown[~first], inputs[~first])


@every_case
def test_views_and_seeds_differ_and_global_randomness_does_not_matter(
    augment: tuple[str, ...], shape: tuple[int, ...]
) -> None:
    inputs = rows_of(shape)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    shown = show(Views(augment, 5, 0), inputs)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert torch.equal(show(Views(augment, 5, 0), inputs), shown)
    assert torch.equal(show(Views(augment, 9, 0), inputs), shown), "more views leave the others as they were"
    assert not torch.equal(show(Views(augment, 5, 1), inputs), shown)
    another = Views(augment, 9, 0).apply(inputs, IDS, NUMBERS + 4, material_for(inputs))
    assert not torch.equal(another[NUMBERS > 0], shown[NUMBERS > 0])


def test_the_same_image_looks_different_in_most_views() -> None:
    image = torch.from_numpy(load().inputs[:1])
    views = Views(("crop", "flip", "cutout"), 16, 0)
    shown = views.apply(image.expand(16, -1, -1, -1), IDS[:1].expand(16), torch.arange(16))
    assert len({each.numpy().tobytes() for each in shown}) >= 14
    assert torch.equal(shown[0], image[0])


@every_case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_shape_and_dtype_are_kept(augment: tuple[str, ...], shape: tuple[int, ...], dtype: torch.dtype) -> None:
    inputs = rows_of(shape).to(dtype)
    shown = show(Views(augment, 5, 0), inputs)
    assert (shown.shape, shown.dtype, shown.stride()) == (inputs.shape, dtype, inputs.stride())
    torch.testing.assert_close(shown.double(), show(Views(augment, 5, 0), inputs.double()), rtol=1e-2, atol=1e-2)


def test_channels_last_images_stay_so_and_look_the_same() -> None:
    inputs = rows_of((3, 9, 8))
    last = inputs.to(memory_format=torch.channels_last)
    views = Views(("crop", "flip", "cutout", "mixup"), 5, 0)
    shown = show(views, last)
    assert shown.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(shown, show(views, inputs))


@every_case
def test_nothing_waits_for_the_device(augment: tuple[str, ...], shape: tuple[int, ...]) -> None:
    """On the meta device there are no values to wait for: whoever asks for one fails."""
    views, inputs = Views(augment, 5, 0), rows_of(shape).to("meta")
    ids, numbers = IDS.to("meta"), NUMBERS.to("meta")
    features = FEATURES.to("meta")
    shown = views.apply(inputs, ids, numbers, Material(mean=features, deviation=features, partners=inputs))
    assert shown.shape == inputs.shape
    assert views.partners(ids, numbers, torch.arange(9, device="meta")).shape == (ROWS,)
    assert views.own_weight(ids, numbers).shape == (ROWS,)
    assert view_of(0, ids, 3, 5).shape == (ROWS,)


@every_case
def test_inputs_are_left_as_they_were_and_results_are_their_own(
    augment: tuple[str, ...], shape: tuple[int, ...]
) -> None:
    inputs = rows_of(shape)
    shown = show(Views(augment, 5, 0), inputs)
    shown.zero_()
    assert torch.equal(inputs, rows_of(shape))


@every_case
def test_an_empty_batch_stays_empty(augment: tuple[str, ...], shape: tuple[int, ...]) -> None:
    assert len(show(Views(augment, 5, 0), rows_of(shape), slice(0, 0))) == 0


def test_without_augmentation_rows_are_themselves() -> None:
    assert torch.equal(show(Views((), 1, 0), rows_of((13,))), rows_of((13,)))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@every_case
def test_a_gpu_shows_the_same_bits(augment: tuple[str, ...], shape: tuple[int, ...]) -> None:
    views, inputs = Views(augment, 5, 0), rows_of(shape)
    material = material_for(inputs)
    assert material.mean is not None
    assert material.deviation is not None
    assert material.partners is not None
    moved = Material(material.mean.cuda(), material.deviation.cuda(), material.partners.cuda())
    ids, numbers = IDS.cuda(), NUMBERS.cuda()
    assert torch.equal(views.apply(inputs.cuda(), ids, numbers, moved).cpu(), show(views, inputs))
    assert torch.equal(views.own_weight(ids, numbers).cpu(), views.own_weight(IDS, NUMBERS))
    pool = torch.arange(100)
    assert torch.equal(views.partners(ids, numbers, pool.cuda()).cpu(), views.partners(IDS, NUMBERS, pool))
    assert torch.equal(view_of(0, ids, 3, 5).cpu(), view_of(0, IDS, 3, 5))


# What views look like is a decision: these numbers change only together with ALGORITHM.

FROZEN_PIXELS = [[0, 32, 31, 30, 29, 28, 27, 26], [48, 47, 46, 45, 44, 43, 42, 41], [0, 41, 42, 43, 44, 45, 46, 47]]
FROZEN_CELLS = [
    [9.0, -0.032825951, 0.034041528, 0.049899261],
    [-0.0970129, 0.171021268, 0.022473453, -0.03117021],
    [-0.038487386, -0.104662053, 0.038216155, -0.042147245],
]
FROZEN_PARTNERS = [119, 192, 66]
FROZEN_WEIGHTS = [0.57079923, 0.65506935, 0.58029974]
FROZEN_FIRST_VIEWS = [0, 2, 4, 4, 4, 4, 4, 4]


def test_views_are_what_they_have_always_been() -> None:
    images = torch.arange(1.0, 65).view(1, 1, 8, 8).expand(3, -1, -1, -1)
    ids, numbers = torch.tensor([0, 1, -1]), torch.tensor([1, 2, 3])
    shown = Views(("crop", "flip", "cutout"), 4, 0).apply(images, ids, numbers)
    assert shown[:, 0, 4, :].int().tolist() == FROZEN_PIXELS
    table = Views(("noise", "mask"), 4, 0).apply(
        torch.zeros(3, 4), ids, numbers, Material(mean=torch.full((4,), 9.0), deviation=torch.ones(4))
    )
    torch.testing.assert_close(table, torch.tensor(FROZEN_CELLS), rtol=1e-6, atol=1e-7)
    mixed = Views(("mixup",), 4, 0)
    assert mixed.partners(ids, numbers, torch.arange(1000)).tolist() == FROZEN_PARTNERS
    torch.testing.assert_close(mixed.own_weight(ids, numbers), torch.tensor(FROZEN_WEIGHTS))
    assert view_of(0, torch.arange(8), 0, 5).tolist() == FROZEN_FIRST_VIEWS


# Partners.


def test_partners_come_from_the_pool_and_do_not_depend_on_the_batch() -> None:
    views, pool = Views(("mixup",), 5, 0), torch.arange(100, 160)
    together = views.partners(IDS, NUMBERS, pool)
    assert bool(torch.isin(together, pool).all())
    assert len(set(together.tolist())) > ROWS / 3
    alone = [views.partners(IDS[row : row + 1], NUMBERS[row : row + 1], pool) for row in range(ROWS)]
    assert torch.equal(torch.cat(alone), together)


def test_another_order_of_the_file_changes_no_partner() -> None:
    ids = IDS.numpy().view(np.uint64)
    order = np.random.default_rng(3).permutation(ROWS)
    rows = np.arange(0, ROWS, 2)
    moved = np.flatnonzero(np.isin(order, rows))
    views = Views(("mixup",), 5, 0)
    one = ids[views.partners(IDS, NUMBERS, mixing_pool(rows, ids)).numpy()]
    other = ids[order][views.partners(IDS, NUMBERS, mixing_pool(moved, ids[order])).numpy()]
    assert np.array_equal(one, other)


def test_labels_are_mixed_like_inputs() -> None:
    views = Views(("mixup",), 5, 0)
    inputs, partners = torch.zeros(ROWS, 3), torch.ones(ROWS, 3)
    own = views.own_weight(IDS, NUMBERS)
    shown = views.apply(inputs, IDS, NUMBERS, Material(partners=partners))
    assert torch.equal(1 - own, shown[:, 0])
    assert bool((own[NUMBERS == 0] == 1).all())
    assert bool((own[NUMBERS > 0] < 1).all())
    assert torch.equal(Views(("crop",), 5, 0).own_weight(IDS, NUMBERS), torch.ones(ROWS))


@pytest.mark.parametrize(
    ("augment", "mixes", "needs"),
    [((), False, False), (("crop", "flip"), False, False), (("mask",), False, True), (("crop", "mixup"), True, True)],
)
def test_views_say_what_they_need(augment: tuple[str, ...], mixes: bool, needs: bool) -> None:
    assert (Views(augment, 2, 0).mixes, Views(augment, 2, 0).needs_training_rows) == (mixes, needs)


# Which view when.


@given(st.integers(0, 2**63 - 1), st.integers(1, 12), st.integers(0, 10**6))
def test_a_row_shows_all_of_its_views_in_turn(seed: int, count: int, start: int) -> None:
    shown = torch.stack([view_of(seed, IDS, epoch, count) for epoch in range(start, start + count)])
    assert torch.equal(shown.sort(dim=0).values, torch.arange(count).unsqueeze(1).expand(-1, ROWS))
    assert torch.equal(view_of(seed, IDS, start + count, count), shown[0])


def test_rows_begin_with_views_of_their_own() -> None:
    counts = np.bincount(view_of(0, torch.arange(10_000), 0, 4).numpy(), minlength=4)
    assert np.all(np.abs(counts - 2500) < 5 * np.sqrt(10_000 * 0.25 * 0.75))
    assert not torch.equal(view_of(0, IDS, 0, 4), view_of(1, IDS, 0, 4))


def test_a_row_begins_with_the_same_view_in_any_batch() -> None:
    together = view_of(7, IDS, 2, 5)
    assert torch.equal(torch.cat([view_of(7, IDS[row : row + 1], 2, 5) for row in range(ROWS)]), together)


# What is refused, and what is said about it.


@pytest.mark.parametrize(
    ("augment", "count", "sentence"),
    [
        (("corp",), 2, "views.augment has 'corp'; did you mean 'crop'? Known: crop, cutout, flip, mask, mixup, noise"),
        (("crop", "crop"), 2, "views.augment has 'crop' 2 times; name it once"),
        (("crop",), 0, "views.count must be at least 1, got 0"),
    ],
)
def test_impossible_views_are_refused(augment: tuple[str, ...], count: int, sentence: str) -> None:
    with pytest.raises(StudyError) as error:
        Views(augment, count, 0)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("name", "shape", "sentence"),
    [
        (
            "crop",
            (13,),
            "is for images [channels, height, width], but a row has shape (13,); for these rows there are: ",
        ),
        ("flip", (4, 13), "but a row has shape (4, 13); for these rows there are: noise, mask, mixup"),
        ("noise", (1, 8, 8), "is for tables, but a row has shape (1, 8, 8); for these rows there are: crop, flip, cut"),
        ("mask", (1, 8, 8), "'mask', which is for tables"),
    ],
)
def test_what_does_not_fit_the_rows_is_refused(name: str, shape: tuple[int, ...], sentence: str) -> None:
    for refused in (Views((name,), 2, 0).check, lambda _: show(Views((name,), 2, 0), rows_of(shape))):
        with pytest.raises(StudyError) as error:
            refused(shape)
        assert sentence in str(error.value)


@pytest.mark.parametrize("other", [(("flip", "crop"), 4, 0), (("crop",), 4, 0), (("crop", "flip"), 5, 0)])
def test_the_description_tells_views_apart(other: tuple[Any, ...]) -> None:
    views = Views(("crop", "flip"), 4, 0)
    assert json.loads(json.dumps(views.describe())) == views.describe()
    assert Views(*other).describe() != views.describe()
    assert Views(("crop", "flip"), 4, 1).describe() != views.describe()

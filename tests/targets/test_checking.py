from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.errors import StorageError
from overproof.targets.checking import ROWS, check, cosine, sample
from overproof.targets.codecs import Codec, Dense, TopK
from overproof.targets.reading import Targets
from overproof.targets.recording import Recording, fill

Make = Callable[..., Recording]
IDS = np.arange(100, 150, dtype=np.uint64)


def stored(make: Make, outputs: NDArray[np.float32], codec: Codec) -> Targets:
    return Targets(fill(make(codec), lambda start, stop: outputs[start:stop], print), (3,), codec)


@pytest.mark.parametrize("codec", [Dense(), Dense("float16"), TopK(1), TopK(2, "float16")])
def test_a_store_that_says_what_the_teacher_says_passes(
    recording: Make, outputs: NDArray[np.float32], codec: Codec
) -> None:
    targets, rows = stored(recording, outputs, codec), sample(0, IDS)
    assert check(targets, codec, lambda rows: outputs[rows], rows, IDS) >= 0.99999
    near = outputs + 1e-6 * np.random.default_rng(0).standard_normal(outputs.shape).astype(np.float32)
    assert check(targets, codec, lambda rows: near[rows], rows, IDS) >= 0.99999, "other last bits do no harm"


@pytest.mark.parametrize("codec", [Dense(), Dense("float16"), TopK(1), TopK(2, "float16")])
def test_one_row_that_differs_is_named(recording: Make, outputs: NDArray[np.float32], codec: Codec) -> None:
    targets, rows = stored(recording, outputs, codec), sample(0, IDS)
    other = outputs.copy()
    other[rows[5]] = -other[rows[5]]
    with pytest.raises(StorageError, match=f"soft targets of row {IDS[rows[5]]} are not what the teacher says"):
        check(targets, codec, lambda rows: other[rows], rows, IDS)


def test_ties_at_the_edge_of_top_k_do_no_harm(recording: Make) -> None:
    outputs = np.array([[2.0, 2.0, 1.0]] * 50, dtype=np.float32)
    targets = stored(recording, outputs, TopK(1))
    for swing in (-1e-6, 1e-6):
        live = outputs + np.array([swing, 0, 0], dtype=np.float32)
        assert check(targets, TopK(1), live.__getitem__, sample(0, IDS), IDS) >= 0.99999


def test_logits_too_large_for_float16_top_k_are_found(recording: Make) -> None:
    outputs = np.array([[40_000.0, 40_001.0, 39_990.0]] * 50, dtype=np.float32)
    codec = TopK(2, "float16")
    with pytest.raises(StorageError, match=r'use targets\.dtype = "float32"'):
        check(stored(recording, outputs, codec), codec, lambda rows: outputs[rows], sample(0, IDS), IDS)


def test_values_too_far_from_zero_for_float16_are_told_to_use_float32_first(recording: Make) -> None:
    outputs = 20_000 + np.arange(150, dtype=np.float32).reshape(50, 3)
    codec = Dense("float16")
    with pytest.raises(StorageError, match=r'; use targets\.dtype = "float32", and if that does not help run "over'):
        check(stored(recording, outputs, codec), codec, lambda rows: outputs[rows], sample(0, IDS), IDS, values=True)


def test_the_sample_is_a_function_of_seed_and_ids() -> None:
    rows = sample(0, IDS)
    assert len(rows) == ROWS
    assert np.array_equal(rows, sample(0, IDS))
    assert not np.array_equal(rows, sample(1, IDS))
    assert set(IDS[::-1][sample(0, IDS[::-1])]) == set(IDS[rows])
    assert np.array_equal(sample(0, IDS[:5]), np.arange(5))


def test_nothing_is_alike_only_to_nothing() -> None:
    zero, one = np.zeros((1, 2)), np.ones((1, 2))
    assert [float(cosine(*pair)[0]) for pair in ((zero, zero), (zero, one), (one, zero))] == [1, 0, 0]
    assert cosine(one, one)[0] == pytest.approx(1)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from overproof.errors import DataError, StudyError
from overproof.study import SoftTargets
from overproof.targets.codecs import Codec, Dense, TopK, codec


def floats(limit: float) -> st.SearchStrategy[float]:
    return st.floats(-limit, limit, width=32)


def logits(limit: float) -> st.SearchStrategy[NDArray[np.float32]]:
    shape = st.tuples(st.integers(1, 4), st.integers(3, 12))
    return shape.flatmap(lambda s: hnp.arrays(np.float32, s, elements=floats(limit)))


@given(
    hnp.array_shapes(min_dims=2, max_dims=4, max_side=4).flatmap(
        lambda s: hnp.arrays(np.float32, s, elements=floats(2.0**127))
    )
)
def test_dense_float32_gives_back_every_bit_of_any_shape(outputs: NDArray[np.float32]) -> None:
    stored = Dense().encode(outputs)
    assert np.dtype((stored.dtype, stored.shape[1:])) == Dense().stored(outputs.shape[1:])
    read = Dense().decode(stored, outputs.shape[1:])
    assert read.tobytes() == outputs.tobytes()
    assert read.dtype == np.float32


@given(logits(60_000))
def test_dense_float16_rounds_by_one_part_in_2048(outputs: NDArray[np.float32]) -> None:
    read = Dense("float16").decode(Dense("float16").encode(outputs), outputs.shape[1:])
    np.testing.assert_allclose(read, outputs, rtol=2**-11, atol=2**-25)


@pytest.mark.parametrize("one", [Dense("float16"), TopK(2, "float16")])
def test_what_overflows_is_refused_by_row(one: Codec) -> None:
    outputs = np.ones((4, 3), dtype=np.float32)
    outputs[2, 1] = 1e5
    with pytest.raises(DataError) as caught:
        one.encode(outputs, first=100)
    assert str(caught.value) == (
        'the output for row 102 has 100000, too large for float16 (at most 65,504); use targets.dtype = "float32"'
    )


@given(logits(200), st.data(), st.sampled_from(["float32", "float16"]))
def test_top_k_keeps_the_largest_and_the_mass_of_the_rest(
    outputs: NDArray[np.float32], data: st.DataObject, dtype: str
) -> None:
    classes = outputs.shape[1]
    one = TopK(data.draw(st.integers(1, classes - 1)), dtype)  # type: ignore[arg-type]
    stored = one.encode(outputs)
    read = one.decode(stored, (classes,))
    assert stored.dtype == one.stored((classes,))
    assert np.isfinite(read).all()
    kept = stored["index"].astype(np.int64)
    others = np.ones(outputs.shape, dtype=bool)
    np.put_along_axis(others, kept, False, axis=1)
    for row in range(len(outputs)):
        assert outputs[row, kept[row]].min() >= outputs[row, others[row]].max()
        assert len(set(read[row, others[row]])) == 1, "the others share the mass equally"
    rounding = 0.0 if dtype == "float32" else 2**-11
    tolerance = 1e-5 + 2 * rounding * np.abs(outputs).max()
    given_mass = np.where(others, softmax(outputs.astype(np.float64), axis=1), 0).sum(axis=1)
    read_mass = np.where(others, softmax(read.astype(np.float64), axis=1), 0).sum(axis=1)
    np.testing.assert_allclose(read_mass, given_mass, atol=tolerance)
    np.testing.assert_allclose(
        np.take_along_axis(read, kept, 1), np.take_along_axis(outputs, kept, 1), rtol=2**-11, atol=1e-6
    )


def divergence(teacher: NDArray[np.float32], student: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    log_p, log_q = (log_softmax(each.astype(np.float64) / temperature, axis=1) for each in (teacher, student))
    return temperature**2 * (np.exp(log_p) * (log_p - log_q)).sum(axis=1)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("temperature", "k"), [(1.0, 20), (2.0, 70)])
def test_the_loss_from_top_k_is_close_to_the_dense_one(temperature: float, k: int) -> None:
    # a hotter teacher is flatter, and so takes more classes
    draw = np.random.default_rng(0)
    teacher = 2.5 * draw.standard_normal((200, 100)).astype(np.float32)
    student = draw.standard_normal((200, 100)).astype(np.float32)
    one = TopK(k, "float16")
    dense = divergence(teacher, student, temperature).mean()
    near = divergence(one.decode(one.encode(teacher), (100,)), student, temperature).mean()
    only = TopK(1, "float16")
    far = divergence(only.decode(only.encode(teacher), (100,)), student, temperature).mean()
    assert abs(near - dense) < 0.1 * dense
    assert abs(near - dense) < abs(far - dense), "more classes, closer"


def test_index_types_fit_the_classes() -> None:
    assert TopK(3).stored((1 << 16,))["index"].base == np.dtype("<u2")
    assert TopK(3).stored(((1 << 16) + 1,))["index"].base == np.dtype("<u4")
    outputs = np.zeros((1, 70_000), dtype=np.float32)
    outputs[0, 69_999] = 9
    assert TopK(1).decode(TopK(1).encode(outputs), (70_000,)).argmax() == 69_999


def test_top_k_is_smaller() -> None:
    assert TopK(20, "float16").stored((1_000,)).itemsize == 84
    assert Dense().stored((1_000,)).itemsize == 4_000
    assert Dense("float16").stored((8, 4, 4)).itemsize == 256


def test_the_study_chooses() -> None:
    assert codec(SoftTargets(), (4, 5)) == Dense("float32")
    assert codec(SoftTargets(codec="topk", k=3, dtype="float16"), (4,)) == TopK(3, "float16")
    with pytest.raises(StudyError, match=r"targets.k = 4, but there are 4 classes"):
        codec(SoftTargets(codec="topk", k=4), (4,))
    with pytest.raises(StudyError, match=r'targets.codec = "topk" is for class logits, .* shape \(4, 5\)'):
        codec(SoftTargets(codec="topk", k=1), (4, 5))

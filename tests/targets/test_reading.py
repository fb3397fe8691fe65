from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overproof.errors import StorageError
from overproof.targets.codecs import Codec, Dense, TopK
from overproof.targets.reading import Targets
from overproof.targets.recording import Recording, fill

Make = Callable[..., Recording]


@pytest.fixture
def targets(recording: Make, outputs: NDArray[np.float32]) -> Targets:
    return Targets(fill(recording(), lambda start, stop: outputs[start:stop], print), (3,), Dense())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(positions=st.lists(st.integers(0, 49), max_size=80))
def test_any_rows_in_any_order(targets: Targets, outputs: NDArray[np.float32], positions: list[int]) -> None:
    rows = np.array(positions, dtype=np.int64)
    assert np.array_equal(targets.at(rows), outputs[rows])


@pytest.mark.parametrize("codec", [Dense("float16"), TopK(1), TopK(2, "float16")])
def test_rows_read_singly_are_the_rows_read_together(
    recording: Make, outputs: NDArray[np.float32], codec: Codec
) -> None:
    targets = Targets(fill(recording(codec), lambda start, stop: outputs[start:stop], print), (3,), codec)
    rows = np.random.default_rng(1).permutation(50)
    assert np.array_equal(targets.at(rows), targets.whole()[rows])
    assert targets.at(rows).dtype == np.float32


def test_what_it_is(targets: Targets) -> None:
    assert (len(targets), targets.shape, targets.nbytes) == (50, (3,), 600)
    assert targets.whole().nbytes == targets.nbytes


def test_maps_of_features(outputs: NDArray[np.float32]) -> None:
    features = np.arange(50 * 24, dtype=np.float32).reshape(50, 2, 3, 4)
    recording = Recording("one", {"of": "maps"}, 50, (2, 3, 4), Dense("float16"), 8, 4)
    entry = fill(recording, lambda start, stop: features[start:stop], print)
    targets = Targets(entry, (2, 3, 4), Dense("float16"))
    assert np.array_equal(targets.whole(), features)
    assert np.array_equal(targets.at(np.array([49, 0])), features[[49, 0]])


@pytest.mark.parametrize("positions", [[50], [-1], [3, 99]])
def test_rows_that_are_not_there_are_refused(targets: Targets, positions: list[int]) -> None:
    with pytest.raises(IndexError, match="the store has 50 rows"):
        targets.at(np.array(positions))


def test_what_was_opened_stays_readable_and_cannot_be_changed(
    targets: Targets, outputs: NDArray[np.float32], recording: Make
) -> None:
    assert not any(shard.flags.writeable for shard in targets._maps)
    shutil.rmtree(recording().entry.folder)
    assert np.array_equal(targets.whole(), outputs)


def test_an_entry_of_another_type_is_refused(targets: Targets, recording: Make) -> None:
    with pytest.raises(StorageError, match="holds rows of another type"):
        Targets(recording().entry, (3,), Dense("float16"))
    with pytest.raises(StorageError, match="holds rows of another type"):
        Targets(recording().entry, (4,), Dense())


def test_an_entry_that_is_gone_says_what_to_do(recording: Make) -> None:
    with pytest.raises(StorageError, match=r"manifest\.json cannot be read"):
        Targets(recording().entry, (3,), Dense())

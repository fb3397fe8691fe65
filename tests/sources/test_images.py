from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("PIL")

from PIL import Image

from overproof.data.dataset import UNLABELLED, Dataset, from_arrays
from overproof.errors import DataError, OverproofError, StudyError
from overproof.sources import idx, images, mapped
from overproof.study import Data
from tests.sources.image_files import encoded, folder, noise


def load(root: Path, labelled: bool = True, channels: int | None = None, **keys: Any) -> Dataset:
    return images.load(root, Data(source=str(root), **keys), labelled, channels)


def pets(root: Path, count: int = 6) -> Path:
    names = ("cat", "dog", "007")
    return folder(
        root / "pets",
        {f"{names[row % 3]}/{row}.png": encoded(Image.fromarray(noise(seed=row))) for row in range(count)},
    )


def test_a_folder_per_class(tmp_path: Path) -> None:
    data = load(pets(tmp_path))
    assert data.name == "pets"
    assert data.classes == ("007", "cat", "dog")
    assert data.keys == ("007/2.png", "007/5.png", "cat/0.png", "cat/3.png", "dog/1.png", "dog/4.png")
    assert data.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.task == "multiclass"
    assert data.columns is None
    expected = np.stack([noise(seed=row) for row in (2, 5, 0, 3, 1, 4)]).transpose(0, 3, 1, 2) / np.float32(255)
    assert np.array_equal(data.inputs, expected)


def test_two_folders_are_a_binary_task(tmp_path: Path) -> None:
    root = folder(tmp_path, {f"{name}/a.png": encoded(Image.fromarray(noise(seed=3))) for name in ("no", "yes")})
    assert load(root).task == "binary"


def test_fashion_mnist_from_a_folder_is_fashion_mnist(fashion_mnist: Path, tmp_path: Path) -> None:
    every = idx.read(fashion_mnist / "t10k-images-idx3-ubyte.gz")
    numbers = idx.read(fashion_mnist / "t10k-labels-idx1-ubyte.gz")
    rows = np.arange(300)
    root = folder(
        tmp_path / "clothes",
        {f"{numbers[row]}/{row:05}.png": encoded(Image.fromarray(every[row])) for row in rows},
    )
    data = load(root)
    assert data.keys is not None
    order = [int(Path(key).stem) for key in data.keys]
    expected = from_arrays(every[:300], numbers[:300], "clothes").subset(order)
    assert sorted(order) == rows.tolist()
    assert data.inputs.tobytes() == expected.inputs.tobytes()
    assert data.inputs.shape == expected.inputs.shape
    assert data.labels.tolist() == expected.labels.tolist()
    assert data.ids.tolist() == expected.ids.tolist()
    assert (data.classes, data.task, data.name) == (expected.classes, expected.task, expected.name)


def test_rows_without_labels_may_lie_anywhere(tmp_path: Path) -> None:
    root = pets(tmp_path)
    folder(root, {"extra.png": encoded(Image.fromarray(noise(seed=9)))})
    data = load(root, labelled=False)
    assert data.keys is not None
    assert data.keys[-1] == "extra.png"
    assert data.labels.tolist() == [-1] * 7
    assert data.part.tolist() == [UNLABELLED] * 7
    assert len(set(data.ids.tolist())) == 7
    grey = folder(tmp_path / "grey", {"a.png": encoded(Image.fromarray(noise(channels=1)))})
    assert load(grey, labelled=False).shape == (1, 5, 7)
    assert load(grey, labelled=False, channels=3).shape == (3, 5, 7)


def test_sizes_that_differ_need_a_size(tmp_path: Path) -> None:
    root = folder(pets(tmp_path), {"dog/tall.png": encoded(Image.fromarray(noise(9, 4)))})
    with pytest.raises(DataError) as caught:
        load(root)
    assert str(caught.value) == (
        f"folder {root} has images of 2 sizes (height × width: 5 × 7 in 6, 9 × 4 in 1; the first that differs is "
        f"{root / 'dog' / 'tall.png'}); set data.size = [height, width], for example [5, 7]"
    )
    assert load(root, size=[4, 3]).shape == (3, 4, 3)


def test_what_is_lost_is_a_note_that_names_the_file(tmp_path: Path) -> None:
    root = folder(pets(tmp_path), {"dog/z.png": encoded(Image.fromarray(noise()).convert("RGBA"))})
    (note,) = load(root).notes
    assert "1 of 7 images may be transparent and are laid on white" in note
    assert str(root / "dog" / "z.png") in note
    assert load(pets(tmp_path / "other")).notes == ()


@pytest.mark.parametrize("key", ["target", "text", "groups", "time", "id"])
def test_what_speaks_of_columns_has_no_use(tmp_path: Path, key: str) -> None:
    with pytest.raises(StudyError, match=rf"^data\.{key} has no use with the folder of images .*pets"):
        load(pets(tmp_path), True, None, **{key: "label"})


def test_what_is_recognised(tmp_path: Path) -> None:
    root = pets(tmp_path)
    assert images.recognises(root, Data(source=str(root)))
    assert not images.recognises(root / "cat" / "0.png", Data(source="a"))
    assert not images.recognises(root / "nothing", Data(source="a"))


def test_a_set_beyond_memory_is_mapped_and_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = pets(tmp_path)
    inside = load(root)
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 100)
    outside = load(root)
    assert isinstance(outside.inputs, np.memmap)
    assert outside.digest == inside.digest
    assert outside.subset([1, 4]).digest == inside.subset([1, 4]).digest


GOOD = encoded(Image.fromarray(noise()))
WRONG: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b"<!DOCTYPE html>", "is not a known image (starts with '<!DOC')"),
    (GOOD[:-60], f"is truncated (the image goes on where its {len(GOOD) - 60} bytes end)"),
    (
        encoded(Image.new("1", (20_000, 20_000))),
        "claims 400,000,000 pixels; refused, as that is beyond 64,000,000; save a smaller copy of it",
    ),
]


@pytest.mark.parametrize(("data", "message"), WRONG, ids=[text for _, text in WRONG])
def test_a_wrong_file_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    root = folder(pets(tmp_path), {"dog/z.png": data})
    with pytest.raises(DataError) as caught:
        load(root)
    assert str(caught.value) == f"{root / 'dog' / 'z.png'} {message}"


def test_the_ending_does_not_decide_what_an_image_is(tmp_path: Path) -> None:
    root = folder(pets(tmp_path), {"dog/z.png": encoded(Image.fromarray(noise()), "JPEG")})
    assert len(load(root)) == 7


@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_end_in_one_sentence(tmp_path: Path, data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    root = folder(pets(tmp_path), {"dog/z.png": bytes(damaged[: data.draw(st.integers(0, len(damaged)))])})
    try:
        load(root)
    except OverproofError as error:
        message = str(error)
        if "\n" in message or "z.png" not in message:
            raise AssertionError(message) from error

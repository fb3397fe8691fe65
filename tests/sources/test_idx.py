from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.data.dataset import Dataset
from overproof.errors import DataError, MissingInputError, StudyError
from overproof.sources import idx
from overproof.study import Data


def loaded(path: Path, target: str | None = None) -> Dataset:
    return idx.load(path, Data(source=str(path), target=target))


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
LABELS = np.array([1, 0], dtype=np.uint8)
CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def written(array: NDArray[Any]) -> bytes:
    kind = array.dtype.str[1:]
    header = bytes((0, 0, CODES[kind], array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(f">{kind}").tobytes()


def _folder(root: Path, images: bytes, labels: bytes, suffix: str = "") -> Path:
    folder = root / "clothes"
    folder.mkdir()
    (folder / f"train-images-idx3-ubyte{suffix}").write_bytes(images)
    (folder / f"train-labels-idx1-ubyte{suffix}").write_bytes(labels)
    return folder


def test_a_folder_plain_or_packed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    one = loaded(_folder(plain, written(IMAGES), written(LABELS)))
    other = loaded(_folder(packed, gzip.compress(written(IMAGES)), gzip.compress(written(LABELS)), ".gz"))
    assert one.digest == other.digest
    assert one.name == "clothes"
    assert np.array_equal(one.inputs[:, 0], IMAGES / np.float32(255))
    assert one.labels.tolist() == [1, 0]


@pytest.mark.parametrize("packed", [False, True])
def test_an_images_file_finds_its_labels(tmp_path: Path, packed: bool) -> None:
    folder = _folder(tmp_path, written(IMAGES), written(LABELS))
    labels = folder / "train-labels-idx1-ubyte"
    if packed:
        labels.rename(labels.with_name(labels.name + ".gz"))
    assert len(loaded(folder / "train-images-idx3-ubyte")) == 2


def test_the_target_names_the_labels_file(tmp_path: Path) -> None:
    folder = _folder(tmp_path, written(IMAGES), written(LABELS))
    (folder / "fine").write_bytes(written(np.array([7, 8], dtype=np.uint8)))
    assert loaded(folder / "train-images-idx3-ubyte", "fine").classes == ("7", "8")


@pytest.mark.parametrize("kind", list(CODES))
def test_every_type_is_read(tmp_path: Path, kind: str) -> None:
    array = np.arange(6).reshape(3, 2).astype(kind)
    path = tmp_path / "values-idx2"
    path.write_bytes(written(array))
    assert np.array_equal(idx.read(path), array)


def test_the_real_fashion_mnist(fashion_mnist: Path) -> None:
    train = loaded(fashion_mnist)
    assert train.name == "fashion-mnist"
    assert train.inputs.shape == (60_000, 1, 28, 28)
    assert (float(train.inputs.min()), float(train.inputs.max())) == (0.0, 1.0)
    assert np.bincount(train.labels).tolist() == [6000] * 10
    assert train.labels[:5].tolist() == [9, 0, 0, 3, 0]
    assert float(train.inputs.mean()) == pytest.approx(0.2860, abs=5e-5)  # the figure everybody normalises with
    test = loaded(fashion_mnist / "t10k-images-idx3-ubyte.gz")
    assert np.bincount(test.labels).tolist() == [1000] * 10


GOOD = written(IMAGES)
DAMAGED: list[tuple[bytes, str]] = [
    (b"", "is not an IDX file (is empty)"),
    (b"\0\0\x08", "is not an IDX file (starts with 00 00 08)"),
    (b"<!DOCTYPE html>", "is not an IDX file (starts with 3c 21 44 4f)"),
    (b"\0\0\x07\x01\0\0\0\0", "is not an IDX file (starts with 00 00 07 01)"),
    (b"\0\0\x08\0", "is not an IDX file (starts with 00 00 08 00)"),
    (GOOD[:9], "is truncated: its header claims 12 bytes of values, 5 are there"),
    (GOOD[:-1], "is truncated: its header claims 24 bytes of values, 23 are there"),
    (GOOD + b"\0", "is too long: its header claims 24 bytes of values, more are there"),
    (
        gzip.compress(GOOD, mtime=0)[:-9],
        "cannot be read as an IDX file (Compressed file ended before the end-of-stream marker was reached)",
    ),
    (gzip.compress(GOOD[:-1], mtime=0), "is truncated: its header claims 24 bytes of values, 23 are there"),
    (gzip.compress(GOOD + bytes(10**6), mtime=0), "is too long: its header claims 24 bytes of values, more are there"),
    (b"\x1f\x8b" + b"x" * 30, "cannot be read as an IDX file (Unknown compression method)"),
]


@pytest.mark.parametrize(("data", "message"), DAMAGED, ids=[message[:40] for _, message in DAMAGED])
def test_damaged_files_and_their_messages(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        idx.read(path)
    assert str(caught.value) == f"{path} {message}"


def test_a_packed_file_whose_checksum_is_wrong_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(GOOD))
    packed[-5] ^= 1
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(packed)
    with pytest.raises(DataError, match="CRC check failed"):
        idx.read(path)


def test_a_bomb_is_refused_before_it_is_decompressed(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 3000, 1000, 1000) + bytes(2**22)))
    with pytest.raises(DataError, match=r"claims 3,000,000,000 bytes out of [\d,]+ stored; refused"):
        idx.read(path)


def test_memory_follows_what_is_there_and_not_what_is_claimed(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 1000, 1000, 1000) + b"few"))
    tracemalloc.start()
    with pytest.raises(DataError, match="is truncated: its header claims 1,000,000,000 bytes of values, 3 are there"):
        idx.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**25


def test_images_and_labels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, written(IMAGES), written(np.array([0, 1, 2], dtype=np.uint8)))
    with pytest.raises(DataError) as caught:
        loaded(folder)
    images, labels = folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte"
    assert str(caught.value) == f"{images} has 2 rows, {labels} has 3; every row needs one label"


def test_files_that_are_missing(tmp_path: Path) -> None:
    folder = _folder(tmp_path, written(IMAGES), written(LABELS))
    (folder / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(MissingInputError) as caught:
        loaded(folder)
    assert str(caught.value) == (
        f"{folder / 'train-images-idx3-ubyte'} has no labels file beside it; expected train-labels-idx1-ubyte, or "
        "data.target naming one"
    )
    with pytest.raises(MissingInputError, match=r"^data.target: nothing does not exist"):
        loaded(folder, "nothing")
    with pytest.raises(MissingInputError, match=r"^data.source: .*other-images-idx3-ubyte does not exist"):
        loaded(folder / "other-images-idx3-ubyte")


def test_labels_that_can_only_be_guessed_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "pictures-idx3"
    path.write_bytes(GOOD)
    with pytest.raises(
        StudyError, match=r"^data.target must name the labels file of .*pictures-idx3; its name does not"
    ):
        loaded(path)

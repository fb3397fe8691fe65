from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.data.dataset import Dataset
from overproof.errors import DataError, MissingInputError, OverproofError, StudyError, UnsafeError
from overproof.sources import npy
from overproof.study import Data


def loaded(path: Path, target: str | None = None) -> Dataset:
    return npy.load(path, Data(source=str(path), target=target))


INPUTS = np.arange(12, dtype=np.float64).reshape(4, 3)
LABELS = np.array(["b", "a", "b", "a"])


def saved(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def archived(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.canary),)


@pytest.mark.parametrize(
    ("inputs", "labels"), [("inputs", "labels"), ("X", "y"), ("inputs", "y"), ("x_train", "y_train")]
)
def test_a_folder_with_a_pair(tmp_path: Path, inputs: str, labels: str) -> None:
    np.save(tmp_path / f"{inputs}.npy", INPUTS)
    np.save(tmp_path / f"{labels}.npy", LABELS)
    data = loaded(tmp_path)
    assert np.array_equal(data.inputs, INPUTS)
    assert data.classes == ("a", "b")
    assert loaded(tmp_path / f"{inputs}.npy").digest == data.digest
    assert loaded(tmp_path / f"{inputs}.npy", f"{labels}.npy").digest == data.digest


@pytest.mark.parametrize(("inputs", "labels"), [("X", "y"), ("inputs", "labels"), ("x", "y"), ("x_train", "y_train")])
def test_an_archive_with_a_pair(tmp_path: Path, inputs: str, labels: str) -> None:
    path = tmp_path / "irises.npz"
    path.write_bytes(archived(**{inputs: INPUTS, labels: LABELS, "x_test": INPUTS[:1], "y_test": LABELS[:1]}))
    data = loaded(path)
    assert data.name == "irises"
    assert len(data) == 4


def test_the_target_names_an_array_of_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "irises.npz"
    np.savez(path, X=INPUTS, y=LABELS, fine=[1, 2, 3, 4])
    assert loaded(path, "fine").classes == ("1", "2", "3", "4")
    np.savez(path, petals=INPUTS, species=LABELS)
    assert loaded(path, "species").classes == ("a", "b")


def test_memory_order_and_byte_order_do_not_matter(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", X=INPUTS, y=LABELS)
    np.savez(tmp_path / "other.npz", X=np.asfortranarray(INPUTS.astype(">f8")), y=LABELS.astype(">U3"))
    assert loaded(tmp_path / "one.npz", None).digest == loaded(tmp_path / "other.npz").digest


def test_a_file_that_python_2_wrote_is_read_without_a_remark() -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 1L), }\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + np.array([1.0, 2.0], dtype="<f8").tobytes()
    assert npy.read(data, "X.npy").tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize("archive", [False, True])
def test_python_objects_are_refused_and_never_run(tmp_path: Path, archive: bool) -> None:
    trapped = np.array([Trap(tmp_path / "canary")], dtype=object)
    if archive:
        path = tmp_path / "x.npz"
        path.write_bytes(archived(X=INPUTS, y=trapped))
        called = f"{path} array 'y'"
    else:
        path = tmp_path / "X.npy"
        path.write_bytes(saved(trapped))
        np.save(tmp_path / "y.npy", LABELS)
        called = str(path)
    with pytest.raises(UnsafeError) as caught:
        loaded(path)
    assert str(caught.value) == f"{called} stores Python objects; refused because loading it could run code"
    assert not (tmp_path / "canary").exists()
    np.load(io.BytesIO(saved(trapped)), allow_pickle=True)
    assert (tmp_path / "canary").exists()  # the trap works where numpy is allowed to fall into it


def test_a_bare_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    body = saved(np.array([Trap(tmp_path / "canary")], dtype=object))
    (tmp_path / "X.npy").write_bytes(body[body.index(b"\n") + 1 :])  # what follows the header
    np.save(tmp_path / "y.npy", LABELS)
    with pytest.raises(DataError, match=r"cannot be read as an NPY array \(the magic string is not correct"):
        loaded(tmp_path)
    assert not (tmp_path / "canary").exists()


def _claiming(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue() + bytes(16)


GOOD = saved(INPUTS)
DAMAGED: list[tuple[bytes, str]] = [
    (b"", "cannot be read as an NPY array (EOF: reading magic string, expected 8 bytes got 0)"),
    (GOOD[:40], "cannot be read as an NPY array (EOF: reading array header, expected 118 bytes got 30)"),
    (GOOD[:-1], "is truncated: its header claims 96 bytes of values, 95 are there"),
    (GOOD + GOOD, "is too long: its header claims 96 bytes of values, more are there"),
    (_claiming((2**60,)), "is truncated: its header claims 9,223,372,036,854,775,808 bytes of values, 16 are there"),
    (_claiming((-2,)), "is too long: its header claims -16 bytes of values, more are there"),
    (GOOD[:6] + b"\x03" + GOOD[7:], "has NPY version 3.0; 1.0 and 2.0 can be read"),
]


@pytest.mark.parametrize(("data", "message"), DAMAGED, ids=[message[:40] for _, message in DAMAGED])
def test_damaged_arrays_and_their_messages(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        npy.read(data, "X.npy")
    assert str(caught.value) == f"X.npy {message}"


ARCHIVES: list[tuple[bytes, str | None, OverproofError]] = [
    (b"PK", None, DataError("a.npz cannot be read as an NPZ archive (File is not a zip file)")),
    (
        archived(X=INPUTS, y=LABELS)[:-30],
        None,
        DataError("a.npz cannot be read as an NPZ archive (File is not a zip file)"),
    ),
    (
        archived(features=INPUTS, y=LABELS),
        None,
        DataError(
            "a.npz has no array with a known name for inputs (inputs, X, x, X_train, x_train); it holds features, y"
        ),
    ),
    (
        archived(X=INPUTS, species=LABELS),
        None,
        DataError(
            "a.npz has no array with a known name for labels (labels, y, y_train, or data.target); it holds X, species"
        ),
    ),
    (
        archived(),
        None,
        DataError("a.npz has no array with a known name for inputs (inputs, X, x, X_train, x_train); it holds none"),
    ),
    (
        archived(X=INPUTS, species=LABELS),
        "specie",
        StudyError("data.target: a.npz has no array 'specie'; did you mean 'species'? Known: X, species"),
    ),
    (
        archived(X=INPUTS, y=LABELS[:3]),
        None,
        DataError("a.npz array 'X' has 4 rows, a.npz array 'y' has 3; every row needs one label"),
    ),
    (
        archived(X=INPUTS * np.nan, y=LABELS),
        None,
        DataError("a.npz array 'X' row 0 column 0 is NaN (12 such values)"),
    ),
]


@pytest.mark.parametrize(("data", "target", "expected"), ARCHIVES, ids=[str(error)[:50] for *_, error in ARCHIVES])
def test_bad_archives_and_their_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, target: str | None, expected: OverproofError
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("a.npz")
    path.write_bytes(data)
    with pytest.raises(type(expected)) as caught:
        loaded(path, target)
    assert str(caught.value) == str(expected)


def test_a_flipped_bit_in_an_archive_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, X=INPUTS, y=LABELS)
    data = bytearray(path.read_bytes())
    data[data.index(INPUTS[1].tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="Bad CRC-32"):
        loaded(path)


def test_a_bomb_is_refused_before_it_is_decompressed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    data = bytearray(archived(X=INPUTS, y=LABELS))
    entry = data.index(b"PK\x01\x02")  # the first entry of the central directory
    data[entry + 24 : entry + 28] = struct.pack("<I", 2**31)  # what it claims to expand to
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"array 'X' claims 2,147,483,648 bytes out of [\d,]+ stored; refused"):
        loaded(path)


def test_a_method_of_compression_that_needs_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("X.npy", GOOD)
        archive.writestr("y.npy", saved(LABELS))
    with pytest.raises(DataError, match=r"is compressed in an unusual way; write it with numpy.savez or"):
        loaded(path)


def test_files_that_are_missing(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", INPUTS)
    with pytest.raises(MissingInputError) as caught:
        loaded(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'X.npy'} has no labels beside it; expected labels.npy or y.npy, or data.target naming a file"
    )
    with pytest.raises(MissingInputError, match=r"^data.target: fine.npy does not exist"):
        loaded(tmp_path, "fine.npy")
    with pytest.raises(MissingInputError, match=r"^data.source: .*b.npz does not exist"):
        loaded(tmp_path / "b.npz")


def _with(path: Path, **arrays: Any) -> Path:
    path.write_bytes(archived(X=INPUTS, y=LABELS, **arrays))
    return path


def test_an_archive_knows_groups_times_and_ids(tmp_path: Path) -> None:
    moments = np.array(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"], dtype="datetime64[D]")
    path = _with(tmp_path / "a.npz", groups=["p", "q", "p", "q"], times=moments, ids=[7, 8, 9, 10])
    data = loaded(path)
    assert data.groups is not None
    assert data.groups[0] == data.groups[2] != data.groups[1]
    assert data.times is not None
    assert (data.times - data.times[0]).tolist() == [0, 86400, 2 * 86400, 3 * 86400]
    assert data.keys == ("7", "8", "9", "10")
    named = npy.load(path, Data(source="a", groups="ids"))
    assert named.groups is not None
    assert len(set(named.groups.tolist())) == 4


def test_several_arrays_are_several_labels(tmp_path: Path) -> None:
    path = _with(tmp_path / "a.npz", u=[0.5, 1.5, 2.5, 3.5], v=[1, 2, 3, 4])
    data = npy.load(path, Data(source="a", target=["v", "u"]))
    assert (data.task, data.classes) == ("regression", ("v", "u"))
    assert data.labels.tolist() == [[1, 0.5], [2, 1.5], [3, 2.5], [4, 3.5]]


def test_rows_without_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=INPUTS)
    np.save(tmp_path / "X.npy", INPUTS)
    for name in ("a.npz", "X.npy", "."):
        data = npy.load(tmp_path / name, Data(source="a", target="species"), labelled=False)
        assert data.labels.tolist() == [-1] * 4
        assert np.array_equal(data.inputs, INPUTS)


@pytest.mark.parametrize(
    ("arrays", "keys", "kind", "message"),
    [
        ({"groups": ["p"]}, {}, DataError, "a.npz groups has shape (1,), expected (4,): one for every row"),
        (
            {"who": [1, 2, 3, 4]},
            {"groups": "whom"},
            StudyError,
            "data.groups: a.npz has no array 'whom'; did you mean 'who'?",
        ),
        ({"ids": ["p", "p", "q", "r"]}, {}, DataError, "a.npz id (data.id) has 'p' twice (rows 0, 1); every row needs"),
        ({"times": [1, np.nan, 2, 3]}, {}, DataError, "a.npz time (data.time) is empty in row 1; every row needs one"),
        (
            {"u": [[1, 2]] * 4},
            {"target": ["u", "y"]},
            DataError,
            "a.npz has targets of the shapes (4, 2), (4,); several",
        ),
        ({}, {"target": ["y", "z"]}, StudyError, "data.target: a.npz has no array 'z'; known: X, y"),
    ],
)
def test_arrays_beside_that_do_not_fit(
    tmp_path: Path, arrays: dict[str, Any], keys: dict[str, Any], kind: type[OverproofError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        npy.load(_with(tmp_path / "a.npz", **arrays), Data.model_validate({"source": "a", **keys}))
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(message)

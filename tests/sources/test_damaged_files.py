"""Whatever the bytes of a file are, reading it succeeds or ends in one sentence."""

from __future__ import annotations

import functools
import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from overproof.errors import OverproofError
from overproof.sources.catalogue import load
from overproof.study import Data

INPUTS, LABELS = np.arange(12.0).reshape(4, 3), np.array(["b", "a", "b", "a"])


def _saved(array: np.ndarray[tuple[int, ...], np.dtype[np.float64 | np.str_]]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _archived() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, X=INPUTS, y=LABELS)
    return stream.getvalue()


def _headed(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1", "replace")


@st.composite
def mutations(draw: st.DrawFn, good: bytes) -> bytes:
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["set", "cut", "insert"])):
            case "set" if data:
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at:]
            case _:
                data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)


IDX = b"\0\0\x08\x02" + struct.pack(">2I", 4, 3) + bytes(range(12))
NPY_HEADERS = st.builds(
    "{{'descr': {!r}, 'fortran_order': {}, 'shape': {}, }}\n".format,
    st.sampled_from(["<f8", "|O", "<U0", "|V0", "<U3", "|b1", "<M8[s]", ">c8", "no", "", "<f2", "|S4", "<i9"]),
    st.sampled_from([True, False, None]),
    st.one_of(st.lists(st.integers(-2, 2**70), max_size=3).map(tuple), st.just("x"), st.just(("a",))),
)
NPY_FILES = st.one_of(
    st.binary(max_size=60),
    mutations(_saved(INPUTS)),
    mutations(_saved(LABELS)),
    st.builds(lambda header, body: _headed(header) + body, NPY_HEADERS, st.binary(max_size=40)),
    st.text(max_size=60).map(_headed),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


def _load(path: Path, unlabelled: str | None = None, test: str | None = None) -> str:
    """The sentence that refuses ``path``, or nothing; anything but an OverproofError is passed on."""
    try:
        load(Data(source=str(path), unlabelled=unlabelled), 0, test)
    except OverproofError as error:
        return str(error)
    return ""


@given(st.one_of(st.binary(max_size=60), mutations(IDX), mutations(gzip.compress(IDX, mtime=0))))
@settings(max_examples=500, deadline=None)
@example(b"\0\0\x0e\xff" + b"\xff" * 1020)
def test_idx_files(folder: Path, data: bytes) -> None:
    (folder / "train-images-idx3-ubyte").write_bytes(data)
    (folder / "train-labels-idx1-ubyte").write_bytes(data)
    assert "\n" not in _load(folder / "train-images-idx3-ubyte")


@given(NPY_FILES)
@settings(max_examples=500, deadline=None)
@example(_headed("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,), }\n"))
@example(_headed("[" * 5000))
@example(_headed("0x1for x in 0"))
@example(_headed("{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 1L), }\n") + bytes(16))
def test_npy_files(folder: Path, data: bytes) -> None:
    for damaged, sound in (("X.npy", "y.npy"), ("y.npy", "X.npy")):
        (folder / damaged).write_bytes(data)
        np.save(folder / sound, INPUTS if sound == "X.npy" else LABELS)
        assert "\n" not in _load(folder / "X.npy")


@given(st.one_of(mutations(_archived()), st.binary(max_size=200).map(lambda end: b"PK\x05\x06" + end)))
@settings(max_examples=500, deadline=None)
def test_npz_files(folder: Path, data: bytes) -> None:
    (folder / "a.npz").write_bytes(data)
    assert "\n" not in _load(folder / "a.npz")


CSV = 'size,colour,label\n1,red,cat\n2.5,"light, blue",dog\n,r\u00e9d,cat\n'.encode()


@given(st.one_of(mutations(CSV), mutations(gzip.compress(CSV, mtime=0)), mutations(CSV.replace(b"1,", b"2024-01-01,"))))
@settings(max_examples=500, deadline=None)
def test_csv_files(folder: Path, data: bytes) -> None:
    (folder / "a.csv").write_bytes(data)
    assert "\n" not in _load(folder / "a.csv")


@functools.cache
def _columnar(kind: str) -> bytes:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"a": [1.0, None, 3.0], "b": ["x", None, "z"], "c": [1, 2, 3], "y": ["u", "v", "u"]})
    frame["b"] = frame["b"].astype("category") if kind == "feather" else frame["b"]
    stream = io.BytesIO()
    frame.to_parquet(stream) if kind == "parquet" else frame.to_feather(stream)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["parquet", "feather"])
@given(draw=st.data())
@settings(max_examples=200, deadline=None)
def test_columnar_files(folder: Path, kind: str, draw: st.DataObject) -> None:
    (folder / f"a.{kind}").write_bytes(draw.draw(mutations(_columnar(kind))))
    assert "\n" not in _load(folder / f"a.{kind}")


@given(mutations(_archived()))
@settings(max_examples=100, deadline=None)
def test_more_rows_out_of_damaged_files(folder: Path, data: bytes) -> None:
    (folder / "more.npz").write_bytes(data)
    (folder / "good.npz").write_bytes(_archived())
    assert "\n" not in _load(folder / "good.npz", unlabelled=str(folder / "more.npz"))
    assert "\n" not in _load(folder / "good.npz", test=str(folder / "more.npz"))

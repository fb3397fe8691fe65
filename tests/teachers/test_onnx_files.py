from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.errors import DataError, MissingInputError, UnsafeError
from overproof.teachers.onnx_files import external_files

onnx = pytest.importorskip("onnx")


def hidden(where: str) -> bytes:
    """A model with a tensor in another file, in one of the places where a tensor may be."""
    helper = onnx.helper
    tensor = onnx.numpy_helper.from_array(np.arange(4.0), "t")
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="offset", value="0")
    tensor.external_data.add(key="location", value="../secret")
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    inner: Any = helper.make_graph([constant], "inner", [], [])
    graph = helper.make_graph([], "g", [], [], [tensor] if where == "initializer" else [])
    functions = []
    if where == "constant":
        graph.node.append(constant)
    elif where == "branch":
        graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner))
    elif where == "sparse":
        sparse = helper.make_sparse_tensor(tensor, onnx.numpy_helper.from_array(np.arange(4)), [4])
        graph.sparse_initializer.append(sparse)
    elif where == "function":
        functions = [helper.make_function("d", "f", [], [], [constant], [helper.make_opsetid("", 17)])]
    model = helper.make_model(graph, functions=functions)
    if where == "training":
        model.training_info.add().algorithm.CopyFrom(inner)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("where", ["initializer", "constant", "branch", "sparse", "function", "training"])
def test_a_tensor_is_found_wherever_it_is(where: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafeError, match=r"reads '../secret', outside of its folder"):
        external_files(hidden(where), tmp_path / "m.onnx")


def test_nothing_beside_it(tmp_path: Path) -> None:
    model = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], []))
    assert external_files(model.SerializeToString(), tmp_path / "m.onnx") == []


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(DataError, MissingInputError, UnsafeError):
        external_files(data, Path("m.onnx"))


def test_a_truncated_number_is_refused() -> None:
    with pytest.raises(DataError, match=r"m.onnx cannot be read as an ONNX model \(it is truncated\)"):
        external_files(b"\x80", Path("m.onnx"))

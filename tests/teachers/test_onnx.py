from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof.errors import DataError, MissingInputError, ModelError, StudyError, UnsafeError
from overproof.teachers.onnx import ONNX
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import NAMES, ROWS, everything, images, made, probabilities, table, texts

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

FLOAT, INT64, STRING = 1, 7, 8
DATA = table(words=False, gaps=False)
WEIGHTS = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
Z = DATA.inputs @ WEIGHTS


def save(
    nodes: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    constants: dict[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
) -> str:
    """An ONNX file."""
    helper, numpy = onnx.helper, onnx.numpy_helper
    values = [numpy.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    graph = helper.make_graph(list(nodes), "graph", list(inputs), list(outputs), values)
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=sets, ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, "model.onnx")
    return "onnx:model.onnx"


def value(name: str, shape: Sequence[Any] | None, kind: int = FLOAT) -> Any:
    return onnx.helper.make_tensor_value_info(name, kind, shape)


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **settings: Any) -> Any:
    return onnx.helper.make_node(kind, list(inputs), list(outputs), **settings)


def linear(
    output: str = "logits",
    batch: Any = "batch",
    weights: Any = WEIGHTS,
    names: str | None = '["007", "7", "NA"]',
    softmax: bool = False,
) -> str:
    """Rows times weights."""
    nodes = [node("MatMul", ["rows", "w"], ["z" if softmax else output])]
    if softmax:
        nodes.append(node("Softmax", ["z"], [output], axis=1))
    shape = [batch, len(weights)]
    return save(
        nodes,
        [value("rows", shape)],
        [value(output, [batch, weights.shape[1]])],
        {"w": weights},
        None if names is None else {"classes": names},
    )


def said(model: str, data: Any = DATA, **keys: Any) -> Any:
    return made(model, data, **keys).answer(everything(data))


def test_logits() -> None:
    voice = made(linear(), DATA)
    assert isinstance(voice, ONNX)
    np.testing.assert_allclose(voice.answer(everything(DATA)), Z, rtol=1e-5, atol=1e-6)
    assert voice.notes == ()


@pytest.mark.parametrize("batch", ["batch", 1, 7, None])
def test_a_row_has_the_same_bits_in_any_company(batch: Any) -> None:
    voice = made(linear(batch=batch), DATA)
    whole = voice.answer(everything(DATA))
    rows = np.array([3, 89, 4])
    np.testing.assert_array_equal(voice.answer(Shown.of(DATA, rows)), whole[rows])
    np.testing.assert_allclose(whole, Z, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("names", ['["NA", "007", "7"]', "NA, 007,7"])
def test_outputs_go_by_the_names_in_the_file(names: str) -> None:
    voice = made(linear(weights=WEIGHTS[:, [2, 0, 1]], names=names), DATA)
    np.testing.assert_allclose(voice.answer(everything(DATA)), Z, rtol=1e-5, atol=1e-6)
    assert voice.notes[0].endswith("outputs reordered by the names of the classes")


def test_a_file_without_names_needs_them() -> None:
    model = linear(names=None)
    with pytest.raises(ModelError, match=r"onnx:model.onnx does not say which classes .* teacher.classes = \["):
        said(model)
    np.testing.assert_allclose(said(model, classes=["NA", "7", "007"]), Z[:, ::-1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(said(model, replace(DATA, classes=("0", "1", "2"))), Z, rtol=1e-5, atol=1e-6)
    with pytest.raises(ModelError, match="only in the data: 'truck'"):
        said(linear(), replace(DATA, classes=("007", "7", "truck")))


def test_probabilities_are_known_by_the_output_s_name() -> None:
    expected = probabilities(Z)
    np.testing.assert_allclose(probabilities(said(linear("probabilities", softmax=True))), expected, atol=1e-6)
    with pytest.raises(ModelError, match=r'look like probabilities; say teacher.output = "probabilities"'):
        said(linear("y", softmax=True))
    found = said(linear("y", softmax=True), output="probabilities")
    np.testing.assert_allclose(probabilities(found), expected, atol=1e-6)


def test_one_number() -> None:
    data = table("binary", words=False, gaps=False)
    found = said(linear("logit", weights=WEIGHTS[:, :1], names="no,yes"), data)
    np.testing.assert_allclose(found[:, 1] - found[:, 0], Z[:, 0], rtol=1e-4, atol=1e-6)


def test_values() -> None:
    data = table("regression", words=False, gaps=False)
    found = said(linear("variable", weights=WEIGHTS[:, :1], names=None), data)
    np.testing.assert_allclose(found, Z[:, :1], rtol=1e-5, atol=1e-6)


def maps(**settings: Any) -> str:
    """What scikit-learn's converter makes: a label, and maps from names to probabilities."""
    nodes = [
        node("MatMul", ["rows", "w"], ["z"]),
        node("Softmax", ["z"], ["p"], axis=1),
        node("ArgMax", ["z"], ["label"], axis=1, keepdims=0),
        node("ZipMap", ["p"], ["output_probability"], domain="ai.onnx.ml", **settings),
    ]
    kind = onnx.TensorProto.STRING if "classlabels_strings" in settings else onnx.TensorProto.INT64
    entry = onnx.helper.make_map_type_proto(kind, onnx.helper.make_tensor_type_proto(FLOAT, []))
    sequence = onnx.helper.make_value_info("output_probability", onnx.helper.make_sequence_type_proto(entry))
    return save(nodes, [value("rows", ["batch", 2])], [value("label", ["batch"], INT64), sequence], {"w": WEIGHTS})


def test_maps_from_names() -> None:
    voice = made(maps(classlabels_strings=["NA", "007", "7"]), DATA)
    found = probabilities(voice.answer(everything(DATA)))
    np.testing.assert_allclose(found, probabilities(Z)[:, [1, 2, 0]], atol=1e-6)
    data = replace(DATA, classes=("5", "6", "7"))
    voice = made(maps(classlabels_int64s=[5, 7, 6]), data)
    assert voice.notes == ()
    found = probabilities(voice.answer(everything(data)))
    np.testing.assert_allclose(found, probabilities(Z)[:, [0, 2, 1]], atol=1e-6)
    with pytest.raises(ModelError, match="only in the teacher: 'b'"):
        said(maps(classlabels_strings=["NA", "007", "b"]))


def test_images_and_their_flat_form() -> None:
    data = images()
    weights = np.random.default_rng(1).normal(size=(36, 3)).astype(np.float32)
    expected = data.inputs.reshape(ROWS, 36) @ weights
    flat = save([node("MatMul", ["x", "w"], ["y"])], [value("x", ["n", 36])], [value("y", ["n", 3])], {"w": weights})
    for model in (
        flat,
        save(
            [node("Flatten", ["x"], ["f"]), node("MatMul", ["f", "w"], ["y"])],
            [value("x", ["n", 1, "h", 6])],
            [value("y", ["n", 3])],
            {"w": weights},
        ),
    ):
        found = said(model, data, classes=["cat", "dog", "ü"])
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_table_column_by_column() -> None:
    data = table(gaps=False)
    nodes = [
        node("Concat", ["the hours", "age"], ["numbers"], axis=1),
        node("LabelEncoder", ["job"], ["code"], domain="ai.onnx.ml", keys_strings=["cook", "None", "nurse", "ü"],
             values_floats=[0.0, 1.0, 2.0, 3.0]),
        node("Concat", ["numbers", "code"], ["logits"], axis=1),
    ]  # fmt: skip
    inputs = [value("the hours", ["n", 1]), value("job", ["n", 1], STRING), value("age", ["n", 1])]
    found = said(save(nodes, inputs, [value("logits", ["n", 3])]), data, classes=list(NAMES))
    np.testing.assert_allclose(found, data.inputs[:, [1, 0, 2]])


def test_texts_as_they_are_and_as_tokens() -> None:
    data = texts()
    nodes = [
        node("Cast", ["input_ids"], ["a"], to=FLOAT),
        node("Cast", ["attention_mask"], ["b"], to=FLOAT),
        node("ReduceSum", ["a", "axes"], ["left"], keepdims=1),
        node("ReduceSum", ["b", "axes"], ["right"], keepdims=1),
        node("Concat", ["left", "right"], ["logits"], axis=1),
    ]
    inputs = [value(name, ["n", "length"], INT64) for name in ("input_ids", "attention_mask")]
    model = save(nodes, inputs, [value("logits", ["n", 2])], {"axes": np.array([1])})
    voice = made(model, data, classes=["neg", "pos"])
    expected = np.column_stack([data.inputs.sum(axis=1), (data.inputs != 0).sum(axis=1)])
    np.testing.assert_allclose(voice.answer(everything(data)), expected)
    assert voice.sees_views

    keys = sorted(set(everything(data).texts))
    nodes = [
        node("LabelEncoder", ["text"], ["z"], domain="ai.onnx.ml", keys_strings=keys,
             values_floats=np.arange(len(keys)).astype(float).tolist()),
    ]  # fmt: skip
    voice = made(save(nodes, [value("text", ["n", 1], STRING)], [value("z", ["n", 1])]), data, classes=["neg", "pos"])
    assert not voice.sees_views
    found = voice.answer(everything(data))[:, 1]
    assert found.tolist() == [keys.index(text) for text in everything(data).texts]


@pytest.mark.parametrize(
    ("shape", "data", "sentence"),
    [
        (["n", 5], DATA, r"its input 'x' has shape \(rows, n?5\), and the data have rows of shape \(2,\)"),
        (["n", 6, 6, 3], images(3), r"has shape \(rows, 6, 6, 3\), and the data have rows of shape \(3, 6, 6\)"),
        (["n", 3], table(), r"takes one tensor of numbers, and columns hold words \('job'\); export it with one input"),
    ],
)
def test_inputs_that_do_not_fit(shape: list[Any], data: Any, sentence: str) -> None:
    model = save([node("Identity", ["x"], ["y"])], [value("x", shape)], [value("y", shape)])
    with pytest.raises(ModelError, match=sentence):
        made(model, data, classes=list(data.classes))


def test_inputs_and_outputs_that_are_none() -> None:
    two = [value("age", ["n", 1]), value("hors", ["n", 1])]
    model = save([node("Concat", ["age", "hors"], ["y"], axis=1)], two, [value("y", ["n", 2])])
    with pytest.raises(
        ModelError, match=r"takes 2 inputs, and its input 'hors' is no column of the data; did you mean 'the h"
    ):
        made(model, table())
    two = [value("age", ["n", 1]), value("job", ["n", 1])]
    model = save([node("Concat", ["age", "job"], ["y"], axis=1)], two, [value("y", ["n", 2])])
    with pytest.raises(ModelError, match="its input 'job' takes numbers, and the column of the data has no numbers"):
        made(model, table())
    nodes = [node("ArgMax", ["x"], ["label"], axis=1, keepdims=0)]
    model = save(nodes, [value("x", ["n", 2])], [value("label", ["n"], INT64)])
    with pytest.raises(ModelError, match=r"has no output of numbers \(it has label: tensor\(int64\)\); export it"):
        made(model, DATA)
    model = save([node("Identity", ["x"], ["y"])], [value("x", ["n", 2], 9)], [value("y", ["n", 2], 9)])
    with pytest.raises(ModelError, match=r"its input 'x' takes tensor\(bool\)"):
        made(model, DATA)


def test_other_outputs_are_refused() -> None:
    with pytest.raises(ModelError, match=r"onnx:model.onnx returned shape \(90, 2\), expected \(90, 3\)"):
        said(linear(weights=WEIGHTS[:, :2]))
    with pytest.raises(ModelError, match="row 'r000' is NaN in 3 of 3"):
        said(linear(weights=WEIGHTS * np.float32("nan")))


def test_files_that_are_none() -> None:
    with pytest.raises(MissingInputError, match=r"teacher.model: none.onnx does not exist"):
        made("onnx:none.onnx", DATA)
    for content in (b"", b"not a model", Path(linear().removeprefix("onnx:")).read_bytes()[:50]):
        Path("bad.onnx").write_bytes(content)
        with pytest.raises(DataError, match=r"bad.onnx cannot be (read|opened) as an ONNX model"):
            made("onnx:bad.onnx", DATA)
    with pytest.raises(StudyError, match="no key 'width' beside an ONNX file"):
        made(linear(), DATA, width=3)


def outside(location: str) -> str:
    """A model whose weights lie in a file of their own."""
    model = onnx.load(linear().removeprefix("onnx:"))
    onnx.save_model(
        model,
        "apart.onnx",
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="w.bin",
        size_threshold=0,
    )
    kept = onnx.load("apart.onnx", load_external_data=False)
    for entry in kept.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = location
    Path("apart.onnx").write_bytes(kept.SerializeToString())
    return "onnx:apart.onnx"


def test_weights_beside_the_model() -> None:
    voice = made(outside("w.bin"), DATA)
    np.testing.assert_allclose(voice.answer(everything(DATA)), Z, rtol=1e-5, atol=1e-6)
    before = voice.components()
    data = bytearray(Path("w.bin").read_bytes())
    data[0] ^= 1
    Path("w.bin").write_bytes(data)
    assert made("onnx:apart.onnx", DATA).components() != before
    Path("w.bin").unlink()
    with pytest.raises(
        MissingInputError, match=r"apart.onnx keeps its weights in 'w.bin' beside it, which does not exist"
    ):
        made("onnx:apart.onnx", DATA)


@pytest.mark.parametrize("location", ["../w.bin", "/etc/hostname", "link/w.bin"])
def test_weights_elsewhere_are_refused(location: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link").symlink_to(tmp_path)
    outside(location)
    (inner / "apart.onnx").write_bytes(Path("apart.onnx").read_bytes())
    with pytest.raises(UnsafeError, match=rf"reads '{location}', outside of its folder; refused"):
        made("onnx:inner/apart.onnx", DATA)


def test_the_bytes_of_the_file_are_what_it_depends_on() -> None:
    one = made(linear(), DATA).components()
    assert made(linear(), DATA).components() == one
    assert made(linear(weights=WEIGHTS * 2), DATA).components() != one

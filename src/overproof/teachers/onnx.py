"""ONNX files, run by onnxruntime on the CPU: one thread and batches of one size, so that a row's bits stay the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.data.arrays import one_line
from overproof.data.dataset import Dataset
from overproof.errors import DataError, MissingInputError, ModelError, StudyError, nearest
from overproof.models.inference import BATCH
from overproof.study import Teacher
from overproof.teachers.classes import match, spelt
from overproof.teachers.encoding import worded
from overproof.teachers.extras import library
from overproof.teachers.onnx_files import external_files
from overproof.teachers.outputs import Kind, Reading
from overproof.teachers.teacher import Shown, Voice

#: What an input takes, by onnxruntime's name of its type.
_TYPES: Mapping[str, Any] = MappingProxyType(
    {
        "tensor(float)": np.float32,
        "tensor(double)": np.float64,
        "tensor(float16)": np.float16,
        "tensor(int64)": np.int64,
        "tensor(int32)": np.int32,
        "tensor(uint8)": np.uint8,
        "tensor(string)": object,
    }
)
_FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")
#: Maps from class names to probabilities, as scikit-learn's converter makes them.
_MAPS = ("seq(map(string,tensor(float)))", "seq(map(int64,tensor(float)))")
#: Outputs that are taken before others, and what they are.
_OUTPUTS: Mapping[str, Kind] = MappingProxyType(
    {
        "logits": "logits",
        "probabilities": "probabilities",
        "output_probability": "probabilities",
        "probability": "probabilities",
    }
)

Feed = Callable[[Shown], dict[str, NDArray[Any]]]


class ONNX(Voice):
    """A model in an ONNX file."""

    def __init__(self, path: Path, table: Teacher, data: Dataset, where: str) -> None:
        self.name = f"onnx:{path}"
        for setting in table.settings:
            hint = nearest(setting, Teacher.model_fields)
            raise StudyError(f"[{where}] has no key {setting!r} beside an ONNX file; {hint}")
        if not path.is_file():
            raise MissingInputError(f"{where}.model: {path} does not exist (current folder {Path.cwd()})")
        content = storage.read(path)
        files = external_files(content, path)
        self._runtime = library("onnxruntime", self.name)
        self._session = _session(self._runtime, path)
        # the batch that the file demands, if it demands one
        first = self._session.get_inputs()[0].shape if self._session.get_inputs() else []
        self._batch = first[0] if first and isinstance(first[0], int) and first[0] > 0 else BATCH
        self._feed = _feed(self._session.get_inputs(), data, self.name)
        strings = any(each.type == "tensor(string)" for each in self._session.get_inputs())
        self.sees_views = data.tokens is None or not strings
        self._output, self._kind = _output(self._session.get_outputs(), data.task, self.name)
        self._names: list[Any] | None = None
        theirs = _names(self._session)
        if self._output.type in _MAPS:  # a row is asked about, to see what its map has names for
            self._names = list(self._run(Shown.of(data, np.zeros(1, dtype=np.int64)))[0])
            theirs = spelt(self._names)
        order = match(theirs, table.classes, data, self.name)
        self._reading = Reading(self.name, self._kind if table.output == "auto" else table.output, order)
        self.notes = order.notes
        digests = [storage.digest(content), *(_digest(file) for file in files)]
        self._facts = {"onnx": digests, "onnxruntime": self._runtime.__version__, "batch": self._batch}

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """What the model says, batch by batch; see :class:`Voice`."""
        count, said = len(shown.rows), []
        for start in range(0, count, self._batch):
            rows = slice(start, start + self._batch)
            found = self._run(Shown(shown.data, shown.rows[rows], shown.inputs[rows]))[: count - start]
            if self._names is not None:
                found = [[each[name] for name in self._names] for each in found]
            said.append(np.asarray(found))
        return self._reading.targets(np.concatenate(said), shown)

    def _run(self, shown: Shown) -> Any:
        """The output for one batch; fewer rows are repeated to fill it."""
        rows = np.arange(self._batch) % len(shown.rows)
        part = Shown(shown.data, shown.rows[rows], shown.inputs[rows])
        try:
            return self._session.run([self._output.name], self._feed(part))[0]
        except Exception as error:  # whatever the runtime thinks of the rows
            raise ModelError(f"{self.name} cannot answer about these rows ({one_line(error)})") from error

    def components(self) -> dict[str, Any] | None:
        """The bytes of the model, and what runs them."""
        return self._facts


def _session(runtime: Any, path: Path) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a dozen kinds, none of them public
        raise DataError(f"{path} cannot be opened as an ONNX model ({one_line(error)})") from error


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _names(session: Any) -> tuple[str, ...] | None:
    """Names of the outputs in the file's metadata, ``classes``: a JSON list, or names between commas."""
    text = session.get_modelmeta().custom_metadata_map.get("classes")
    if text is None:
        return None
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    return spelt(names) if isinstance(names, list) else tuple(name.strip() for name in text.split(","))


def _output(outputs: Sequence[Any], task: str, who: str) -> tuple[Any, Kind]:
    """The output to ask for, and what it is where its name tells."""
    able = [each for each in outputs if each.type in (*_FLOATS, *_MAPS)]
    if not able:
        kinds = ", ".join(f"{each.name}: {each.type}" for each in outputs)
        raise ModelError(f"{who} has no output of numbers (it has {kinds}); export it with its probabilities or logits")
    known = {each.name.lower(): each for each in able}
    chosen = next((known[name] for name in _OUTPUTS if name in known), able[0])
    if task == "regression":
        return chosen, "values"
    return chosen, "probabilities" if chosen.type in _MAPS else _OUTPUTS.get(chosen.name.lower(), "auto")


def _feed(inputs: Sequence[Any], data: Dataset, who: str) -> Feed:
    """From rows to what the model's inputs take.

    Raises:
        ModelError: when they do not take rows of these data.
    """
    for each in inputs:
        if each.type not in _TYPES:
            raise ModelError(f"{who}: its input {each.name!r} takes {each.type}, and rows are numbers, words or texts")
    if data.tokens is not None:
        return _feed_of_texts(inputs, data, who)
    if len(inputs) == 1 and inputs[0].type != "tensor(string)":
        return _feed_of_numbers(inputs[0], data, who)
    return _feed_of_columns(inputs, data, who)


def _feed_of_numbers(wanted: Any, data: Dataset, who: str) -> Feed:
    words = [column.name for column in data.columns or () if column.categories is not None]
    if words:
        raise ModelError(
            f"{who} takes one tensor of numbers, and columns hold words ({', '.join(map(repr, words[:5]))}); "
            "export it with one input for every column, named like it"
        )
    expected, numbers = tuple(wanted.shape[1:]), int(np.prod(data.shape))
    forms = (data.shape, (numbers,), *([data.shape[1:]] if len(data.shape) == 3 and data.shape[0] == 1 else []))
    form = next((form for form in forms if _fits(form, expected)), None)
    if form is None:
        shown = "(" + ", ".join(str(each) for each in ("rows", *expected)) + ")"
        raise ModelError(
            f"{who}: its input {wanted.name!r} has shape {shown}, and the data have rows of shape {tuple(data.shape)}"
        )
    dtype = _TYPES[wanted.type]
    return lambda shown: {wanted.name: shown.inputs.reshape(-1, *form).astype(dtype)}


def _fits(form: Sequence[int], expected: Sequence[Any]) -> bool:
    return len(form) == len(expected) and all(
        not isinstance(theirs, int) or theirs <= 0 or theirs == ours
        for ours, theirs in zip(form, expected, strict=True)
    )


def _feed_of_texts(inputs: Sequence[Any], data: Dataset, who: str) -> Feed:
    """Texts as they are, or their tokens under the names that transformers gives them."""
    assert data.tokens is not None
    padding = data.tokens.padding
    if len(inputs) == 1 and inputs[0].type == "tensor(string)":
        name, axes = inputs[0].name, len(inputs[0].shape)
        return lambda shown: {name: np.array(shown.texts, dtype=object).reshape((-1,) + (1,) * (axes - 1))}
    made: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
        "input_ids": lambda tokens: tokens,
        "attention_mask": lambda tokens: tokens != padding,
        "token_type_ids": np.zeros_like,
    }
    if len(inputs) == 1:
        made[inputs[0].name] = made["input_ids"]
    strange = [each.name for each in inputs if each.name not in made or not _fits(data.shape, each.shape[1:])]
    if strange:
        raise ModelError(
            f"{who}: its input {strange[0]!r} does not take texts of {data.shape[0]} tokens; known: {', '.join(made)}, "
            "or one tensor of strings"
        )
    return lambda shown: {each.name: made[each.name](shown.inputs).astype(_TYPES[each.type]) for each in inputs}


def _feed_of_columns(inputs: Sequence[Any], data: Dataset, who: str) -> Feed:
    """One input for every column, by name."""
    columns = {column.name: place for place, column in enumerate(data.columns or ())}
    for each in inputs:
        if each.name not in columns:
            raise ModelError(
                f"{who} takes {len(inputs)} inputs, and its input {each.name!r} is no column of the data; "
                f"{nearest(each.name, columns) if columns else 'the data are no table'}"
            )
        if (each.type == "tensor(string)") != ((data.columns or ())[columns[each.name]].categories is not None):
            kind = "words" if each.type == "tensor(string)" else "numbers"
            raise ModelError(f"{who}: its input {each.name!r} takes {kind}, and the column of the data has no {kind}")

    def feed(shown: Shown) -> dict[str, NDArray[Any]]:
        found = {}
        for each in inputs:
            place = columns[each.name]
            column, cells = (shown.data.columns or ())[place], shown.inputs[:, place]
            values = cells.astype(_TYPES[each.type]) if column.categories is None else worded(column, cells, "")
            found[each.name] = values.reshape((-1,) + (1,) * (len(each.shape) - 1))
        return found

    return feed

"""Which files an ONNX model reads beside its own: found by walking its bytes, before a runtime opens anything.

An ONNX file is a protocol buffer (https://onnx.ai, ``onnx.proto``). Tensors may lie in other files, whose paths it
names; a path that leads out of the model's folder is refused, as the file may come from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from overproof.errors import MissingInputError, UnsafeError
from overproof.sources.files import parsing

#: Of each message: the fields that hold other messages, and which.
_FIELDS: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "model": {7: "graph", 20: "training", 25: "function"},
        "training": {1: "graph", 2: "graph"},
        "function": {7: "node", 11: "attribute"},
        "graph": {1: "node", 5: "tensor", 15: "sparse"},
        "node": {5: "attribute"},
        "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
        "sparse": {1: "tensor", 2: "tensor"},
        "tensor": {13: "entry"},
    }
)
_MOST_LEVELS = 100


def external_files(data: bytes, path: Path) -> list[Path]:
    """The files beside a model that hold its tensors, sorted.

    Args:
        data: the model.
        path: where it lies.

    Raises:
        UnsafeError: when one of them is outside the model's folder.
        MissingInputError: when one is not there.
        DataError: when the bytes are no model.
    """
    with parsing(path, "an ONNX model"):
        named = set(_locations(data, "model"))
    folder = path.resolve().parent
    found = []
    for name in sorted(named):
        file = (folder / name).resolve()
        if not file.is_relative_to(folder):
            raise UnsafeError(
                f"{path} reads {name!r}, outside of its folder; refused, save the model with its data beside it"
            )
        if not file.is_file():
            raise MissingInputError(f"{path} keeps its weights in {name!r} beside it, which does not exist")
        found.append(file)
    return found


def _locations(data: bytes, kind: str, level: int = 0) -> Iterator[str]:
    if level > _MOST_LEVELS:
        raise ValueError("its graphs lie in one another too deeply")
    for field, value in _fields(data):
        inner = _FIELDS[kind].get(field)
        if inner == "entry":
            entry = dict(_fields(value))
            if entry.get(1) == b"location":
                yield entry.get(2, b"").decode()
        elif inner is not None:
            yield from _locations(value, inner, level + 1)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a message that hold bytes, by number; others are passed over."""
    view, at = memoryview(data), 0
    while at < len(view):
        key, at = _number(view, at)
        kind = key & 7
        if kind == 2:
            size, at = _number(view, at)
            if at + size > len(view):
                raise ValueError("it is truncated")
            yield key >> 3, bytes(view[at : at + size])
            at += size
        elif kind == 0:
            _, at = _number(view, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"it has a field of an unknown kind ({kind})")


def _number(view: memoryview, at: int) -> tuple[int, int]:
    """A whole number of variable length, and where it ends."""
    found = shift = 0
    while True:
        if at >= len(view) or shift > 63:
            raise ValueError("it is truncated")
        byte = view[at]
        found |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return found, at

"""What a module is, as digests: its weights, and the code and settings that turn a row into an answer.

Code is read as it was compiled, which is what will run, wherever it came from: a file, a notebook, a prompt. It is
followed from the module's classes to the functions and constants of the same package that they use. Code of other
packages counts by name, except PyTorch's own, whose version is a component of every key.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import re
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from overproof import storage

_PLAIN = (type(None), bool, int, float, complex, str, bytes, types.EllipsisType, torch.dtype, torch.device, np.generic)
#: Packages whose classes are known by name: PyTorch's version is part of every key, Python's of every code digest.
_KNOWN = {"torch", "numpy", "builtins", *sys.stdlib_module_names} - {"__main__"}
#: Libraries of models, whose classes and functions are known by name and version: to follow them would import much of
#: them, and find what differs from process to process.
_VERSIONED = {"timm", "transformers", "sklearn", "lightgbm", "xgboost", "catboost", "scipy", "pandas", "polars"}
#: What every module has: its parts and hooks are followed, weights have their own digest, and it answers in eval mode.
_EVERY_MODULE = frozenset(vars(nn.Module()))


def weights_digest(module: nn.Module) -> str:
    """SHA-256 over names, shapes, types and bits of all parameters and buffers, wherever they are.

    Example:
        >>> one = nn.Linear(2, 2)
        >>> before = weights_digest(one)
        >>> _ = one.weight.data[0, 0].add_(1e-6)
        >>> weights_digest(one) == before
        False
    """
    found = _Digest()
    named = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    for name, tensor in sorted(named, key=lambda each: each[0]):
        found.text(name)
        found.tensor(tensor)
    return found.hexadecimal


def code_digest(module: nn.Module) -> str:
    """SHA-256 over what a module does with a row besides its weights.

    That is its printed structure, its attributes and its parts' (``num_heads`` is in no state dict), forward hooks, the
    compiled code of its classes, and the functions and constants of their package that this code uses.

    Example:
        >>> code_digest(nn.MultiheadAttention(4, 1)) == code_digest(nn.MultiheadAttention(4, 2))
        False
    """
    found = _Digest()
    found.text(_without_addresses(str(module)))
    found.add(module)
    return found.hexadecimal


def digest(module: nn.Module) -> str:
    """Both digests in one."""
    return storage.digest(f"{weights_digest(module)} {code_digest(module)}".encode())


def object_digest(value: Any) -> str:
    """SHA-256 over an object of any kind: its attributes, the weights of networks inside it, and its functions' code.

    It is no key of the store, as not everything can be followed; it tells a run from another one's.

    Example:
        >>> object_digest(lambda rows: rows + 1) == object_digest(lambda rows: rows + 2)
        False
    """
    found = _Digest(weights=True)
    try:
        found.add(getattr(value, "__dict__", None))
        found.add(value)
    except Exception:  # objects of the user's, in any state
        found.text("not followed")
    return found.hexadecimal


class _Digest:
    """A digest of Python objects by what they say and do, never by where they are in memory."""

    def __init__(self, *, weights: bool = False) -> None:
        self._weights = weights
        self._hash = hashlib.sha256(sys.implementation.cache_tag.encode())
        self._seen: dict[int, tuple[int, Any]] = {}

    @property
    def hexadecimal(self) -> str:
        return self._hash.hexdigest()

    def text(self, *words: str) -> None:
        """Add words so that their borders count."""
        for word in words:
            data = word.encode(errors="surrogatepass")
            self._hash.update(len(data).to_bytes(8, "little") + data)

    def tensor(self, tensor: Tensor) -> None:
        """Add type, shape and bits."""
        self.text(str(tensor.dtype), str(tuple(tensor.shape)))
        if not tensor.is_meta and tensor.numel():  # nothing has no bytes, whatever its strides
            self._hash.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)

    def add(self, value: Any) -> None:
        """Add any object, following it once."""
        if isinstance(value, _PLAIN):
            self.text(type(value).__name__, repr(value))
        elif id(value) in self._seen:
            self.text("again", str(self._seen[id(value)][0]))
        else:
            self._seen[id(value)] = (len(self._seen), value)  # the object is kept, so that its id stays its own
            self._follow(value)

    def _follow(self, value: Any) -> None:
        self.text(type(value).__name__)
        match value:
            case Tensor():
                self.tensor(value)
            case np.ndarray():
                self._array(value)
            case Mapping():
                self._each(part for item in value.items() for part in item)
            case list() | tuple():
                self._each(value)
            case set() | frozenset():
                self.text(*sorted(_without_addresses(repr(each)) for each in value))
            case types.CodeType():
                self._code(value)
            case types.FunctionType():
                self._function(value)
            case type():
                self._class(value)
            case types.ModuleType():
                self.text(value.__name__)
            case _:
                self._object(value)

    def _array(self, array: np.ndarray[Any, Any]) -> None:
        self.text(str(array.dtype), str(array.shape))
        if array.dtype.names is not None:  # there may be anything between the fields
            self._each(array[name] for name in array.dtype.names)
        elif array.dtype.hasobject:
            self.add(array.tolist())
        else:
            self._hash.update(array.tobytes())

    def _each(self, values: Any) -> None:
        for value in values:
            self.add(value)
        self.text("end")

    def _code(self, code: types.CodeType) -> None:
        self.text(code.co_code.hex(), *code.co_names, "|", *code.co_varnames, "|", *code.co_freevars)
        self._each(code.co_consts)

    def _function(self, function: types.FunctionType) -> None:
        if _package(function.__module__) in _VERSIONED:
            self.text(function.__module__, function.__qualname__, _version(_package(function.__module__)))
            return
        self.add(function.__code__)
        self._each([function.__defaults__, function.__kwdefaults__, *_cells(function)])
        own = _package(function.__module__)
        for name in _names(function.__code__):
            if name in function.__globals__:
                self.text(name)
                self._used(function.__globals__[name], own)

    def _used(self, value: Any, own: str) -> None:
        """Something of the surroundings that a function uses: followed inside its own package only."""
        ours = isinstance(value, types.FunctionType | type) and _package(value.__module__) == own
        if ours or isinstance(value, (*_PLAIN, Tensor, np.ndarray, list, tuple, dict)):
            self.add(value)
        else:
            self.text(type(value).__name__, str(getattr(value, "__module__", "")), getattr(value, "__qualname__", ""))

    def _class(self, cls: type) -> None:
        self.text(cls.__module__, cls.__qualname__)
        if _package(cls.__module__) in _KNOWN:
            return
        if _package(cls.__module__) in _VERSIONED:
            self.text(_version(_package(cls.__module__)))
            return
        self._each(cls.__bases__)
        for name, value in sorted(vars(cls).items()):
            if not (name.startswith("__") and name.endswith("__")) or isinstance(value, types.FunctionType):
                self.text(name)
                self.add(value)

    def _object(self, value: Any) -> None:
        self.add(type(value))
        if self._weights and isinstance(value, nn.Module):
            self._each([value._parameters, value._buffers])
        inner = _inside(value)
        if inner is None:
            self.text(_without_addresses(repr(value)))
        else:
            self.add(inner)


def _inside(value: Any) -> Any:
    """What makes an object what it is, or None where nothing but its name can be told."""
    inner: Any = getattr(value, "__wrapped__", None)
    match value:
        case functools.partial():
            inner = [value.func, value.args, value.keywords]
        case types.MethodType():
            inner = [value.__func__, value.__self__]
        case staticmethod() | classmethod():
            inner = value.__func__
        case property():
            inner = [value.fget, value.fset]
        case functools.cached_property():
            inner = value.func
        case nn.Module():
            hooks = [list(each.values()) for each in (value._forward_pre_hooks, value._forward_hooks)]
            graph = str(getattr(value, "inlined_graph", None))  # a scripted module has no Python code
            own = {name: each for name, each in vars(value).items() if name not in _EVERY_MODULE}
            inner = [graph, hooks, value._modules, own]
        case _ if inner is None and _package(type(value).__module__) not in _KNOWN - {"torch"}:
            inner = _state(value)  # a logger or a lock says nothing about a row
    return inner


def _state(value: Any) -> Any:
    """What an object would keep of itself in a copy; None where that cannot be told."""
    inherited = getattr(type(value), "__getstate__", None) is object.__dict__["__getstate__"]
    if not inherited and _package(type(value).__module__) != "torch":
        try:
            return value.__getstate__()
        except Exception:  # objects of other libraries, in any state
            return None
    return getattr(value, "__dict__", None)


def _cells(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            yield None


def _names(code: types.CodeType) -> list[str]:
    """Names that a function, or one inside it, looks up around itself."""
    inner = [name for each in code.co_consts if isinstance(each, types.CodeType) for name in _names(each)]
    return sorted({*code.co_names, *inner})


def _package(module: str | None) -> str:
    return (module or "").partition(".")[0]


@functools.cache
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # its distribution has another name
        return str(getattr(sys.modules.get(package), "__version__", ""))


def _without_addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-fA-F]+", "", text)

"""Weights on disk: safetensors, or a PyTorch checkpoint that holds tensors only.

Nothing that could run code is ever loaded.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from overproof import storage
from overproof.data.arrays import one_line
from overproof.errors import DataError, MissingInputError, ModelError, UnsafeError
from overproof.models.architecture import Architecture

_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"
_LEGACY_CHECKPOINT = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
#: Where training scripts put the state dict inside a checkpoint.
_NESTED = ("state_dict", "model_state_dict", "model")

StateDict = dict[str, Tensor]


def load(path: Path) -> StateDict:
    """Read a state dict.

    Args:
        path: a ``.safetensors`` file, or a checkpoint of ``torch.save`` that holds tensors only, by itself or under
            ``state_dict``, ``model_state_dict`` or ``model``.

    Returns:
        Tensors on the CPU by name.

    Raises:
        MissingInputError: when the file does not exist.
        UnsafeError: when loading it could run code: a pickle, or a checkpoint that holds more than tensors.
        DataError: when it is damaged or of another kind.
    """
    if not path.is_file():
        raise MissingInputError(f"weights file {path} does not exist (current folder: {Path.cwd()})")
    data = storage.read(path)
    if data.startswith((_ZIP, _LEGACY_CHECKPOINT)):
        return _tensors_of(_checkpoint(data, path), path)
    if data.startswith(_PICKLE) and data[8:9] != b"{":  # a safetensors header of 128 bytes starts like a pickle
        raise UnsafeError(
            f"{path} is a pickle, and loading a pickle can run code; save the state dict as .safetensors "
            "(safetensors.torch.save_file(model.state_dict(), ...))"
        )
    return from_bytes(data, str(path))


def from_bytes(data: bytes, where: str) -> StateDict:
    """Parse safetensors bytes.

    Raises:
        DataError: when they are something else, or cut short.
    """
    try:
        return safetensors.torch.load(data)
    except (safetensors.SafetensorError, ValueError) as error:
        raise DataError(f"{where} is not a safetensors file or is damaged ({error})") from None


def to_bytes(state: Mapping[str, Tensor]) -> bytes:
    """Safetensors bytes of a state dict."""
    kept = {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)  # tied weights share memory
        for name, tensor in state.items()
    }
    return safetensors.torch.save(kept)


def load_into(module: nn.Module, state: Mapping[str, Tensor], where: str) -> None:
    """Load a state dict that must fit exactly.

    Raises:
        ModelError: with the missing and unexpected keys, or the first shape that differs.
    """
    complaints = _complaints(module.state_dict(), state)
    if complaints:
        raise ModelError(f"{where} does not fit the model: {'; '.join(complaints)}")
    module.load_state_dict(dict(state))


def _complaints(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> list[str]:
    missing, unexpected = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    shapes = [
        f"{name} has shape {tuple(state[name].shape)}, expected {tuple(own[name].shape)}"
        for name in sorted(own.keys() & state.keys())
        if own[name].shape != state[name].shape
    ]
    return [
        *([f"{len(missing)} missing ({missing[0]} …)"] if missing else []),
        *([f"{len(unexpected)} unexpected ({unexpected[0]} …)"] if unexpected else []),
        *shapes[:1],
    ]


def starting_from(architecture: Architecture, path: Path) -> Architecture:
    """The architecture whose fresh modules start from pretrained weights.

    All modules start from the same weights, but for a head of another number of outputs: it stays fresh, and its
    weights are a function of their purpose, as before. The file is read once.

    Args:
        architecture: the same without pretrained weights.
        path: as for :func:`load`.

    Raises:
        OverproofError: as :func:`load` does; when a module is built, a ModelError where the weights do not fit it.
    """
    state = _of_the_network(load(path))

    def build(shape: Sequence[int], classes: int) -> nn.Module:
        module = architecture.build(shape, classes)
        if isinstance(module, nn.Module):  # what else it may be is found elsewhere
            _start(module, state, str(path), classes)
        return module

    return replace(architecture, build=build)


def fresh_head(architecture: Architecture, path: Path, shape: Sequence[int], classes: int) -> str | None:
    """In words, that the head of a model that starts from pretrained weights is not among them; None where it is.

    Args:
        architecture: without the weights.
        path: of the weights.
        shape: of the rows that its networks meet.
        classes: outputs.

    Raises:
        OverproofError: as :func:`starting_from` does.
    """
    module, state = architecture.fresh(shape, classes, "shape only"), _of_the_network(load(path))
    head = _head(module, state, classes)
    if not head:
        return None
    return f"{path} has a head of {state[head[0]].shape[0]:,} outputs; the head of {classes:,} starts fresh."


def _of_the_network(state: StateDict) -> StateDict:
    """The weights of the network itself, where a file also holds what was fitted around it in an earlier run."""
    fitted = [name for name in state if name.startswith(("front.", "back."))]
    inner = {name.removeprefix("body."): tensor for name, tensor in state.items() if name.startswith("body.")}
    return inner if fitted and len(fitted) + len(inner) == len(state) else state


@torch.no_grad()
def _start(module: nn.Module, state: Mapping[str, Tensor], where: str, classes: int) -> None:
    own = module.state_dict()
    head = _head(module, state, classes)
    load_into(module, {**state, **{name: own[name] for name in head}}, where)


def _head(module: nn.Module, state: Mapping[str, Tensor], classes: int) -> list[str]:
    """What belongs to the last layer, where that has other outputs than the file's and everything else fits."""
    own = module.state_dict()
    if own.keys() != state.keys():
        return []
    differing = [name for name, tensor in own.items() if tensor.shape != state[name].shape]
    layers = {name.rpartition(".")[0] for name in differing}
    if len(layers) != 1 or isinstance(module.get_submodule(layers.pop()), nn.Embedding):
        return []
    outputs_differ = all(
        own[name].dim() == state[name].dim() > 0
        and own[name].shape[0] == classes
        and own[name].shape[1:] == state[name].shape[1:]
        for name in differing
    )
    return differing if outputs_differ else []


def _checkpoint(data: bytes, path: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # about pickle protocols; what matters is raised
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = named[1] if named else "something other than tensors"
        raise UnsafeError(
            f"{path} refers to {what}; refused, because loading it could run code. Save the state dict alone, as "
            ".safetensors or with torch.save(model.state_dict(), ...)"
        ) from None
    except Exception as error:  # damaged bytes make torch raise errors of many kinds, some without a word
        raise DataError(f"{path} is damaged: {one_line(error)}") from None


def _tensors_of(loaded: Any, path: Path) -> StateDict:
    if isinstance(loaded, Mapping):
        for name in _NESTED:
            if isinstance(loaded.get(name), Mapping):
                return _tensors_of(loaded[name], path)
        if loaded and all(isinstance(value, Tensor) for value in loaded.values()):
            return {str(name): value for name, value in loaded.items()}
    raise DataError(f"{path} holds no state dict (found {type(loaded).__name__}); save model.state_dict()")

"""Libraries that only some teachers need: imported when they are, missed in one sentence."""

from __future__ import annotations

import importlib
from typing import Any

from overproof.errors import MissingExtraError

#: What brings a library, as pip takes it.
_SOURCES = {
    "lightgbm": '"overproof[tabular]"',
    "onnxruntime": '"overproof[onnx]"',
    "pandas": '"overproof[tabular]"',
    "pyarrow": '"overproof[tabular]"',
    "transformers": '"overproof[hf]"',
}


def library(name: str, who: str) -> Any:
    """Import a library.

    Args:
        name: as Python imports it.
        who: the teacher that needs it, for the message.

    Raises:
        MissingExtraError: when it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] != name:
            raise MissingExtraError(f"{who} needs {name}, which cannot be imported ({error})") from error
        raise MissingExtraError(
            f"{who} needs {name}, which is not installed; run: pip install {_SOURCES.get(name, name)}"
        ) from error

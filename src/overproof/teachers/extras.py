"""Libraries that only some teachers need: imported when they are, missed in one sentence."""

from __future__ import annotations

import importlib
from typing import Any

from overproof.errors import MissingExtraError
from overproof.sources.extras import imported

#: Which extra of this package brings a library; others are installed by their own name.
_EXTRAS = {"lightgbm": "tabular", "onnxruntime": "onnx", "pandas": "tabular", "transformers": "hf"}


def library(name: str, who: str) -> Any:
    """Import a library.

    Args:
        name: as Python imports it.
        who: the teacher that needs it, for the message.

    Raises:
        MissingExtraError: when it is not installed.
    """
    if name in _EXTRAS:
        return imported(name, _EXTRAS[name], who)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(f"{who} needs {name}, which is not installed: pip install {name}") from error

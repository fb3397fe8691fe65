"""Libraries that only some kinds of data need: imported where they are used, and missed in one sentence."""

from __future__ import annotations

import importlib
from typing import Any

from overproof.errors import MissingExtraError


def imported(module: str, extra: str, what: str) -> Any:
    """Import a module that an extra brings.

    Args:
        module: its dotted name.
        extra: which extra of this package brings it.
        what: what needs it, for the message.

    Raises:
        MissingExtraError: with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtraError(
            f'{what} needs {package}, which is not installed: pip install "overproof[{extra}]"'
        ) from error

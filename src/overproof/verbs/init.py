"""``overproof init``: a commented study to start from."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from overproof import storage
from overproof.errors import OutputError


def init(path: str | Path) -> Path:
    """Write the default study, with comments, to ``path``.

    Args:
        path: a file that does not exist yet.

    Returns:
        The path.

    Raises:
        OutputError: when the file exists.
    """
    target = Path(path)
    if target.exists():
        raise OutputError(f"{target} exists; nothing was written, choose another name")
    storage.commit(target, resources.files("overproof").joinpath("default.toml").read_bytes())
    return target

"""``overproof init``: a commented study to start from; of the default comparison, or of your own data."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from overproof import storage, study_file
from overproof.errors import OutputError, StudyError


def init(
    path: str | Path = "study.toml", out: str | Path | None = None, target: str | Sequence[str] | None = None
) -> Path:
    """Write a study, with comments.

    Args:
        path: a file ending in ``.toml`` that does not exist yet: the default study is written there. Anything else is
            what ``data.source`` may be (a file, a folder, ``hf:…``, the name of a plug-in): it is looked at, and the
            study is about it.
        out: where a study about data is written; by default ``study.toml``. With a new ``path`` it has no use.
        target: the column, columns, array or file that holds the labels, where that is to be said.

    Returns:
        Where the study was written.

    Raises:
        OutputError: when the file exists.
        DataError: when the data cannot be read, or the target cannot be guessed; the columns are named.
        MissingInputError: when there is no such file.
        StudyError: when the flags make no sense.
    """
    source = Path(path)
    if source.suffix == ".toml":
        if out is not None or target is not None:
            raise StudyError(f"{path} is a study and no data; out and target belong to data that init looks at")
        return _write(source, resources.files("overproof").joinpath("default.toml").read_bytes())
    written = Path("study.toml" if out is None else out)
    targets = [target] if isinstance(target, str) else list(target or ())
    return _write(written, _about(str(path), targets, written).encode())


def _about(source: str, target: Sequence[str], out: Path) -> str:
    """A study about data."""
    from overproof.verbs import drafting, looking  # noqa: PLC0415 (slow to import; a default study needs nothing)

    if Path(source).is_file() and not looking.is_data(source):
        raise OutputError(
            f"{source} exists; nothing was written, as it is no data that can be read, nor a new study.toml"
        )
    _check_free(out)
    text = drafting.study(looking.look(source, target), source, str(out))
    study_file.checked(tomllib.loads(text))  # what is written is a study
    return text


def _check_free(path: Path) -> None:
    if path.exists():
        raise OutputError(f"{path} exists; nothing was written, choose another name")


def _write(path: Path, content: bytes) -> Path:
    _check_free(path)
    storage.commit(path, content)
    return path

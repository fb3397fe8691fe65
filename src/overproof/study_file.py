"""Reading and writing studies: defaults < file < environment < ``--set``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w

from overproof import storage
from overproof.errors import MissingInputError, StudyError, nearest
from overproof.study import Study
from overproof.validation import validate

_PREFIX = "OVERPROOF__"
#: No study is longer; a longer file is something else, or an attack on the parser.
_LARGEST = 1_000_000

Values = dict[str, Any]


def default() -> Values:
    """The default study: digits, a convolutional teacher, a student an eighth as wide."""
    return tomllib.loads(resources.files("overproof").joinpath("default.toml").read_text(encoding="utf-8"))


def read(path: Path) -> Values:
    """The tables of a study file, not yet checked.

    Raises:
        MissingInputError: when there is no such file.
        StudyError: when it is not TOML, naming line and column.
    """
    if not path.is_file():
        raise MissingInputError(f"study file {str(path)!r} does not exist (current folder: {Path.cwd()})")
    if path.suffix in (".yaml", ".yml"):
        raise StudyError(f"{path} looks like YAML; studies are TOML (overproof init writes one)")
    data = storage.read(path)
    if len(data) > _LARGEST:
        raise StudyError(f"{path} has {len(data):,} bytes; a study has at most {_LARGEST:,}")
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudyError(f"{path} is not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}") from None


def from_environment(environment: Mapping[str, str]) -> Values:
    """Settings of the form ``OVERPROOF__TABLE__KEY``.

    Example:
        >>> from_environment({"OVERPROOF__PROTOCOL__FOLDS": "3", "HOME": "/x"})
        {'protocol': {'folds': 3}}
    """
    values: Values = {}
    for name, text in sorted(environment.items()):
        if name.startswith(_PREFIX):
            _put(values, name.removeprefix(_PREFIX).lower().split("__"), _parse(text), name)
    return values


def merged(base: Values, *overrides: Values) -> Values:
    """Later tables win, key by key; ``method`` may be a list of tables, of which ``method.ARM`` names one.

    Example:
        >>> merged({"protocol": {"folds": 5, "seed": 0}}, {"protocol": {"folds": 3}})
        {'protocol': {'folds': 3, 'seed': 0}}
    """
    result = dict(base)
    for override in overrides:
        for key, value in override.items():
            old = result.get(key)
            if isinstance(old, list) and isinstance(value, dict):
                result[key] = _merge_into_list(old, value, key)
            elif isinstance(old, dict) and isinstance(value, dict):
                result[key] = merged(old, value)
            else:
                result[key] = value
    return result


def from_settings(settings: Iterable[str]) -> Values:
    """Settings of the form ``table.key=value``; the value is TOML, else a string.

    Example:
        >>> from_settings(["method.temperature=2", "data.source=digits"])
        {'method': {'temperature': 2}, 'data': {'source': 'digits'}}

    Raises:
        StudyError: when there is no ``=`` or no key.
    """
    values: Values = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key.strip():
            raise StudyError(f"--set {setting!r} must have the form table.key=value")
        _put(values, key.strip().split("."), _parse(text), f"--set {setting}")
    return values


def checked(*values: Values) -> Study:
    """The study that these tables make together, later ones winning.

    Raises:
        StudyError: for anything a study may not say.
    """
    return validate(Study, merged({}, *values))


def written(study: Study) -> str:
    """A study as TOML; reading it gives the same study."""
    return tomli_w.dumps(study.model_dump(mode="json", exclude_none=True))


def _merge_into_list(tables: list[Any], value: Values, key: str) -> list[Any]:
    arms = [table.get("arm", table.get("name")) for table in tables]
    for arm in value:
        if arm not in arms:
            raise StudyError(f"{key} has several tables, so settings name one; {arm!r} is none, {nearest(arm, arms)}")
    return [merged(table, value.get(arm, {})) for arm, table in zip(arms, tables, strict=True)]


def _put(values: Values, path: list[str], value: Any, where: str) -> None:
    *tables, key = path
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise StudyError(f"{where}: {table!r} is a value already, not a table")
    values[key] = value


def _parse(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text

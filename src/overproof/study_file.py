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
from overproof.study import Method, Study
from overproof.validation import validate

_PREFIX = "OVERPROOF__"
#: No study has more bytes, longer lines or deeper tables; what has is something else, or an attack on the parser.
_LARGEST, _LONGEST, _DEEPEST = 100_000, 2_000, 16

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
    if (size := path.stat().st_size) > _LARGEST:
        raise StudyError(f"{path} has {size:,} bytes; a study has at most {_LARGEST:,}")
    data = storage.read(path)
    for number, line in enumerate(data.split(b"\n"), start=1):
        if len(line) > _LONGEST:
            raise StudyError(f"{path} line {number} has {len(line):,} bytes; a study's has at most {_LONGEST:,}")
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
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
    for tables in values:
        _refuse_depth(tables)
    return validate(Study, merged({}, *values))


def written(study: Study) -> str:
    """A study as TOML; reading it gives the same study."""
    return tomli_w.dumps(study.model_dump(mode="json", exclude_none=True))


def _merge_into_list(tables: list[Any], value: Values, key: str) -> list[Any]:
    if not all(isinstance(table, dict) for table in tables):
        raise StudyError(f"{key} is a list of values, not of tables; it has no {', '.join(map(repr, value))}")
    if len(tables) == 1:
        return [merged(tables[0], value)]
    arms = [str(table.get("arm") or table.get("name", Method().name)) for table in tables]
    for arm, settings in value.items():
        if arm not in arms:
            raise StudyError(f"{key} has several tables, so settings name one; {arm!r} is none, {nearest(arm, arms)}")
        if not isinstance(settings, dict):
            raise StudyError(f"{key}.{arm} is a table; set one of its keys, as in {key}.{arm}.alpha")
    return [merged(table, value.get(arm, {})) for arm, table in zip(arms, tables, strict=True)]


def _refuse_depth(tables: Values) -> None:
    level: list[Any] = [tables]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    if level:
        raise StudyError(f"the study is nested deeper than {_DEEPEST} levels")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


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
    except (ValueError, RecursionError):
        return text

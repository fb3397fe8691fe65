"""Boosted trees: LightGBM, XGBoost and CatBoost through their scikit-learn faces, quiet and reproducible.

Missing cells and categories are handled by the libraries themselves; texts are TF-IDF, images are flattened.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from overproof.data.arrays import one_line
from overproof.data.columns import Column
from overproof.data.dataset import Dataset
from overproof.errors import ModelError, StudyError, nearest
from overproof.study import Teacher
from overproof.teachers.encoding import Rows, worded
from overproof.teachers.extras import library
from overproof.teachers.teacher import Shown

#: What makes each library say nothing and write nothing, unless the user wants it.
_QUIET: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "lightgbm": {"verbosity": -1},
        "xgboost": {"verbosity": 0},
        "catboost": {"verbose": False, "allow_writing_files": False},
    }
)
#: Settings in place of the libraries' own defaults: one thread, and nothing that depends on when a thread is done.
_DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "lightgbm": {"n_jobs": 1, "deterministic": True, "force_row_wise": True},
        "xgboost": {"n_jobs": 1, "tree_method": "hist"},
        "catboost": {"thread_count": 1, "iterations": 300},
    }
)
_CLASSES = {
    "lightgbm": ("LGBMClassifier", "LGBMRegressor"),
    "xgboost": ("XGBClassifier", "XGBRegressor"),
    "catboost": ("CatBoostClassifier", "CatBoostRegressor"),
}
#: What CatBoost is told where a category is missing.
_MISSING = "(missing)"

NAMES = tuple(_CLASSES)


def prototype(name: str, settings: Mapping[str, Any], task: str, where: str) -> Any:
    """An unfitted estimator of a library.

    Args:
        name: one of :data:`NAMES`.
        settings: parameters of the library.
        task: what is asked about a row.
        where: the study's table, for messages.

    Raises:
        MissingExtraError: when the library is not installed.
        StudyError: for a parameter that it does not have.
    """
    module = library(name, f'{where}.model = "{name}"')
    cls = getattr(module, _CLASSES[name][task == "regression"])
    known = _parameters(name, module, cls)
    for setting in settings:
        if setting not in known:
            meant = nearest(setting, [*known, *Teacher.model_fields])
            close, _, _ = meant.partition("? Known: ") if "? Known: " in meant else ("", "", "")
            hint = f"{close}?" if close else f"its parameters are those of {name}.{cls.__name__}"
            raise StudyError(f"[{where}] has no key {setting!r} for {name}; {hint}")
    try:
        return cls(**{**_DEFAULTS[name], **_QUIET[name], **settings})
    except Exception as error:  # whatever the library thinks of the values
        raise StudyError(f"[{where}] {name} refuses its settings: {one_line(error)}") from error


def _parameters(name: str, module: Any, cls: Any) -> set[str]:
    """Names of the parameters that a library knows."""
    known = set(inspect.signature(cls.__init__).parameters) - {"self", "kwargs", "args"}
    if name != "catboost":
        known |= set(cls().get_params())
    # LightGBM's own list of names, where this version of it can be asked
    every = getattr(getattr(getattr(module, "basic", None), "_ConfigAliases", None), "_get_all_param_aliases", dict)
    for own, aliases in every().items():
        known |= {own, *aliases}
    return known - {"self", "kwargs", "args"}


def quieten(estimator: Any, root: str) -> None:
    """Make an estimator of the user's own as quiet as the library can be, where the user did not say otherwise."""
    if root in _QUIET:
        own = estimator.get_params()
        estimator.set_params(**{key: value for key, value in _QUIET[root].items() if own.get(key) is None})


def native(estimator: Any, root: str, data: Dataset) -> tuple[Rows, dict[str, Any]]:
    """Rows of a table as a library takes them, and what it wants to be told when it is fitted.

    Args:
        estimator: of that library, not fitted; XGBoost and CatBoost are told about categories here.
        root: the library.
        data: a table.
    """
    assert data.columns is not None
    places = [place for place, column in enumerate(data.columns) if column.categories is not None]
    rows = _ROWS[root](data.columns)
    told: dict[str, Any] = {}
    if not places:
        return rows, told
    if root == "lightgbm":
        told["categorical_feature"] = places
    elif root == "xgboost":
        kinds = ["q" if column.categories is None else "c" for column in data.columns]
        estimator.set_params(enable_categorical=True, feature_types=kinds)
    else:
        if estimator.get_params().get("cat_features") is not None:
            raise ModelError(
                f"{type(estimator).__name__}: leave cat_features out; the data say which columns are words"
            )
        told["cat_features"] = places
    return rows, told


def _cells(columns: tuple[Column, ...]) -> Rows:
    return lambda shown: shown.inputs


def _words(columns: tuple[Column, ...]) -> Rows:
    """For CatBoost, which takes categories as words and none that is missing."""
    if all(column.categories is None for column in columns):
        return lambda shown: shown.inputs

    def rows(shown: Shown) -> NDArray[Any]:
        found = shown.inputs.astype(object)
        for place, column in enumerate(columns):
            if column.categories is not None:
                found[:, place] = worded(column, shown.inputs[:, place], _MISSING)
        return found

    return rows


_ROWS: Mapping[str, Callable[[tuple[Column, ...]], Rows]] = MappingProxyType(
    {"lightgbm": _cells, "xgboost": _cells, "catboost": _words}
)

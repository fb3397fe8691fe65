"""scikit-learn's own estimators by name, and what can be told of any estimator by looking at it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping
from typing import Any

from overproof.data.arrays import one_line
from overproof.errors import StudyError, nearest
from overproof.study import Teacher

#: Modules whose estimators say much the same of their training rows as of others: few numbers, none of them a row's.
_SMOOTH = (
    "sklearn.linear_model",
    "sklearn.naive_bayes",
    "sklearn.discriminant_analysis",
    "sklearn.dummy",
    "sklearn.cross_decomposition",
)
_SMOOTH_NAMES = ("LinearSVC", "LinearSVR", "NearestCentroid")


def prototype(name: str, settings: Mapping[str, Any], task: str, where: str) -> Any:
    """The estimator that ``sklearn:Class`` names, not fitted.

    Args:
        name: of the class.
        settings: its parameters.
        task: what is asked about a row.
        where: the study's table, for messages.

    Raises:
        StudyError: for a class or a parameter that scikit-learn does not have, or a value that it refuses.
    """
    kinds = ("regressor", "classifier") if task == "regression" else ("classifier", "regressor")
    known, others = (_estimators(kind) for kind in kinds)
    if name not in known:
        if name in others:
            raise StudyError(f"{where}.model = 'sklearn:{name}' is a {kinds[1]}, and the task is {task}")
        close, asked, _ = nearest(name, known).partition("?")
        hint = f"{close}?" if asked else f"it has {len(known)}, from {min(known)} to {max(known)}"
        raise StudyError(f"{where}.model = 'sklearn:{name}' is not a {kinds[0]} of scikit-learn; {hint}")
    cls = known[name]
    parameters = cls._get_param_names()
    for setting in settings:
        if setting not in parameters:
            hint = nearest(setting, [*parameters, *Teacher.model_fields])
            raise StudyError(f"[{where}] has no key {setting!r} for sklearn:{name}; {hint}")
    try:
        with warnings.catch_warnings(action="ignore"):  # what is to come in later versions
            estimator = cls(**settings)
        check = getattr(estimator, "_validate_params", None)
        if check is not None:
            check()
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"[{where}] sklearn:{name} cannot be made of its settings ({one_line(error)}); parameters that a file "
            "cannot hold need a live estimator, teacher=... in Python"
        ) from error
    return estimator


@functools.cache
def _estimators(kind: str) -> Mapping[str, Any]:
    from sklearn.utils.discovery import all_estimators  # noqa: PLC0415 (slow to import, and needed here only)

    with warnings.catch_warnings(action="ignore"):  # some modules announce what they will become
        return dict(all_estimators(kind))


def memorises(estimator: Any) -> bool:
    """Whether an estimator may know its training rows by heart.

    False for linear models, naive Bayes and the like that come with scikit-learn; True for everything else.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> memorises(Ridge()), memorises(DecisionTreeClassifier())
        (False, True)
    """
    cls = type(estimator)
    return not (cls.__module__.startswith(_SMOOTH) or (in_sklearn(cls) and cls.__name__ in _SMOOTH_NAMES))


def in_sklearn(cls: type) -> bool:
    """Whether a class comes with scikit-learn."""
    return cls.__module__.partition(".")[0] == "sklearn"


def looks_like_one(live: Any) -> bool:
    """Whether an object can be asked as scikit-learn's estimators can."""
    asked = ("predict_proba", "decision_function", "predict")
    return not isinstance(live, type) and any(callable(getattr(live, name, None)) for name in asked)


def is_fitted(estimator: Any) -> bool:
    """Whether an estimator has been fitted; what cannot be fitted counts as that."""
    from sklearn.exceptions import NotFittedError  # noqa: PLC0415
    from sklearn.utils.validation import check_is_fitted  # noqa: PLC0415

    if not callable(getattr(estimator, "fit", None)):
        return True
    if callable(getattr(estimator, "is_fitted", None)):  # CatBoost
        return bool(estimator.is_fitted())
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    except Exception:  # no estimator of scikit-learn's, but much like one
        return any(name.endswith("_") and not name.startswith("_") for name in vars(estimator))
    return True


def tags(estimator: Any) -> Any | None:
    """scikit-learn's tags of an estimator, or None where it has none."""
    from sklearn.utils import get_tags  # noqa: PLC0415

    try:
        with warnings.catch_warnings(action="ignore"):
            return get_tags(estimator)
    except Exception:  # no estimator of scikit-learn's, or one that cannot be asked before it is fitted
        return None


def prepares_rows(estimator: Any) -> bool:
    """Whether an estimator has a pipeline or a column transformer inside, and so takes rows as they are."""
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415
    from sklearn.pipeline import FeatureUnion, Pipeline  # noqa: PLC0415

    try:
        inside = [estimator, *estimator.get_params(deep=True).values()]
    except Exception:  # no estimator of scikit-learn's
        return False
    return any(isinstance(each, Pipeline | ColumnTransformer | FeatureUnion) for each in inside)

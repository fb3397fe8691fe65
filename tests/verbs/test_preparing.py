"""What identifies a run, and what is refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from torch import nn

from overproof.errors import ModelError, OverproofError, StudyError
from overproof.verbs.preparing import Given, Prepared, prepare

RNG = np.random.default_rng(0)
INPUTS, LABELS = RNG.normal(size=(40, 3)).astype(np.float32), np.arange(40) % 2
Says = Callable[[NDArray[Any]], NDArray[Any]]


def prepared(teacher: Any, *settings: str, trust: bool = True, **protocol: Any) -> Prepared:
    small = {"model": "mlp", "width": 4}
    given = Given(data=(INPUTS, LABELS), teacher=teacher, student=small, protocol={"folds": 2, **protocol})
    return prepare(None, given, settings, trust)


def saying(factor: float) -> Says:
    """Functions of one name that say different things."""

    def says(rows: NDArray[Any]) -> NDArray[Any]:
        return np.stack((rows[:, 0] * factor, -rows[:, 1]), axis=1)

    return says


def linear(weight: float) -> nn.Module:
    made = nn.Linear(3, 2)
    nn.init.constant_(made.weight, weight)
    nn.init.zeros_(made.bias)
    return made


def forest(seed: int) -> Any:
    return ExtraTreesClassifier(3, random_state=seed).fit(INPUTS, LABELS)


def built(width: int) -> Callable[[], nn.Module]:
    def network() -> nn.Module:
        return nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 2))

    return network


@pytest.mark.parametrize(
    "make",
    [
        saying,
        lambda number: forest(int(number)),
        linear,
        lambda number: [linear(number), linear(5)],
        lambda number: [saying(number), "sklearn:GaussianNB"],
        lambda number: [built(int(number)), "sklearn:GaussianNB"],
        lambda number: ExtraTreesClassifier(int(number)),
        lambda number: [{"model": linear(1), "share": number}, "mlp"],
    ],
    ids=["function", "fitted", "module", "modules", "function among others", "built", "estimator", "share"],
)
def test_another_teacher_of_the_same_name_is_another_run(make: Callable[[float], Any]) -> None:
    one, again, other = (prepared(make(number)) for number in (1, 1, 2))
    assert one.identity["study"] == other.identity["study"] or "share" in str(one.identity["study"])
    assert one.identity == again.identity, "the same again is the same run, which goes on where it stopped"
    assert one.identity != other.identity
    assert one.name == again.name != other.name


def narrow() -> nn.Module:
    return nn.Linear(3, 5)


SHARED = nn.Linear(3, 2)


def shared() -> nn.Module:
    return SHARED


@pytest.mark.parametrize(
    ("teacher", "settings", "protocol", "error", "message"),
    [
        ("mlp", ["teacher.cross_fit=true"], {}, StudyError, "is trained in epochs"),
        (linear(1), ["teacher.cross_fit=true"], {}, StudyError, "was brought and knows its answers"),
        (linear(1), [], {"teacher_rows": "all"}, StudyError, 'teacher_rows = "all" has no meaning for a teacher'),
        (
            "sklearn:GaussianNB",
            ["teacher.cross_fit=true"],
            {"teacher_rows": "all"},
            StudyError,
            'teacher.cross_fit = true has no meaning with protocol.teacher_rows = "all"',
        ),
        ("sklearn:GaussianNB", ["teacher.training.epochs=3"], {}, StudyError, "teacher.training has no meaning"),
        (lambda rows: rows[:, :2], ["teacher.training.epochs=3"], {}, StudyError, "teacher.training has no meaning"),
        (["mlp", nn.Linear(3, 7)], [], {}, ModelError, r"teacher.model\[1\] returned shape \(2, 7\)"),
        ([narrow, "sklearn:GaussianNB"], [], {}, ModelError, r"teacher.model\[0\] returned shape \(2, 5\)"),
        ([shared, "sklearn:GaussianNB"], [], {}, ModelError, r"teacher.model\[0\]: .* must return a fresh module"),
        (
            [lambda rows: rows, "sklearn:GaussianNB"],
            [],
            {},
            ModelError,
            r"returned shape \(2, 3\), expected \(2, 2\)",
        ),
        ("mlp", ["targets.codec=topk", "targets.k=2"], {}, StudyError, "targets.k = 2, but there are 2 classes"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(
    teacher: Any, settings: list[str], protocol: dict[str, Any], error: type[OverproofError], message: str
) -> None:
    with pytest.raises(error, match=message):
        prepared(teacher, *settings, **protocol)

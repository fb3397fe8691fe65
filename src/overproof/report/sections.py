"""Which sections the report of one comparison has, and which plots: what the results do not hold is left out."""

from __future__ import annotations

from typing import NamedTuple

from overproof.report import summary
from overproof.report.plots.classes import classes
from overproof.report.plots.cost import cost, dots
from overproof.report.plots.curves import LOSSES, curves
from overproof.report.plots.differences import differences
from overproof.report.plots.forest import attribution
from overproof.report.plots.power import power
from overproof.report.plots.reliability import SCALED, reliability
from overproof.report.plots.similarity import similarity
from overproof.report.plots.spec import Spec
from overproof.report.plots.values import values
from overproof.results import Result, Results


class Section(NamedTuple):
    """A part of the page; its template is ``sections/<id>.html.j2``."""

    id: str
    title: str


def sections(results: Results) -> list[Section]:
    """The sections there is something to say in, in the order in which they are read."""
    result = results.result
    possible = [
        (True, Section("scores", "Scores")),
        (True, Section("differences", "Difference to simple")),
        (any(each.power for each in result.comparisons), Section("power", "What could have been found")),
        (result.attribution is not None, Section("controls", "Where the gain comes from")),
        (any(arm.curves for arm in result.arms), Section("curves", "Learning curves")),
        (_likened(result), Section("fidelity", "Agreement with the teacher")),
        (any(arm.calibration for arm in result.arms), Section("calibration", "Calibration")),
        (any(arm.classes for arm in result.arms), Section("classes", "Class by class")),
        (result.knowledge is not None, Section("knowledge", "What the teacher knows")),
        (result.values is not None, Section("values", "Said against true")),
        (True, Section("cost", "Cost")),
        (bool(result.notes), Section("notes", "Notes")),
        (True, Section("protocol", "Protocol")),
        (True, Section("reproduce", "Reproduce it")),
    ]
    return [section for there, section in possible if there]


def _likened(result: Result) -> bool:
    """Whether it is known how near the arms are to their teacher."""
    return any(arm.disagreement or {"kl", "teacher_rmse"} & arm.scores.keys() for arm in result.arms)


def plots(results: Results) -> dict[str, Spec]:
    """Every plot by the name under which the templates place it."""
    result = results.result
    found: dict[str, Spec | None] = {
        **{f"differences-{place}": differences(result, each) for place, each in enumerate(result.comparisons)},
        "power": power(result),
        "controls": attribution(result),
        **{f"curves-{loss}": curves(result, loss) for loss in LOSSES},
        **{f"calibration-{when}": reliability(result, when) for when in SCALED},
        **{f"classes-{place}": classes(result, arm) for place, arm in enumerate(result.arms)},
        "similarity": similarity(result),
        **{
            f"values-{output}": values(result, output)
            for output in range(len(result.values.targets) if result.values else 0)
        },
        "cost": cost(dots(results), summary.headline_metric(result)),
    }
    return {name: spec for name, spec in found.items() if spec is not None}

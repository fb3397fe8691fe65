"""False alarms in real studies: networks trained on digits, where the student is simple again, with other seeds.

Also counted: how often a teacher that knows nothing, a network with random weights, is said to help.
``docs/false-alarms.md`` says what was done and what the figures mean.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.data.dataset import limited
from overproof.evaluating.predictions import test_logits
from overproof.executors.in_process import InProcess
from overproof.executors.job import STAGES, Job, jobs_of
from overproof.models.mlp import MLP
from overproof.plan import Member, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.sources.digits import load as digits
from overproof.verbs.preparing import Given, prepare
from simulated import HELPS, HURTS, VERDICTS, check, judged, looks, upper_bound
from timing import QUICK, Figure, keep

STUDIES = 2 if QUICK else 200
ROWS, FOLDS, MOST = 400, 5, 5
#: ``"auto"`` here looks after 1, 2 and 5 repeats: ``most_repeats = 5``.
REPEATS: tuple[int | str, ...] = (1, MOST, "auto")
STUDENT = {"model": "mlp", "width": 16, "training": {"epochs": 10, "batch_size": 32, "learning_rate": 0.01}}
#: Added to a study's seed for the second simple: other initial weights, other batches, the same splits.
OTHER = 1_000_000

Differences = NDArray[np.float64]


class Found(NamedTuple):
    """What a study found, each [repeats, folds]."""

    simple: Differences
    """Its accuracy, for scale."""
    other_seeds: Differences
    """Accuracy of simple with other seeds − simple's."""
    random_teacher: Differences
    """Accuracy of a student of a random teacher − simple's."""


def random_teacher(seed: int) -> nn.Module:
    """A network nobody has trained."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MLP(width=32).build((1, 8, 8), 10)


def planned(number: int) -> Plan:
    """A study of its own rows, drawn from digits, and of its own splits."""
    given = Given(
        data=limited(digits(), ROWS, number),
        teacher=random_teacher(number),
        student=STUDENT,
        protocol={"folds": FOLDS, "repeats": MOST, "seed": number},
    )
    return prepare(None, given, (), trust=False).plan


def reseeded(plan: Plan) -> Plan:
    """The same rows in the same splits, and everything else drawn by another seed."""
    protocol = plan.study.protocol.model_copy(update={"seed": plan.study.protocol.seed + OTHER})
    other = replace(plan, study=plan.study.model_copy(update={"protocol": protocol}))
    vars(other)["drawn"] = plan.drawn  # once, by the first seed
    return other


def accuracies(plan: Plan, run: Run, arm: str) -> Differences:
    """Of every member of an arm on its test rows, [repeats, folds]."""
    found = [
        float((test_logits(plan, run, Member(arm, split)).argmax(axis=1) == plan.data.labels[split.test]).mean())
        for split in plan.splits
    ]
    return np.array(found).reshape(-1, FOLDS)


def studied(number: int) -> Found:
    """Carry out one study through the library's own jobs, and its second simple likewise."""
    plan = planned(number)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        run, again = (Run.claim(Path(folder) / name, {"study": number}) for name in ("run", "again"))
        InProcess(plan, run, Watcher()).perform([job for stage in STAGES for job in jobs_of(plan, stage)])
        other = reseeded(plan)
        of_simple = [key for key, cohort in other.students.items() if cohort.members[0].arm == "simple"]
        InProcess(other, again, Watcher()).perform(
            [Job(stage, key) for stage in ("train", "evaluate") for key in of_simple]
        )
        simple = accuracies(plan, run, "simple")
        return Found(simple, accuracies(other, again, "simple") - simple, accuracies(plan, run, "student") - simple)


def implied_correlation(differences: Differences) -> float:
    """Correlation of two splits that explains how much the studies' means vary, [studies, repeats, folds]."""
    rows = differences.reshape(len(differences), -1)
    excess = rows.mean(axis=1).var(ddof=1) / rows.var(axis=1, ddof=1).mean() - 1 / rows.shape[1]
    return float(excess / (1 + excess))


def told(differences: Differences) -> dict[str, Any]:
    """What the rule says of all studies, with numbers a reader can judge it by."""
    found: dict[str, Any] = {
        "mean_points": 100 * float(differences.mean()),
        "spread_points": 100 * float(np.sqrt(differences[:, 0].var(axis=1, ddof=1).mean())),
        "implied_correlation": {
            str(repeats): implied_correlation(differences[:, :repeats]) for repeats in looks(differences)
        },
    }
    for repeats in REPEATS:
        check(differences, repeats)
        own = judged(differences, repeats)
        found[f"repeats {repeats}"] = {
            **{name: int((own.verdicts == number).sum()) for number, name in enumerate(VERDICTS)},
            "interval covers 0": int(((own.low <= 0) & (own.high >= 0)).sum()),
        }
    return found


def most(differences: Differences, answers: tuple[int, ...]) -> float:
    """Upper bound of the rate at which the studies get one of the answers, whatever the repeats."""
    hits = (int(np.isin(judged(differences, repeats).verdicts, answers).sum()) for repeats in REPEATS)
    return upper_bound(max(hits), len(differences))


def main() -> None:
    torch.set_num_threads(1)
    found = []
    for number in range(STUDIES):
        found.append(studied(number))
        if (number + 1) % 20 == 0:
            print(f"{number + 1} of {STUDIES} studies", flush=True)
    simple, other_seeds, random = (np.stack(each) for each in zip(*found, strict=True))
    keep(
        "false_alarms_real",
        [
            Figure("simple against simple: helps or hurts (upper bound)", most(other_seeds, (HELPS, HURTS)), "<= 0.05"),
            Figure("a random teacher helps (upper bound)", most(random, (HELPS,)), "<= 0.05"),
        ],
        studies=STUDIES,
        rows=ROWS,
        folds=FOLDS,
        repeats=MOST,
        student=STUDENT,
        accuracy_of_simple=float(simple.mean()),
        other_seeds=told(other_seeds),
        random_teacher=told(random),
    )


if __name__ == "__main__":
    main()

"""Teachers that are fitted in one go: what they say about every row, out-of-fold where they know the row by heart.

A forest has its own training rows by heart: what it says about them is their labels again, and teaches nothing. So the
training rows of a split are dealt into folds, and each is answered for by a teacher that has learnt from the others.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import nn

from overproof.data.duplicates import duplicate_groups
from overproof.data.folds import assign_folds
from overproof.data.strata import Strata, strata_of
from overproof.device import one_thread
from overproof.errors import ModelError
from overproof.models import weights
from overproof.models.architecture import Architecture
from overproof.plan import Member, Plan
from overproof.progress import Watcher
from overproof.randomness import key as keyed
from overproof.run import Run
from overproof.targets import asking
from overproof.targets.asking import Answer
from overproof.targets.record import ANSWERS, NOTES
from overproof.teachers.ensemble import Ensemble, mixed
from overproof.teachers.teacher import Apprentice, Voice
from overproof.training.checkpoint import Checkpoint
from overproof.training.cohorts import trained

#: Into how many parts the training rows are dealt.
FOLDS = 5

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def fit_and_ask(plan: Plan, run: Run, key: str, watcher: Watcher) -> dict[str, bytes]:
    """What a teacher says about every item after it was fitted on a split's rows, and what it says of itself.

    Args:
        plan: the comparison.
        run: its folder.
        key: of the teach job.
        watcher: told about epochs, where a member of an ensemble has any.

    Returns:
        Files: the answers [items, outputs] as NPY, and a list of notes as JSON.

    Raises:
        ModelError: when it cannot be fitted, or an answer is not finite.
        TrainingError: when the loss of a network in an ensemble is not finite.
    """
    lesson, teacher = _Lesson(plan, run, key, watcher), plan.teacher
    # one thread of arithmetic, for the libraries as for torch: how many there are decides the order of sums
    with one_thread(), threadpool_limits(1):
        if isinstance(teacher, Ensemble):
            parts = [lesson.learnt(own, place) for place, own in enumerate(teacher.members)]
            answers = mixed(parts, teacher.shares, plan.data.task)
        else:
            answers = lesson.learnt(teacher)
    buffer = io.BytesIO()
    np.save(buffer, answers, allow_pickle=False)
    return {ANSWERS: buffer.getvalue(), NOTES: json.dumps(list(dict.fromkeys(lesson.notes))).encode()}


def forget(plan: Plan, run: Run, key: str) -> None:
    """Remove the progress of the networks of an ensemble: the job is done."""
    if isinstance(plan.teacher, Ensemble):
        for place in range(len(plan.teacher.members)):
            Checkpoint(run, _job(key, place)).clear()


def _job(key: str, place: int) -> str:
    """What the training of one network of an ensemble is called."""
    return f"teach/{key}/{place}"


@dataclass(frozen=True)
class _Lesson:
    """One split's rows, and who learns from them."""

    plan: Plan
    run: Run
    key: str
    watcher: Watcher
    notes: list[str] = field(default_factory=list)

    @property
    def member(self) -> Member:
        """The teacher's place in the plan."""
        return self.plan.fits[self.key]

    def learnt(self, teacher: Architecture | nn.Module | Voice | Apprentice, place: int = 0) -> Floats:
        """What a teacher says about every item, [items, outputs], when it has learnt what it can.

        Args:
            teacher: the only one, or one of an ensemble.
            place: in the ensemble: what is drawn for one teacher is not drawn for another.
        """
        everything = self._items(np.arange(len(self.plan.data)))
        match teacher:
            case Apprentice():
                return self._apprentice(teacher, place)
            case Voice():
                self.notes.extend(teacher.notes)
                return asking.answers_of(self.plan, self.key, teacher)(everything)
            case Architecture():
                return asking.network(self.plan, self.key, self._network(teacher, place)).answer(everything)
        return asking.network(self.plan, self.key, teacher).answer(everything)

    def _network(self, architecture: Architecture, place: int) -> nn.Module:
        """A network of an ensemble, trained on the split's rows."""
        plan, job = self.plan, _job(self.key, place)
        best, _ = trained(plan, self.run, job, plan.alone(architecture, self.member, place), self.watcher)
        module = architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")
        weights.load_into(module, {name: tensor[0] for name, tensor in best.items()}, job)
        return module

    def _apprentice(self, apprentice: Apprentice, place: int) -> Floats:
        """What an apprentice says: about its training rows, one that has not learnt from them, where it memorises."""
        split, rows = self.member.split, self.member.rows.train
        who = f"apprentice-{place}" if place else "apprentice"
        own = (self.plan.study.protocol.seed, who, split.repeat, split.fold)
        answers = self._taught(apprentice, rows, keyed(*own))(self._items(np.arange(len(self.plan.data))))
        if self.plan.crosses(apprentice):
            companions = duplicate_groups(self.plan.data)
            fold_of = self._dealt(rows, companions[rows], keyed(*own, "folds"))
            for fold in np.unique(fold_of).tolist():
                # rows that are no training rows, but copies or of the group of some, are known by heart as well
                known = np.isin(companions, companions[rows[fold_of == fold]])
                told = self._items(np.flatnonzero(known))
                answers[told] = self._taught(apprentice, rows[fold_of != fold], keyed(*own, fold))(told)
        return answers

    def _taught(self, apprentice: Apprentice, rows: Rows, a_key: int) -> Answer:
        """What answers about items when an apprentice was fitted on some rows."""
        voice = apprentice.fit(self.plan.data, rows, a_key % 2**31)
        self.notes.extend(voice.notes)
        return asking.answers_of(self.plan, self.key, voice)

    def _dealt(self, rows: Rows, companions: Rows, a_key: int) -> Rows:
        """The part that each of some rows belongs to; copies and groups stay together, [rows].

        Raises:
            ModelError: when all of them are of one group, so that nobody is left to learn from.
        """
        data, groups = self.plan.data, np.unique(companions, return_inverse=True)[1]
        parts = min(FOLDS, int(groups.max()) + 1)
        if parts < 2:
            raise ModelError(
                "the teacher's training rows are all of one group, so that none can be answered for out-of-fold; "
                "use other groups, or teacher.cross_fit = false"
            )
        labels = strata_of(data.labels[rows], data.task)
        return assign_folds(Strata(labels, data.ids[rows], groups), parts, a_key)

    def _items(self, rows: Rows) -> Rows:
        """All views of some rows, as items."""
        return (rows[:, np.newaxis] * self.plan.count + np.arange(self.plan.count)).ravel()

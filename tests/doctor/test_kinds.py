"""Every check for every task and every kind of teacher: it says the right thing, or says why it is not made."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from torch import Tensor, nn

from overproof.data.columns import Column
from overproof.data.content import row_digests, row_ids
from overproof.data.dataset import UNLABELLED, Dataset, Tokens
from overproof.doctor.against_simple import against_simple
from overproof.doctor.answers import Answers, Models, Teacher, ask, known
from overproof.doctor.chance import chance
from overproof.doctor.class_order import class_order
from overproof.doctor.determinism import determinism
from overproof.doctor.examining import at_length, before_a_run, briefly
from overproof.doctor.finding import Finding
from overproof.doctor.labels_in_features import labels_in_features
from overproof.doctor.logits import logits
from overproof.doctor.memorising import memorising
from overproof.doctor.modes import modes
from overproof.doctor.normalisation import normalisation
from overproof.doctor.one_batch import one_batch
from overproof.doctor.repeated_rows import repeated_rows
from overproof.doctor.shuffled_labels import shuffled_labels
from overproof.doctor.sizes import sizes
from overproof.doctor.stored_answers import stored_answers
from overproof.doctor.trial import Trial
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.teachers.teacher import Shown, Voice
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Given, prepare
from tests.doctor.patients import TASKS, checks, labels_of, only, plan_of, rows

OF_OUTPUTS = ("multilabel", "regression")
ROWS = np.arange(400)


def forest(task: str, **settings: Any) -> dict[str, Any]:
    kind = "RandomForestRegressor" if task == "regression" else "RandomForestClassifier"
    return {"model": f"sklearn:{kind}", "n_estimators": 20, **settings}


def truth(study: Plan) -> NDArray[np.float32]:
    """What a good teacher says about all rows: the labels, and some doubt."""
    labels = study.data.labels.astype(np.float32)
    doubt = np.random.default_rng(3).standard_normal(labels.shape).astype(np.float32)
    if study.data.task == "regression":
        return labels + 10 * doubt
    return 4 * (labels - 0.5) + doubt


class Saying(Voice):
    """Says of every row what it was given."""

    name = "saying"
    sees_views = False

    def __init__(self, said: NDArray[np.float32]) -> None:
        self.said = said

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        return self.said[shown.rows].astype(np.float32)

    def components(self) -> None:
        return None


def answers(study: Plan, said: NDArray[np.float32]) -> Answers:
    return ask(study, Saying(said), ROWS)


def all_of_the_teacher(study: Plan, said: NDArray[np.float32]) -> list[tuple[str, str]]:
    told = answers(study, said)
    return [each for check in (logits, chance, class_order) for each in checks(check(study, told))]


# what a teacher says


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_a_good_teacher_passes(task: str) -> None:
    study = plan_of(task)
    assert all_of_the_teacher(study, truth(study)) == []


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_a_teacher_at_chance_is_named(task: str) -> None:
    study = plan_of(task)
    shuffled = np.random.default_rng(1).permutation(truth(study))
    assert all_of_the_teacher(study, shuffled) == [("chance", "error")]
    assert "outputs goes with its label" in only(chance(study, answers(study, shuffled))).evidence


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_a_teacher_that_says_the_same_of_all_rows_is_named_once(task: str) -> None:
    study = plan_of(task)
    said = np.broadcast_to(truth(study)[:1], truth(study).shape)
    assert all_of_the_teacher(study, said) == [("logits", "error")]


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_outputs_in_another_order_are_named(task: str) -> None:
    study = plan_of(task)
    said = np.roll(truth(study), 1, axis=1)
    finding = only(class_order(study, answers(study, said)))
    assert finding.severity == "error"
    names = study.data.classes
    assert f"the output of {names[1]!r} goes with {names[0]!r}" in finding.evidence
    found = briefly(dataclasses.replace(study, brought=Saying(said), trains_teacher=False))
    assert [each.check for each in found] == ["class order"]


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_answers_that_say_the_opposite_are_named(task: str) -> None:
    study = plan_of(task)
    assert "says the opposite" in only(class_order(study, answers(study, -truth(study)))).evidence


def test_a_binary_teacher_whose_classes_are_exchanged_is_named() -> None:
    study = plan_of("binary")
    says = 4 * np.eye(2, dtype=np.float32)[1 - study.data.labels] + np.random.default_rng(0).random((480, 2))
    assert ("class order", "error") in all_of_the_teacher(study, says.astype(np.float32))


def test_sigmoids_of_several_labels_are_not_logits() -> None:
    study = plan_of("multilabel")
    said = (1 / (1 + np.exp(-truth(study)))).astype(np.float32)
    assert ("logits", "error") in all_of_the_teacher(study, said)
    assert "Leave out its sigmoid" in only(logits(study, answers(study, said))).remedy


@pytest.mark.parametrize("change", [lambda v: (v - 1000) / 50, lambda v: v / 1000, lambda v: np.log(v.clip(1))])
def test_values_in_another_unit_are_named(change: Callable[[Any], Any]) -> None:
    study = plan_of("regression")
    finding = only(chance(study, answers(study, change(truth(study)))))
    assert finding.severity == "error"
    assert (
        "times that of always saying the mean of each label, though its answers go with the labels" in finding.evidence
    )
    assert finding.remedy == "Let it answer in the unit of the target (no scaled or transformed values)."


def test_values_between_0_and_1_are_no_probabilities() -> None:
    inputs = rows()[0]
    study = plan_of("regression", data={"inputs": inputs, "labels": 1 / (1 + np.exp(-inputs[:, 0]))})
    said = study.data.labels + 0.01 * np.random.default_rng(0).standard_normal(study.data.labels.shape)
    assert all_of_the_teacher(study, said.astype(np.float32)) == []


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_too_few_rows_show_nothing(task: str) -> None:
    study = plan_of(task)
    found = list(chance(study, ask(study, Saying(-truth(study)), np.arange(8))))
    assert [type(each).__name__ for each in found] == ["Unchecked"]


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_false_alarms_are_rare(task: str) -> None:
    study, generator = plan_of(task), np.random.default_rng(5)
    good, alarms = truth(study), []
    spread = good.std(axis=0)
    for noise in np.linspace(0.1, 3, 60):  # good teachers, and weak ones
        said = good + noise * spread * generator.standard_normal(good.shape).astype(np.float32)
        alarms += checks(class_order(study, answers(study, said)))
        alarms += checks(logits(study, answers(study, said)))
    assert alarms == []


# how a teacher learnt


class Linear(nn.Module):
    """Knows the regression's or the labels' rows as far as a linear model of its inputs does, on another scale."""

    def __init__(self, study: Plan, scale: float) -> None:
        super().__init__()
        inputs, labels = study.data.inputs, study.data.labels
        design = np.column_stack([inputs, np.ones(len(inputs))])
        goal = labels if study.data.task == "regression" else 6 * (labels - 0.5)
        weights = np.linalg.lstsq(design, goal, rcond=None)[0]
        self.linear = nn.Linear(inputs.shape[1], labels.shape[1])
        self.scale = scale
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weights[:-1].T))
            self.linear.bias.copy_(torch.from_numpy(weights[-1]))

    def forward(self, inputs: Tensor) -> Tensor:
        said: Tensor = self.linear(inputs / self.scale)
        return said


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_inputs_on_another_scale_are_named(task: str) -> None:
    study = plan_of(task)
    for scale, named in ((1.0, False), (255.0, True)):
        told = ask(study, Linear(study, scale), ROWS)
        found = list(normalisation(study, told))
        assert bool(found) == named
    assert "when they are multiplied by 255" in found[0].evidence  # type: ignore[union-attr]


@pytest.mark.parametrize("task", TASKS)
def test_in_sample_targets_of_a_teacher_that_memorises_are_named(task: str, tmp_path: Path) -> None:
    inputs, noise = rows()[0], np.random.default_rng(4)
    labels = labels_of(task)
    wrong = noise.random(len(labels)) < 0.5
    labels[wrong] = noise.permutation(labels)[wrong]
    data = {"inputs": inputs, "labels": labels, "task": task}
    for cross_fit, named in ((False, True), ("auto", False), (True, False)):
        teacher = forest(task, cross_fit=cross_fit)
        study = plan_of(task, data=data, teacher=teacher)
        told = ask(study, Trial(study, Run(tmp_path / str(cross_fit))).teacher, study.splits[0].test)
        found = list(memorising(study, told))
        assert bool(found) == named
        if named:
            assert "teacher.cross_fit = true" in found[0].remedy


# the data


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_a_label_in_the_features_is_named(task: str) -> None:
    inputs, labels = rows()[0].copy(), labels_of(task)
    honest = plan_of(task)
    assert not list(labels_in_features(honest))
    inputs[:, 3] = 7 - 2 * labels[:, 1] + 1e-3 * inputs[:, 3]
    finding = only(labels_in_features(plan_of(task, data={"inputs": inputs, "labels": labels, "task": task})))
    assert finding.evidence.startswith(f"Feature [3] alone tells the label {honest.data.classes[1]!r}")


def test_a_missing_cell_or_a_category_that_tells_the_label_is_named() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(2, size=400)
    numbers = random.standard_normal(400).astype(np.float32)
    for column, cells in (
        (Column("filled later", None), np.where(labels == 1, np.nan, numbers)),
        (Column("result", ("bad", "good")), labels),
    ):
        inputs = np.column_stack([numbers, cells]).astype(np.float32)
        finding = only(labels_in_features(of_dataset(table(inputs, labels, (Column("age"), column)))))
        assert "alone tells the label of" in finding.evidence
        assert column.name in finding.evidence


def test_contradictions_among_several_labels_are_counted_and_values_may_differ() -> None:
    inputs = np.repeat(rows(240)[0], 2, axis=0)
    for task, named in (("multilabel", True), ("regression", False)):
        study = plan_of(task, data={"inputs": inputs, "labels": labels_of(task), "task": task})
        assert [each.check for each in repeated_rows(study)] == ["repeated rows"] * named


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_a_student_that_does_not_look_is_named(task: str) -> None:
    class Blind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.says = nn.Parameter(torch.zeros(labels_of(task).shape[1]))

        def forward(self, inputs: Tensor) -> Tensor:
            says: Tensor = self.says + 0 * inputs[:, :1]
            return says

    assert not list(one_batch(plan_of(task)))
    assert checks(one_batch(plan_of(task, student=Blind))) == [("one batch", "error")]


# a trial


@pytest.mark.parametrize("task", ["binary", *OF_OUTPUTS])
def test_a_teacher_that_is_no_better_is_judged_by_the_headline_metric(task: str, tmp_path: Path) -> None:
    metric = {"binary": "roc_auc", "multilabel": "average_precision", "regression": "rmse"}[task]
    student = {"model": "mlp", "width": 32, "training": {"epochs": 30, "learning_rate": 0.02}}
    study = plan_of(task, f"protocol.metric={metric}", count=960, student=student)
    trial, test = Trial(study, Run(tmp_path)), study.splits[0].test
    best = 6 * np.eye(2, dtype=np.float32)[study.data.labels] if task == "binary" else truth(study)
    weak = np.random.default_rng(0).permutation(best)
    assert not list(against_simple(trial, ask(study, Saying(best), test)))
    finding = next(iter(against_simple(trial, ask(study, Saying(weak), test))))
    assert finding.severity == "warning"
    assert finding.evidence.startswith(f"The teacher's {metric} is ")
    assert "it is at most 0 better (95 %)" in finding.evidence


@pytest.mark.parametrize("unit", [1e-6, 1.0])
def test_what_is_worth_it_is_the_rope_in_the_unit_of_the_target(unit: float, tmp_path: Path) -> None:
    data = {"inputs": rows(960)[0], "labels": unit * labels_of("regression", 960), "task": "regression"}
    study = plan_of("regression", f"protocol.rope={unit}", data=data)
    trial, test = Trial(study, Run(tmp_path)), study.splits[0].test
    assert not list(against_simple(trial, ask(study, Saying(study.data.labels), test)))


@pytest.mark.parametrize("task", TASKS)
def test_an_honest_student_is_at_chance_on_shuffled_labels(task: str, tmp_path: Path) -> None:
    assert not list(shuffled_labels(Trial(plan_of(task), Run(tmp_path))))


@pytest.mark.parametrize("task", OF_OUTPUTS)
def test_test_rows_among_the_training_rows_are_found(task: str, tmp_path: Path) -> None:
    student = {"model": "mlp", "width": 256, "training": {"epochs": 80, "learning_rate": 0.01}}
    trial = Trial(plan_of(task, student=student, protocol={"folds": 4, "validation": 0}), Run(tmp_path))
    splits = trial.shuffled.plan.drawn
    splits[:] = [dataclasses.replace(split, student=np.union1d(split.student, split.test)) for split in splits]
    assert checks(shuffled_labels(trial)) == [("shuffled labels", "error")]


def test_rows_without_labels_stay_without_when_labels_are_shuffled(tmp_path: Path) -> None:
    data = plan_of("binary").data
    parts, labels = np.zeros(len(data), dtype=np.int8), data.labels.copy()
    parts[::3], labels[::3] = UNLABELLED, -1
    study = of_dataset(dataclasses.replace(data, parts=parts, labels=labels))
    shuffled = Trial(study, Run(tmp_path)).shuffled.plan.data
    assert (shuffled.labels[::3] == -1).all()
    assert sorted(shuffled.labels.tolist()) == sorted(labels.tolist())
    assert 0 not in known(study)
    found = at_length(study)
    assert not [each for each in found if each.severity == "error"]


# teachers that are no networks


class Drawing(Saying):
    """Says something else every time."""

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        noise = np.random.default_rng().standard_normal((len(shown.rows), self.said.shape[1]))
        return super().answer(shown) + noise.astype(np.float32)


class Comparing(Saying):
    """Says of a row how it compares with the others it is asked about."""

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        said = super().answer(shown)
        return np.asarray(said - said.mean(axis=0))


def models(study: Plan, teacher: Teacher) -> Models:
    return Models(teacher, Models.of(study).student)


@pytest.mark.parametrize("task", TASKS)
def test_a_voice_that_says_something_else_when_asked_again_is_named(task: str) -> None:
    study = plan_of(task)
    said = np.random.default_rng(0).standard_normal((480, len(study.data.classes))).astype(np.float32)
    assert not list(determinism(study, models(study, Saying(said))))
    for voice, evidence in (
        (Drawing(said), "Asked twice about"),
        (Comparing(said), "by themselves, the teacher changed"),
    ):
        assert evidence in only(determinism(study, models(study, voice))).evidence


def test_what_is_no_network_has_no_size_and_no_modes() -> None:
    study = plan_of("binary", teacher=forest("binary"))
    of = Models.of(study)
    assert of.teacher is None
    assert not list(modes(study, of))
    (told,) = sizes(study, of)
    assert told.check == "sizes"
    assert not isinstance(told, Finding)


def table(inputs: NDArray[np.float32], labels: NDArray[Any], columns: tuple[Column, ...]) -> Dataset:
    ids = row_ids(row_digests(inputs), labels)
    return Dataset("table", inputs, labels, ids, ("no", "yes"), "binary", columns)


def mixed_table(task: str, count: int = 200) -> Dataset:
    """Numbers with gaps, and categories."""
    inputs = rows(count)[0][:, :4].copy()
    inputs[:, 3] = np.digitize(inputs[:, 3], [-1, 0, 1])
    inputs[::7, 1] = np.nan
    inputs[::11, 3] = np.nan
    columns = (Column("a"), Column("b"), Column("c"), Column("d", ("w", "x", "y", "z")))
    return dataclasses.replace(labelled(inputs, task, count), columns=columns)


def texts(task: str, count: int = 200) -> Dataset:
    """A word for each sign of a feature."""
    tokens = (1 + 2 * np.arange(12) + (rows(count)[0] > 0)).astype(np.int32)
    words = tuple(" ".join(f"w{token}" for token in row) for row in tokens)
    return dataclasses.replace(labelled(tokens, task, count), tokens=Tokens(words, 30, 0))


def images(task: str, count: int = 200) -> Dataset:
    return labelled(rows(count)[0].reshape(count, 1, 3, 4), task, count)


def labelled(inputs: NDArray[Any], task: str, count: int) -> Dataset:
    labels = labels_of(task, count)
    if task in ("multiclass", "binary"):
        names, labels = np.unique(labels.astype(str), return_inverse=True)
    else:
        names = np.arange(labels.shape[1]).astype(str)
    return Dataset("kind", inputs, labels, row_ids(row_digests(inputs), labels), tuple(names.tolist()), task)


def of_dataset(data: Dataset, teacher: Any = None) -> Plan:
    small = {"model": "embedding-bag" if data.tokens else "mlp", "width": 8, "training": {"epochs": 3}}
    given = Given(
        data=data, teacher={**small, "width": 16} if teacher is None else teacher, student=small, protocol={"folds": 3}
    )
    return prepare(None, given, (), trust=True).plan


class Heard(Watcher):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def teachers(data: Dataset) -> dict[str, Any]:
    """A teacher of every kind."""
    task, outputs = data.task, len(data.classes)
    model = "embedding-bag" if data.tokens else "mlp"
    live = RandomForestRegressor(10) if task == "regression" else RandomForestClassifier(10)

    class Brought(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(int(np.prod(data.shape)), outputs)

        def forward(self, inputs: Tensor) -> Tensor:
            said: Tensor = self.linear(torch.nan_to_num(inputs.flatten(1).float()))
            return said

    return {
        "network": {"model": model, "width": 16, "training": {"epochs": 3}},
        "brought": Brought(),
        "fitted in one go": forest(task),
        "live": live,
        "ensemble": {"model": [model, forest(task)], "training": {"epochs": 2}},
    }


#: Every task with every kind of teacher; the kinds of rows take turns, unless all combinations are asked for.
KINDS = [
    (make, task, kind)
    for row, task in enumerate(TASKS)
    for column, kind in enumerate(["network", "brought", "fitted in one go", "live", "ensemble"])
    for place, make in enumerate([mixed_table, texts, images])
    if (row + column) % 3 == place or "OVERPROOF_ALL_KINDS" in os.environ
]


@pytest.mark.parametrize(("make", "task", "kind"), KINDS)
def test_nothing_fails_and_every_check_is_made_or_passed_over(
    make: Callable[[str], Dataset], task: str, kind: str
) -> None:
    data = make(task)
    study = of_dataset(data, teachers(data)[kind])
    before_a_run(study, Heard())
    found = at_length(study)
    for finding in found:
        assert "It fails with" not in finding.evidence
        assert finding.remedy != "A comparison would end there, too."
    assert not set(found.checked) & found.unchecked.keys() - {"sizes", "determinism"}
    assert len({*found.checked, *found.unchecked}) == 19


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_healthy_forest_raises_no_alarm_and_a_run_is_examined_as_it_is(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"inputs": rows()[0], "labels": labels_of(task), "task": task}
    student = {"model": "mlp", "width": 4, "training": {"epochs": 20, "learning_rate": 0.02}}
    given: dict[str, Any] = {"data": data, "teacher": forest(task), "student": student, "protocol": {"folds": 2}}
    compare(**given, out=tmp_path / "run")
    study = prepare(None, Given(**given), (), trust=False).plan
    monkeypatch.delattr("overproof.doctor.trial.teach")
    found = at_length(study, Run(tmp_path / "run"))
    assert [each for each in found if each.severity == "error"] == []
    assert {"chance", "memorising", "gradients", "stored answers"} <= set(found.checked)
    assert not checks(stored_answers(study, Run(tmp_path / "run")))


def test_a_teacher_that_cannot_be_fitted_is_a_finding() -> None:
    study = plan_of("binary", teacher=HistGradientBoostingClassifier(monotonic_cst=[0]))  # one for each feature
    found = at_length(study)
    assert ("teacher", "error") in checks(found)
    assert found.unchecked["chance"] == "The teacher could not be fitted."

"""Every task from its labels to its results: scores that scikit-learn gives, and nothing that the task has not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn import metrics as sklearn_metrics

from overproof.evaluating.predictions import test_logits as outputs_of
from overproof.evaluating.rows import row_scores
from overproof.plan import Member, Plan
from overproof.report import html, markdown
from overproof.results import Results, read
from overproof.run import Run
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Given, prepare

QUICK: dict[str, Any] = {"model": "mlp", "width": 8, "training": {"epochs": 2}}
PROTOCOL = {"folds": 3, "student_rows": 0.5}


def rows_of(task: str) -> tuple[NDArray[Any], NDArray[Any]]:
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((90, 4))
    values = inputs @ generator.standard_normal((4, 3)) + 0.3 * generator.standard_normal((90, 3))
    labels: dict[str, NDArray[Any]] = {
        "multiclass": values.argmax(axis=1),
        "binary": np.where(values[:, 0] > 0.4, "yes", "no"),
        "multilabel": (values > 0).astype(int),
        "regression": 70_000 * values[:, 0] + 200_000,
    }
    return inputs, labels[task]


def carried_out(task: str, folder: Path, **given: Any) -> tuple[Plan, Run, Results]:
    found = Given(data=rows_of(task), teacher={**QUICK, "width": 16}, student=QUICK, protocol={**PROTOCOL, **given})
    out = folder / task
    compare(data=found.data, teacher=found.teacher, student=found.student, protocol=found.protocol, out=out)
    return prepare(None, found, [], trust=False).plan, Run(out), read(out)


@pytest.fixture(scope="module", params=["multiclass", "binary", "multilabel", "regression"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Plan, Run, Results]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp(request.param)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        return request.param, *carried_out(request.param, folder)


def wanted(task: str, outputs: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
    """The headline metric and another, as scikit-learn has them."""
    z = outputs.astype(np.float64)
    if task == "regression":
        return {
            "rmse": sklearn_metrics.root_mean_squared_error(labels, z),
            "r2": sklearn_metrics.r2_score(labels, z),
            "mae": sklearn_metrics.mean_absolute_error(labels, z),
        }
    if task == "multilabel":
        return {
            "average_precision": sklearn_metrics.average_precision_score(labels, expit(z)),
            "roc_auc": sklearn_metrics.roc_auc_score(labels, expit(z)),
            "f1": sklearn_metrics.f1_score(labels, z > 0, average="macro", zero_division=0),
        }
    p = softmax(z, axis=1)
    of_any = {"accuracy": sklearn_metrics.accuracy_score(labels, z.argmax(axis=1))}
    if task == "multiclass":
        return of_any | {"log_loss": sklearn_metrics.log_loss(labels, p, labels=range(3))}
    return of_any | {
        "roc_auc": sklearn_metrics.roc_auc_score(labels, p[:, 1]),
        "average_precision": sklearn_metrics.average_precision_score(labels, p[:, 1]),
        "f1": sklearn_metrics.f1_score(labels, z.argmax(axis=1), zero_division=0),
    }


def test_the_task_is_seen_and_its_headline_metric_judges(told: tuple[str, Plan, Run, Results]) -> None:
    task, plan, _, results = told
    assert results.result.data.task == plan.task.name == task
    assert [found.metric for found in results.result.comparisons] == [plan.task.headline]
    assert results.result.data.labelled == 90
    assert results.result.teacher == "trained"


def test_scores_are_scikit_learns_of_the_kept_predictions(told: tuple[str, Plan, Run, Results]) -> None:
    task, plan, run, results = told
    for arm in results.result.arms:
        assert plan.task.metrics.keys() <= arm.scores.keys()
        for index, split in enumerate(plan.splits):
            outputs, labels = outputs_of(plan, run, Member(arm.name, split)), plan.data.labels[split.test]
            for metric, value in wanted(task, outputs, labels).items():
                assert arm.scores[metric].values[index] == pytest.approx(value, rel=1e-6), metric


def test_there_is_nothing_that_the_task_has_not(told: tuple[str, Plan, Run, Results]) -> None:
    task, plan, run, results = told
    classifies = task in ("multiclass", "binary")
    assert (results.result.knowledge is not None) == classifies
    for arm in results.result.arms:
        assert (arm.calibration is not None) == classifies
        assert (arm.classes is not None) == (classifies and arm.role == "student")
        assert (arm.disagreement is not None) == (classifies and arm.role != "teacher")
        assert ({*plan.task.likeness} <= arm.scores.keys()) == (arm.role != "teacher")
        if arm.role == "student":
            assert arm.method == ("kd(alpha=0.9)" if task == "regression" else "kd(alpha=0.9, temperature=4)")
    [found] = results.result.comparisons
    assert (found.mcnemar_p is not None) == classifies
    assert (found.rows_low is not None) == (plan.task.headline in plan.task.of_rows)
    assert (row_scores(plan, run)["simple"].right is not None) == classifies


def test_the_report_tells_it(told: tuple[str, Plan, Run, Results]) -> None:
    task, _, _, results = told
    page, text = html.html(results), markdown.markdown(results)
    for said in (page, text):
        assert "Hard loss: " in said
    assert ("Class by class" in page) == ("What the teacher knows" in page) == (task in ("multiclass", "binary"))


def test_likeness_is_to_the_teacher_of_the_same_split(told: tuple[str, Plan, Run, Results]) -> None:
    _, plan, run, results = told
    for index, split in enumerate(plan.splits):
        members = [Member(name, split) for name in ("student", "teacher")]
        student, teacher = (plan.task.said(outputs_of(plan, run, member)) for member in members)
        scores = {name: results.arm("student").scores[name].values[index] for name in plan.task.likeness}
        if plan.task.name == "regression":
            assert scores == {"teacher_rmse": pytest.approx(sklearn_metrics.root_mean_squared_error(teacher, student))}
        elif plan.task.name == "multilabel":
            assert scores["agreement"] == pytest.approx(np.mean((student > 0.5) == (teacher > 0.5)))
        else:
            assert scores["agreement"] == pytest.approx(np.mean(student.argmax(axis=1) == teacher.argmax(axis=1)))


def test_a_sample_of_values_is_kept_with_what_is_true(told: tuple[str, Plan, Run, Results]) -> None:
    task, plan, run, results = told
    found = results.result.values
    assert (found is not None) == (task == "regression")
    if found is None:
        return
    assert found.said.keys() == {"teacher", "simple", "student"}
    rows = {int(each): place for place, each in enumerate(found.ids)}
    assert list(rows) == sorted(plan.data.ids.tolist())
    for split in plan.splits:
        outputs = outputs_of(plan, run, Member("simple", split))
        for at, row in enumerate(split.test):
            place = rows[int(plan.data.ids[row])]
            assert found.targets[0][place] == pytest.approx(float(plan.data.labels[row, 0]), rel=1e-5)
            assert found.said["simple"][0][place] == pytest.approx(float(outputs[at, 0]), rel=1e-5)


@pytest.mark.parametrize(("task", "metric"), [("binary", "roc_auc"), ("regression", "mae"), ("multilabel", "log_loss")])
def test_another_metric_of_the_task_may_judge(task: str, metric: str, tmp_path: Path) -> None:
    *_, results = carried_out(task, tmp_path, metric=metric)
    [found] = results.result.comparisons
    assert found.metric == metric
    assert (found.rows_low is not None) == (metric != "roc_auc")

"""Results as a comparison would write them, in the shapes a report has to tell."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import numpy as np
import pytest

import overproof
from overproof.report import html
from overproof.results import (
    Arm,
    Attribution,
    Calibration,
    Classes,
    ClassPair,
    Comparison,
    Control,
    Curve,
    DataSummary,
    Disagreement,
    Effect,
    InformativeRow,
    Knowledge,
    Leak,
    Measured,
    Power,
    ReliabilityBin,
    Result,
    Results,
    Role,
    Scaling,
    SplitSummary,
    Spread,
    Values,
    Verdict,
)

#: The drawing libraries, which are the same in every page.
LIBRARIES = [file.read_text("utf-8") for file in (Path(overproof.__file__).parent / "report" / "vendor").iterdir()]


def slim(page: str) -> str:
    """A page without the text of the libraries, which takes long to parse and says nothing of ours."""
    for library in LIBRARIES:
        page = page.replace(library, "")
    return page


def parsed(text: str) -> Element:
    """The page as a browser would build it; a page that is not valid HTML fails."""
    page: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(slim(text))
    return page


def content(element: Element) -> str:
    """What a reader reads of an element."""
    return " ".join("".join(element.itertext()).split())


def tags_of(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, in order."""
    return [(str(element.tag), tuple(map(str, element.attrib))) for element in parsed(text).iter()]


#: Accuracy, then log loss, of every arm that appears below.
LEVELS = {
    "longer": (0.936, 0.22),
    "random-teacher": (0.921, 0.28),
    "teacher": (0.981, 0.07),
    "simple": (0.932, 0.24),
    "student": (0.953, 0.17),
    "dkd": (0.940, 0.21),
    "shy": (0.914, 0.29),
}
METHODS = {"dkd": "dkd"}
SIZES = {"teacher": (231_018, 928_472, 5_102_336), "simple": (4_066, 18_264, 92_416)}


def spread(values: np.ndarray) -> Spread:
    numbers = [round(float(value), 6) for value in values]
    return Spread(mean=float(np.mean(numbers)), sd=float(np.std(numbers, ddof=1)), values=numbers)


def learning_curves(
    name: str, role: Role, splits: list[SplitSummary], rng: np.random.Generator, epochs: int
) -> list[Curve]:
    floor = LEVELS.get(name, LEVELS["student"])[1]
    step = np.arange(epochs)
    found = []
    for split in splits:
        hard = floor * 0.5 + 2.2 * np.exp(-step / (epochs / 7)) * (1 + 0.1 * rng.standard_normal(epochs))
        validation = floor + 2.1 * np.exp(-step / (epochs / 6)) * (1 + 0.1 * rng.standard_normal(epochs))
        soft = 9 * np.exp(-step / (epochs / 5)) * (1 + 0.1 * rng.standard_normal(epochs)) + floor
        found.append(
            Curve(
                repeat=split.repeat,
                fold=split.fold,
                hard=np.abs(hard).round(6).tolist(),
                soft=np.abs(soft).round(6).tolist() if role == "student" else None,
                validation=np.abs(validation).round(6).tolist(),
                best_epoch=int(np.argmin(np.abs(validation))),
            )
        )
    return found


def arm(name: str, role: Role, splits: list[SplitSummary], *, epochs: int = 30, method: str | None = None) -> Arm:
    rng = np.random.default_rng([len(name), *name.encode()])
    accuracy, loss = LEVELS.get(name, LEVELS["student"])
    parameters, size, macs = SIZES["teacher" if role == "teacher" else "simple"]
    scores = {
        "accuracy": spread(accuracy + 0.008 * rng.standard_normal(len(splits))),
        "log_loss": spread(loss + 0.02 * rng.standard_normal(len(splits))),
        "brier": spread(loss / 2 + 0.01 * rng.standard_normal(len(splits))),
        "ece": spread(0.03 + 0.004 * rng.random(len(splits))),
    }
    if role != "teacher":
        scores["agreement"] = spread(accuracy + 0.01 + 0.004 * rng.standard_normal(len(splits)))
    return Arm(
        name=name,
        role=role,
        model="cnn(width=32, dropout=0.2)" if role == "teacher" else "cnn(width=4, dropout=0)",
        method=method,
        parameters=parameters,
        macs=macs,
        size=size,
        scores=scores,
        curves=learning_curves(name, role, splits, rng, epochs),
    )


def sentence(name: str, points: float, verdict: Verdict, chances: tuple[float, float, float]) -> str:
    interval = f"95 % interval {points - 1.1:.1f} … {points + 1.1:.1f}".replace("-", "−")
    shown = f"{points:+.1f}".replace("-", "−")
    return {
        "helps": f"{name} beats simple by {points:.1f} points ({interval}), P(helps) {chances[0]:.2f}",
        "hurts": f"{name} is worse than simple by {-points:.1f} points ({interval}), P(hurts) {chances[2]:.2f}",
        "makes no practical difference": f"{name} and simple differ by less than 0.5 points in practice "
        f"(difference {shown} points, {interval}), P(same) {chances[1]:.2f}",
        "not settled": f"not settled: {name} − simple is {shown} points ({interval}), P(helps) {chances[0]:.2f}; more "
        "repeats would not settle it, only more data can",
    }[verdict]


def comparison(student: Arm, simple: Arm, teacher: Arm, verdict: Verdict, **changes: Any) -> Comparison:
    pairs = zip(student.scores["accuracy"].values, simple.scores["accuracy"].values, strict=True)
    differences = spread(np.array([left - right for left, right in pairs]))
    chances = {
        "helps": (0.9846, 0.0121, 0.0033),
        "hurts": (0.0004, 0.0052, 0.9944),
        "makes no practical difference": (0.0113, 0.9702, 0.0185),
        "not settled": (0.8021, 0.1512, 0.0467),
    }[verdict]
    gap = teacher.scores["accuracy"].mean - simple.scores["accuracy"].mean
    values: dict[str, Any] = {
        "arm": student.name,
        "metric": "accuracy",
        "differences": differences,
        "low": differences.mean - 0.011,
        "high": differences.mean + 0.011,
        "p_helps": chances[0],
        "p_same": chances[1],
        "p_hurts": chances[2],
        "rope": 0.005,
        "threshold": 0.975,
        "verdict": verdict,
        "sentence": sentence(student.name, 100 * differences.mean, verdict, chances),
        "gap_closed": differences.mean / gap if gap > 0 else None,
        "repeats_needed": None,
    }
    return Comparison(**{**values, **changes})


def study(methods: list[dict[str, Any]], protocol: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"source": "digits", "target": None, "limit": None},
        "teacher": {"model": "cnn", "weights": None, "leak": "unknown", "training": {"epochs": 30}, "width": 32},
        "student": {"model": "cnn", "training": {"epochs": 30, "learning_rate": 0.003}, "width": 4},
        "method": methods if len(methods) > 1 else methods[0],
        "protocol": protocol,
        "run": {"device": "auto"},
    }


def build(  # the whole file at once, as the scenarios below need it
    verdicts: dict[str, Verdict],
    *,
    folds: int = 5,
    repeats: int = 2,
    leak: Leak = "none",
    notes: tuple[str, ...] = (),
    epochs: int = 30,
) -> Results:
    rows = 1797
    splits = [
        SplitSummary(
            repeat=repeat, fold=fold, train=1437 + fold % 2, student=287, transfer=0, validation=29, test=360 - fold % 2
        )
        for repeat in range(repeats)
        for fold in range(folds)
    ]
    teacher, simple = arm("teacher", "teacher", splits, epochs=epochs), arm("simple", "simple", splits, epochs=epochs)
    students = [
        arm(name, "student", splits, epochs=epochs, method=f"{METHODS.get(name, 'kd')}(alpha=0.9, temperature=4)")
        for name in verdicts
    ]
    comparisons = [
        comparison(student, simple, teacher, verdict)
        for student, verdict in zip(students, verdicts.values(), strict=True)
    ]
    names = ["teacher", "simple", *verdicts]
    protocol = {
        "folds": folds,
        "repeats": repeats,
        "seed": 0,
        "student_rows": 0.2,
        "transfer": "none",
        "teacher_rows": "all" if leak == "leaking" else "train",
        "validation": 0.1,
        "metric": "accuracy",
        "rope": None,
    }
    methods = [{"name": METHODS.get(name, "kd"), "alpha": 0.9, "temperature": 4.0, "arm": name} for name in verdicts]
    return Results(
        result=Result(
            study=study(methods, protocol),
            data=DataSummary(
                name="digits",
                rows=rows,
                shape=[1, 8, 8],
                classes=[str(digit) for digit in range(10)],
                duplicates=0,
                digest="7f" * 32,
            ),
            splits=splits,
            cohorts={"student": "stacked"},
            steps={"student": 4} if leak == "unknown" else {"teacher": 20, "student": 4},
            leak=leak,
            arms=[teacher, simple, *students],
            comparisons=comparisons,
            verdict=comparisons[0].sentence
            + "".join(f". Also against simple: {found.arm} is {found.verdict}" for found in comparisons[1:]),
            notes=list(notes),
        ),
        measured=Measured(
            started="2026-11-24T06:10:03Z",
            command=["overproof", "compare", "study.toml", "--set", "method.temperature=4"],
            folder="runs/digits-3f2a9c",
            seconds={"teach": 21.4, "record": 0.6, "train": 14.1, "evaluate": 1.2, "judge": 0.1},
            versions={"overproof": "0.1.0", "python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6"},
            machine={"system": "Linux x86_64", "processor": "2 cores", "device": "cpu"},
            latency_ms={name: 0.412 if name == "teacher" else 0.0831 for name in names},
            latency_ratio={name: 1.0 if name == "teacher" else 4.96 for name in names},
        ),
    )


def changed(
    results: Results, *, result: dict[str, Any] | None = None, measured: dict[str, Any] | None = None
) -> Results:
    """The same file with some fields replaced."""
    return Results(
        result=results.result.model_copy(update=result or {}),
        measured=results.measured.model_copy(update=measured or {}),
    )


def minimal_results() -> Results:
    """One repeat of two folds, no curves, and nothing that may be missing."""
    full = build({"student": "not settled"}, folds=2, repeats=1)
    arms = [
        arm.model_copy(update={"curves": [], "macs": None, "scores": {"accuracy": arm.scores["accuracy"]}})
        for arm in full.result.arms
    ]
    comparisons = [full.result.comparisons[0].model_copy(update={"gap_closed": None})]
    return changed(
        full,
        result={"arms": arms, "comparisons": comparisons, "steps": {"student": 4}},
        measured={"latency_ms": {}, "latency_ratio": {}, "seconds": {}, "versions": {}, "machine": {}, "command": []},
    )


def controlled_results() -> Results:
    """Two control arms beside the student, and everything that a newer comparison adds."""
    full = build({"student": "helps"})
    splits, student, simple = full.result.splits, full.result.arms[2], full.result.arms[1]
    controls = [arm(name, "control", splits, method="simple") for name in ("longer", "random-teacher")]
    [found] = full.result.comparisons
    power = Power(
        effects=[step / 1000 for step in range(0, 41, 2)],
        probabilities=[round(1 / (1 + 50 * 0.8**step), 6) for step in range(0, 42, 2)],
        detectable=0.024,
        floor=0.014,
    )
    changes = {
        "power": power, "gap_low": 0.21, "gap_high": 0.84, "mcnemar_p": 0.0012, "rows_low": 0.012, "rows_high": 0.031,
    }  # fmt: skip
    return changed(
        full,
        result={
            "arms": [*full.result.arms, *controls],
            "comparisons": [found.model_copy(update=changes)],
            "looks": [1, 2],
            "attribution": Attribution(
                arm="student",
                metric="accuracy",
                controls=[
                    Control(arm=control.name, gain=effect(control, simple), surplus=effect(student, control))
                    for control in controls
                ],
                sentence="of the gain of 3.0 points, training longer gives 0.6: the rest is the teacher's knowledge",
            ),
        },
    )


def detailed_results() -> Results:
    """A student whose confidence, classes and teacher are known in detail; rows are images."""
    full = build({"student": "helps"})
    classes = len(full.result.data.classes)
    arms = [detailed(each, len(full.result.splits), classes) for each in full.result.arms]
    return changed(full, result={"arms": arms, "knowledge": knowledge(classes)})


def judged_by(full: Results, metric: str, scores: dict[str, dict[str, float]], near: dict[str, float]) -> list[Arm]:
    """The arms with other scores: level of every metric by role, and how near to the teacher."""
    found = []
    for place, each in enumerate(full.result.arms):
        rng, splits = np.random.default_rng(place), len(full.result.splits)
        levels = scores[each.role] | ({} if each.role == "teacher" else near)
        spreads = {name: spread(level * (1 + 0.01 * rng.standard_normal(splits))) for name, level in levels.items()}
        found.append(each.model_copy(update={"scores": spreads}))
    assert all(metric in each.scores for each in found)
    return found


def on_another_metric(full: Results, arms: list[Arm], metric: str, sign: int, sentence: str) -> Comparison:
    """The only comparison, about these arms and this metric."""
    _, simple, student = (np.array(arm.scores[metric].values) for arm in arms)
    differences = spread(sign * (student - simple))
    half = 0.4 * abs(differences.mean)
    changes = {
        "metric": metric, "differences": differences, "low": differences.mean - half, "high": differences.mean + half,
        "rope": 0.01 * float(simple.mean()), "sentence": sentence, "gap_closed": 0.4,
    }  # fmt: skip
    return full.result.comparisons[0].model_copy(update=changes)


def values_results() -> Results:
    """Regression in tens of thousands, with a forest for a teacher, which is no network, and rows without labels."""
    full = build({"student": "helps"})
    scores = {
        "teacher": {"rmse": 49_120.0, "mae": 32_011.0, "r2": 0.82},
        "simple": {"rmse": 68_234.0, "mae": 47_900.0, "r2": 0.65},
        "student": {"rmse": 61_870.0, "mae": 42_300.0, "r2": 0.71},
    }
    arms = judged_by(full, "rmse", scores, {"teacher_rmse": 35_201.0})
    none: dict[str, Any] = {
        "parameters": None,
        "macs": None,
        "size": None,
        "curves": [],
        "model": "sklearn:RandomForestRegressor",
    }
    arms[0] = arms[0].model_copy(update=none)
    sentence = (
        "student beats simple with a root mean squared error 6,364 lower (95 % interval 3,818 … 8,909), P(helps) 0.98"
    )
    found = on_another_metric(full, arms, "rmse", -1, sentence)
    data = full.result.data.model_copy(
        update={
            "task": "regression", "classes": ["median_house_value"], "shape": [8], "rows": 2297, "labelled": 1797,
            "unlabelled": 500, "name": "houses",
        }
    )  # fmt: skip
    study = {**full.result.study, "data": {"source": "digits", "task": "regression"}}
    truth = [float(f"{200_000 + 90_000 * np.sin(place):.6g}") for place in range(40)]
    said = {each.name: [[0.9 * true + 1000 * place for true in truth]] for place, each in enumerate(arms)}
    sample = Values(ids=[str(100 + place) for place in range(40)], targets=[truth], said=said)
    return changed(
        full,
        result={
            "arms": arms, "comparisons": [found], "data": data, "study": study, "verdict": sentence,
            "values": sample, "teacher": "fitted", "steps": {"student": 4}, "cohorts": {"student": "stacked"},
        },
        measured={"latency_ms": {"simple": 0.08, "student": 0.08}, "latency_ratio": {}},
    )  # fmt: skip


def labels_results() -> Results:
    """Several labels for each row, tested on an official test set."""
    full = build({"student": "helps"}, folds=1, repeats=5)
    scores = {
        role: {"average_precision": level, "roc_auc": level + 0.05, "f1": level - 0.1, "accuracy": 0.9, "log_loss": 0.2,
               "brier": 0.08}
        for role, level in (("teacher", 0.81), ("simple", 0.68), ("student", 0.72))
    }  # fmt: skip
    arms = judged_by(full, "average_precision", scores, {"agreement": 0.92, "kl": 0.1})
    sentence = "student beats simple by 4.0 points of average precision (95 % interval 2.4 … 5.6), P(helps) 0.98"
    found = on_another_metric(full, arms, "average_precision", 1, sentence)
    found = found.model_copy(update={"scale": 0.008, "df": 4})
    names = {"task": "multilabel", "classes": ["sports", "music", "politics"], "labelled": 1437, "test": 360}
    data = full.result.data.model_copy(update=names)
    return changed(
        full,
        result={"arms": arms, "comparisons": [found], "data": data, "verdict": sentence, "teacher": "trained"},
    )


def knowledge(classes: int) -> Knowledge:
    """What a teacher may know about rows of 8 × 8 pixels."""
    rng = np.random.default_rng(3)
    rows = [
        InformativeRow(
            id=str(1000 + place),
            label=place,
            entropy=1.9 - place / 10,
            classes=[place, (place + 1) % classes],
            probabilities=[0.4, 0.3],
            pixels=base64.b64encode(rng.integers(0, 256, 64, dtype=np.uint8).tobytes()).decode(),
        )
        for place in range(2)
    ]
    return Knowledge(
        temperature=4.0,
        similarity=rng.dirichlet(np.full(classes, 0.3), classes).round(6).tolist(),
        pairs=[ClassPair(true=1, other=2, probability=0.09), ClassPair(true=0, other=1, probability=0.07)],
        rows=rows,
    )


def detailed(plain: Arm, splits: int, classes: int) -> Arm:
    """The arm with everything known about its confidence, its classes and its agreement with the teacher."""
    edges = np.linspace(0, 1, 16)
    bins = [
        ReliabilityBin(low=low, high=high, rows=place, confidence=(low + high) / 2, accuracy=min(1.0, 0.1 + low))
        for place, (low, high) in enumerate(pairwise(edges.round(6).tolist()))
    ]
    spreads = {name: spread(0.02 + 0.001 * np.arange(splits)) for name in ("ece", "ece_equal_mass", "kl")}
    scaling = Scaling(
        temperatures=[None, *(1.2 + step / 50 for step in range(splits - 1))],
        scores={**spreads, "log_loss": plain.scores["log_loss"]},
        bins=bins,
    )
    teaches = plain.role == "teacher"
    changes: dict[str, Any] = {
        "scores": {**plain.scores, **(spreads if not teaches else {"ece_equal_mass": spreads["ece_equal_mass"]})},
        "calibration": Calibration(
            bins=bins, scaling=None if teaches else scaling, why_unscaled="it was brought" if teaches else None
        ),
        "disagreement": None if teaches else Disagreement(teacher_right=100, arm_right=7, both_wrong=3),
    }
    if plain.role == "student":
        recalls = {name: [0.9 + place / 100 for place in range(classes)] for name in ("teacher", "simple")}
        changes["classes"] = Classes(
            rows=[180] * classes,
            **recalls,
            student=[0.95 - place / 100 for place in range(classes)],
            gained=[9] * classes,
            lost=list(range(classes)),
        )
    return plain.model_copy(update=changes)


def effect(first: Arm, second: Arm) -> Effect:
    pairs = zip(first.scores["accuracy"].values, second.scores["accuracy"].values, strict=True)
    differences = spread(np.array([left - right for left, right in pairs]))
    return Effect(
        differences=differences,
        low=differences.mean - 0.01,
        high=differences.mean + 0.01,
        p_better=0.7,
        p_same=0.2,
        p_worse=0.1,
    )


SCENARIOS: dict[str, Callable[[], Results]] = {
    "helping": lambda: build({"student": "helps"}, notes=("Single-threaded latency on a shared machine.",)),
    "two_methods": lambda: build({"kd": "helps", "dkd": "not settled"}),
    "leaking": lambda: build(
        {"student": "helps"}, leak="leaking", notes=("The teacher has seen the rows it is tested on.",)
    ),
    "unknown": lambda: build(
        {"student": "not settled"},
        leak="unknown",
        notes=("The teacher may have seen test rows (leak status: unknown).",),
    ),
    "hurting": lambda: build({"shy": "hurts"}),
    "minimal": minimal_results,
    "controlled": controlled_results,
    "detailed": detailed_results,
    "values": values_results,
    "labels": labels_results,
}


@functools.cache
def scenario(name: str) -> Results:
    return SCENARIOS[name]()


@functools.cache
def page_of(name: str) -> str:
    return html.html(scenario(name))


@pytest.fixture(params=list(SCENARIOS))
def any_results(request: pytest.FixtureRequest) -> Results:
    """Every scenario in turn."""
    return scenario(request.param)


@pytest.fixture(params=list(SCENARIOS))
def told(request: pytest.FixtureRequest) -> tuple[Results, str]:
    """Every scenario in turn, with its HTML page."""
    return scenario(request.param), page_of(request.param)


@pytest.fixture
def page() -> Callable[[str], str]:
    """The HTML page of a scenario by name."""
    return page_of


@pytest.fixture
def helping() -> Results:
    """One student that helps, ten splits."""
    return scenario("helping")


@pytest.fixture
def two_methods() -> Results:
    """Two student arms, one settled and one not."""
    return scenario("two_methods")


@pytest.fixture
def leaking() -> Results:
    """A teacher that was trained on the test rows."""
    return scenario("leaking")


@pytest.fixture
def unknown() -> Results:
    """A teacher brought from outside that nobody vouched for."""
    return scenario("unknown")


@pytest.fixture
def minimal() -> Results:
    """Two folds and nothing optional."""
    return scenario("minimal")


@pytest.fixture
def values() -> Results:
    """Regression, with a teacher that is no network, and rows without labels."""
    return scenario("values")


@pytest.fixture
def labels() -> Results:
    """Several labels for each row, and an official test set."""
    return scenario("labels")


@pytest.fixture
def controlled() -> Results:
    """Control arms beside the student."""
    return scenario("controlled")


@pytest.fixture
def detailed_run() -> Results:
    """Everything that can be known about confidence, classes and the teacher."""
    return scenario("detailed")


@functools.cache
def crowded() -> Results:
    """Small, with something in every place that can hold text."""
    small = build({"kd": "helps", "dkd": "not settled"}, folds=2, repeats=1, leak="leaking", notes=("x",), epochs=2)
    curves = {arm.name: [curve.model_copy(update={"soft": None}) for curve in arm.curves] for arm in small.result.arms}
    arms = [arm.model_copy(update={"curves": curves[arm.name]}) for arm in small.result.arms]
    arms = [detailed(arm, 2, 3) if arm.name != "dkd" else arm for arm in arms]
    longer = arm("longer", "control", small.result.splits, epochs=2)
    found = Control(arm="longer", gain=effect(longer, arms[1]), surplus=effect(arms[2], longer))
    told = scenario("controlled").result.attribution
    return changed(
        small,
        result={
            "arms": [*arms, longer],
            "attribution": told and told.model_copy(update={"arm": "kd", "controls": [found]}),
            "knowledge": knowledge(3),
            "values": Values(ids=["7"], targets=[[1.0]], said={arm.name: [[1.5]] for arm in arms}),
            "data": small.result.data.model_copy(update={"classes": ["cat", "dog", "owl"]}),
        },
    )


#: Tables whose keys come from outside.
_OPEN_TABLES = {"study", "cohorts", "scores", "steps", "seconds", "versions", "machine", "latency_ms", "latency_ratio"}
#: Fields that hold one of a few words.
_CLOSED_FIELDS = {"role", "leak"}
_CLOSED_WORDS = {"helps", "hurts", "makes no practical difference", "not settled", "stacked", "separate"}


def _suffixed(value: Any, suffix: str, *, keys: bool, field: str = "", inside: bool = False) -> Any:
    """``suffix`` at the end of every text below ``value``, and of every key of an open table."""
    if isinstance(value, str):
        closed = not inside and (field in _CLOSED_FIELDS or value in _CLOSED_WORDS)
        return value if closed or (field == "metric" and not keys) else value + suffix
    if isinstance(value, list):
        return [_suffixed(item, suffix, keys=keys, field=field, inside=inside) for item in value]
    if not isinstance(value, dict):
        return value
    below = inside or field == "study"
    names_arms = field in ("latency_ms", "latency_ratio", "said")
    return {
        name + suffix if names_arms or (keys and (below or field in _OPEN_TABLES)) else name: _suffixed(
            item, suffix, keys=keys, field=name, inside=below
        )
        for name, item in value.items()
    }


@functools.cache
def suffixed(suffix: str, *, keys: bool) -> Results:
    """Results with the same suffix wherever a results file may hold free text (and free keys)."""
    whole = crowded().model_dump(mode="json", by_alias=True)
    return Results.model_validate(_suffixed(whole, suffix, keys=keys))


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"><img src=x onerror='alert(1)'>",
    "apostrophe": "' onmouseover='alert(1)",
    "link": "<a href='javascript:alert(1)'>x</a>",
    "svg": "<svg/onload=alert(1)><foreignObject>",
    "style": "</style><style>*{display:none}</style>",
    "title": "</title></pre></main><h1>student helps</h1>",
    "comment": "<!-- ]]> --><?php",
    "base": "<base href=//x><meta http-equiv=refresh content=0>",
    "entity": "&lt;b&gt;&#x3C;i&#x3E;&amp",
    "template": "{{ 7 * 7 }}{% raw %}",
    "markdown": "|*a*|`b`|_c_|[d](javascript:alert(1))|![e](x)|~~f~~|# g|$h$|https://x.test|www.x.test",
    "terminal": "\x1b[31m\x1b]8;;http://x\x07[red]:smile:",
    "direction": "\u202etxt.exe\u2066",
    "control": "\x00\x07\x85\u2028\ufffe",
    "lines": "\n\n# heading\r\n- item\n\n---\n",
}


@pytest.fixture(params=[*HOSTILE, "all of them, keys as they were"])
def poisoned(request: pytest.FixtureRequest) -> tuple[Results, Results]:
    """Results full of text that would do something somewhere if it were not escaped, and their harmless twin."""
    if request.param in HOSTILE:
        return suffixed(HOSTILE[request.param], keys=True), suffixed("benign", keys=True)
    return suffixed(" ".join(HOSTILE.values()), keys=False), suffixed("benign", keys=False)


@pytest.fixture
def with_suffix() -> Callable[[str], Results]:
    """Results with a suffix at the end of every text."""
    return lambda suffix: suffixed(suffix, keys=True)

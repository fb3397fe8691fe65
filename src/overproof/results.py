"""What a comparison found: ``results.json``, schema 1.

``result`` is a function of the study alone: the same study on the same platform gives the same bytes. Whatever a clock,
a host or a path had a say in lives in ``measured``. Rates are fractions in [0, 1]; differences are student minus simple
in the metric's own unit, signed so that positive is always better (where less is better, they are negated).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from overproof import storage
from overproof.errors import DataError, MissingInputError

SCHEMA = 1

Verdict = Literal["helps", "hurts", "makes no practical difference", "not settled"]
Role = Literal["teacher", "simple", "student", "control"]
Leak = Literal["none", "unknown", "leaking"]

#: +1 where more is better, −1 where less is.
DIRECTION: dict[str, int] = {
    "accuracy": 1,
    "balanced_accuracy": 1,
    "roc_auc": 1,
    "average_precision": 1,
    "f1": 1,
    "r2": 1,
    "agreement": 1,
    "log_loss": -1,
    "brier": -1,
    "ece": -1,
    "ece_equal_mass": -1,
    "rmse": -1,
    "mae": -1,
    "kl": -1,
    "teacher_rmse": -1,
    "mistakes_inherited": -1,
}


class Record(BaseModel):
    """A part of the results: immutable, nothing undeclared, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class DataSummary(Record):
    """The rows that were compared on."""

    name: str
    rows: int
    shape: list[int]
    """Shape of one row's input."""
    classes: list[str]
    """Names of the classes, of the labels, or of the values."""
    task: str = "multiclass"
    """``multiclass``, ``binary``, ``multilabel`` or ``regression``."""
    labelled: int | None = None
    """Rows with a label that may be learnt from; None where nobody counted."""
    unlabelled: int = 0
    """Rows without a label, from which a student learns what its teacher says about them."""
    test: int = 0
    """Rows of an official test set; 0 where the folds are tested on."""
    duplicates: int
    """Rows that repeat an earlier row exactly; they share its fold."""
    digest: str
    """SHA-256 over every row's content and label."""


class SplitSummary(Record):
    """Row counts of one fold."""

    repeat: int
    fold: int
    train: int
    student: int
    transfer: int
    validation: int
    test: int


class Spread(Record):
    """A number per split, summarised."""

    mean: float
    sd: float | None
    """Standard deviation over splits (n − 1); None for a single value."""
    values: list[float]
    """In the order of ``Result.splits``."""


class Curve(Record):
    """One member's training, epoch by epoch; losses are means over the epoch's steps, per example."""

    repeat: int
    fold: int
    hard: list[float]
    soft: list[float] | None
    """The method's soft loss, or None for an arm that has no teacher."""
    validation: list[float] | None
    """Hard loss on the validation rows, or None without such rows."""
    best_epoch: int
    """The epoch whose weights were kept, from 0."""


class ReliabilityBin(Record):
    """Rows whose confidence lies in (low, high]: how many, their mean confidence, and the share that is right."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class Scaling(Record):
    """An arm's confidence after its logits were divided by a temperature that fits validation rows."""

    temperatures: list[float | None]
    """For each split; None where the validation rows determine none, and the split is left as it is."""
    scores: dict[str, Spread]
    bins: list[ReliabilityBin]


class Calibration(Record):
    """Whether an arm's confidence is worth what it says; bins are of the first repeat's test rows."""

    bins: list[ReliabilityBin]
    scaling: Scaling | None
    why_unscaled: str | None


class Disagreement(Record):
    """Test rows of the first repeat on which an arm and its teachers name different classes, by who is right."""

    teacher_right: int
    arm_right: int
    both_wrong: int


class Classes(Record):
    """Class by class, over the test rows of the first repeat: how many, each arm's recall, and who gets them right."""

    rows: list[int]
    teacher: list[float | None]
    """None for a class without a test row, as for the other arms."""
    simple: list[float | None]
    student: list[float | None]
    gained: list[int]
    """Rows that the student gets right and simple does not."""
    lost: list[int]


class Arm(Record):
    """Teacher, simple, one of the student arms, or a control beside them."""

    name: str
    role: Role
    model: str
    """What was trained, in words, as in ``cnn(width=4, dropout=0)``."""
    method: str | None
    """As in ``kd(alpha=0.9, temperature=4)``; None for the teacher."""
    parameters: int | None
    """Numbers that training adjusts, or None for a teacher that is no network."""
    macs: int | None
    """Multiply-accumulate operations for one row, or None where they cannot be counted."""
    size: int | None
    """Bytes of the weights as stored, or None for a teacher that is no network."""
    scores: dict[str, Spread]
    """By metric."""
    curves: list[Curve]
    calibration: Calibration | None = None
    disagreement: Disagreement | None = None
    """None for the teacher."""
    classes: Classes | None = None
    """None for all but students."""


class Power(Record):
    """Which true differences could have been found, were the spread of the differences the one seen."""

    effects: list[float]
    """True mean differences, ascending, in the metric's own unit, positive is better."""
    probabilities: list[float]
    """For each effect, the probability that the verdict is ``helps`` with this many repeats."""
    detectable: float
    """The smallest effect for which it is 0.8."""
    floor: float
    """The mean difference that any number of repeats would have to exceed for ``helps``."""


class Comparison(Record):
    """One student arm against simple, on the headline metric."""

    arm: str
    metric: str
    differences: Spread
    """Student − simple, positive is better."""
    low: float
    """Lower end of the 95 % Nadeau–Bengio interval of the mean difference."""
    high: float
    scale: float | None = None
    """Standard error of the mean difference, by which its posterior (Student's) is scaled; None where the differences
    have no spread, and in files that do not say."""
    df: int | None = None
    """Degrees of freedom of the posterior; None as for ``scale``."""
    p_helps: float
    """P(difference > rope), Bayesian correlated t-test."""
    p_same: float
    p_hurts: float
    rope: float
    threshold: float
    """Probability that ``helps`` and ``hurts`` have to exceed."""
    verdict: Verdict
    sentence: str
    gap_closed: float | None
    """(student − simple) / (teacher − simple), or None where the teacher is not better than simple."""
    gap_low: float | None = None
    """Lower end of the 95 % interval of the gap closed (Fieller's), or None where it has no ends."""
    gap_high: float | None = None
    gap_note: str | None = None
    """Why the interval of the gap closed has no ends; None where it has."""
    repeats_needed: int | None
    """Repeats in all that would settle it if mean and spread stay; None when settled or when no number would."""
    power: Power | None = None
    """What this many repeats could have found; None where all differences are equal."""
    mcnemar_p: float | None = None
    """McNemar's exact test on the test rows of the first repeat, two-sided; None where rows are not right or wrong."""
    rows_low: float | None = None
    """Lower end of the 95 % bootstrap interval of the mean difference over these rows, positive is better; None where
    the metric is no mean over rows."""
    rows_high: float | None = None


class Effect(Record):
    """One arm against another on the headline metric."""

    differences: Spread
    """For each split; positive is better."""
    low: float
    """Lower end of the 95 % Nadeau–Bengio interval of the mean difference."""
    high: float
    p_better: float
    """P(difference > rope), Bayesian correlated t-test."""
    p_same: float
    p_worse: float


class Control(Record):
    """What one control arm says about the student's gain."""

    arm: str
    gain: Effect
    """Control − simple: what there is to gain without the teacher's knowledge, in this way."""
    surplus: Effect
    """Student − control: what the student has beyond that."""


class Attribution(Record):
    """Where the difference between a student and simple came from, as far as the controls can tell."""

    arm: str
    """The student: the first, where there are several."""
    metric: str
    controls: list[Control]
    sentence: str


class ClassPair(Record):
    """Two classes, as positions in ``DataSummary.classes``: what the teacher gives ``other`` on rows of ``true``."""

    true: int
    other: int
    probability: float


class InformativeRow(Record):
    """A test row that the teacher gets right and says much about."""

    id: str
    label: int
    entropy: float
    """Of the soft target, nats."""
    classes: list[int]
    """The likeliest, up to 5, likeliest first."""
    probabilities: list[float]
    pixels: str | None
    """Base64 of uint8 values, of shape ``DataSummary.shape``; None where rows are no small images."""


class Knowledge(Record):
    """What the teacher says beyond the labels about the test rows of the first repeat, at a temperature."""

    temperature: float
    similarity: list[list[float] | None] | None
    """[true class][class]: mean probability, None for a true class without a test row; None with more than 50
    classes."""
    pairs: list[ClassPair]
    rows: list[InformativeRow]


class Values(Record):
    """What the arms say about some test rows of the first repeat that have values, beside what is true."""

    ids: list[str]
    """Up to 200 rows."""
    targets: list[list[float]]
    """[output][row], of up to 4 outputs."""
    said: dict[str, list[list[float]]]
    """By arm, without the controls: [output][row]."""


class Result(Record):
    """The part that depends on the study alone."""

    study: dict[str, Any]
    """The resolved study."""
    data: DataSummary
    splits: list[SplitSummary]
    looks: list[int] = []
    """After how many repeats there was a verdict, the last one being this; empty where their number was fixed."""
    steps: dict[str, int]
    """Training steps per epoch for ``teacher`` (when trained here) and ``student``; the same in every split."""
    cohorts: dict[str, Literal["stacked", "separate"]]
    """How the members of ``teacher`` (when trained here) and ``student`` were trained: as one model, or one by one."""
    teacher: Literal["trained", "fitted", "brought"] | None = None
    """Whether the teacher was trained here, fitted in one go, or brought; None in files that do not say."""
    leak: Leak
    """What the teacher may have seen of its test rows."""
    store_check: float | None = None
    """Least cosine similarity, over a sample of rows, between the stored soft targets and the teacher asked again."""
    arms: list[Arm]
    """Teacher, simple, the students, then the controls."""
    comparisons: list[Comparison]
    attribution: Attribution | None = None
    """What the controls say; None without them."""
    knowledge: Knowledge | None = None
    """None where rows have no classes."""
    values: Values | None = None
    """None where rows have no values."""
    verdict: str
    """The headline, in words."""
    notes: list[str]
    """What a reader should know before believing the numbers."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        arms, splits = [arm.name for arm in self.arms], len(self.splits)
        if not self.comparisons or not {each.arm for each in self.comparisons} <= set(arms):
            raise ValueError("comparisons must be about arms that are there, and at least one")
        controls = [] if self.attribution is None else self.attribution.controls
        if not {each.arm for each in controls} <= set(arms):
            raise ValueError("the attribution must be about controls that are there")
        spreads = [spread for arm in self.arms for spread in arm.scores.values()]
        if self.values is not None and not self.values.said.keys() <= set(arms):
            raise ValueError("values must be said by arms that are there")
        scalings = [arm.calibration.scaling for arm in self.arms if arm.calibration and arm.calibration.scaling]
        spreads += [spread for each in scalings for spread in each.scores.values()]
        spreads += [each.differences for each in self.comparisons]
        spreads += [effect.differences for each in controls for effect in (each.gain, each.surplus)]
        if any(len(each.values) != splits for each in spreads):
            raise ValueError(f"every score and difference must have one value for each of the {splits} splits")
        return self


class Measured(Record):
    """The part that depends on the machine and the moment."""

    started: str
    """UTC, ISO 8601."""
    command: list[str]
    folder: str
    seconds: dict[str, float]
    """Wall time by stage."""
    versions: dict[str, str]
    machine: dict[str, str]
    latency_ms: dict[str, float]
    """Median milliseconds for one row, by arm, one thread."""
    latency_ratio: dict[str, float]
    """Teacher's latency / the arm's, from interleaved measurements: 3 means three times as fast as the teacher."""


class Results(Record):
    """The whole file."""

    schema_: int = Field(SCHEMA, alias="schema")
    result: Result
    measured: Measured

    model_config = ConfigDict(populate_by_name=True)

    @property
    def verdict(self) -> str:
        """The headline, in words."""
        return self.result.verdict

    def arm(self, name: str) -> Arm:
        """The arm called ``name``."""
        return next(arm for arm in self.result.arms if arm.name == name)

    def write(self, path: Path) -> None:
        """Commit as canonical JSON."""
        storage.commit_json(path, self.model_dump(mode="json", by_alias=True))


def read(path: Path) -> Results:
    """Read ``results.json``, or the run folder that holds it.

    Raises:
        MissingInputError: when there is no such file.
        DataError: when it is not a results file of this schema.
    """
    file = path / "results.json" if path.is_dir() else path
    if not file.is_file():
        raise MissingInputError(f"{file} does not exist; overproof compare writes it when a run is complete")
    try:
        raw = json.loads(storage.read(file))
        found = raw.get("schema")
    except (ValueError, AttributeError):
        raise DataError(f"{file} is not a results file (not valid JSON)") from None
    if found != SCHEMA:
        raise DataError(f"{file} has schema {found!r}; this version of overproof reads schema {SCHEMA}")
    try:
        return Results.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{file} is damaged or edited: {where}: {first['msg']}") from None

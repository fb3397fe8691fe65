"""The typed description of a comparison: what ``study.toml`` may say, with its defaults and ranges.

A table's own keys are declared here. A model or a method brings settings of its own (``width``, ``alpha``, …): they
stand in the same table, are kept in ``settings``, and are checked by whoever owns them.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_serializer, model_validator

from overproof.validation import STRICT

Task = Literal["multiclass", "binary", "multilabel", "regression"]

Metric = Literal[
    "accuracy",
    "balanced_accuracy",
    "log_loss",
    "brier",
    "ece",
    "ece_equal_mass",
    "roc_auc",
    "average_precision",
    "f1",
    "rmse",
    "mae",
    "r2",
]

Pixels = Annotated[int, Field(ge=1)]

#: The control arms that ``protocol.controls`` adds.
CONTROLS = ("longer", "label-smoothing", "random-teacher", "shuffled-teacher")


def _device(name: str) -> str:
    if re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", name) is None:
        raise ValueError("be auto, cpu, mps, cuda or cuda:N")
    return name


def _arm(name: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) is None:
        raise ValueError("be letters, digits, '_' and '-' only")
    if name in ("teacher", "simple"):
        raise ValueError("not be 'teacher' or 'simple', which name the other arms")
    return name


def _repeats(value: Any) -> Any:
    if value != "auto" and (type(value) is not int or value < 1):
        raise ValueError("be a whole number of at least 1, or 'auto'")
    return value


def _whole(value: Any) -> Any:
    if value is not None and type(value) is not int:  # to a Literal, 1, 1.0 and True are the same
        raise ValueError("be a whole number")
    return value


def _setting(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("be finite")
    if not _can_be_written(value):
        raise ValueError("be text, a finite number, true or false, or a list or table of these")
    return value


def _can_be_written(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _can_be_written(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_can_be_written, value))
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _one_or_several(schema: dict[str, Any]) -> None:
    """In the JSON schema, too, one table may stand for a list of one."""
    several = {key: schema.pop(key) for key in ("type", "items", "minItems")}
    schema["anyOf"] = [several["items"], several]


class Table(BaseModel):
    """A table whose keys are all declared here."""

    model_config = ConfigDict(**STRICT, use_attribute_docstrings=True)


class OpenTable(BaseModel):
    """A table that may also hold settings of the model or method it names; those end up in ``settings``."""

    model_config = ConfigDict(**{**STRICT, "extra": "allow"}, use_attribute_docstrings=True)

    __pydantic_extra__: dict[str, Annotated[Any, AfterValidator(_setting)]]

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that are not declared here."""
        return dict(self.__pydantic_extra__)


class Data(Table):
    """Where the rows come from."""

    source: str
    """``"digits"``, a file or folder, ``"hf:PATH"``, ``"module:function"``, or the name of a plug-in."""
    target: str | list[str] | None = None
    """The labels, where they cannot be guessed: a column or several, an array of the NPZ file, or a file."""
    task: Task | Literal["auto"] = "auto"
    """``auto`` looks at the labels."""
    text: str | None = None
    """The column that holds the text, where rows are texts."""
    ignore: list[str] = []
    """Columns that no model may see."""
    groups: str | None = None
    """A column whose equal values (a patient, a speaker, a document) never straddle a border."""
    time: str | None = None
    """A column to order the rows by: every fold is then tested on rows later than those it is trained on."""
    id: str | None = None
    """A column that names the rows, as a table of predictions names them; by default the row's place in the file."""
    columns: list[str] | None = None
    """Names of the columns, for a file without a header."""
    missing: list[str] = [""]
    """What stands in a cell whose value is missing; never in the target."""
    separator: str | None = None
    """What stands between the cells of a line, where it is not a comma (or a tab in ``.tsv``)."""
    encoding: str = "utf-8"
    """Of text files."""
    size: Annotated[list[Pixels], Field(min_length=2, max_length=2)] | None = None
    """Height and width that images are brought to, where they differ."""
    tokenizer: str = "hashing"
    """For text: ``"hashing"``, which needs no files, or the folder or name of a transformers tokenizer."""
    length: Annotated[int, Field(ge=1)] = 64
    """For text: tokens of a row; longer ones are cut."""
    unlabelled: str | None = None
    """More rows, without labels: the student learns from what the teacher says about them."""
    limit: Annotated[int, Field(ge=2)] | None = None
    """Use this many labelled rows only, chosen by the seed within every class."""


class Training(Table):
    """How a network is trained."""

    epochs: Annotated[int, Field(ge=1)] = 30
    """Passes over the smallest split's rows; every split takes the same number of steps."""
    batch_size: Annotated[int, Field(ge=1)] = 64
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    """The highest rate of the schedule."""
    optimiser: Literal["adamw", "sgd"] = "adamw"
    """``sgd`` has Nesterov momentum 0.9."""
    schedule: Literal["cosine", "one-cycle", "constant"] = "cosine"
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    clip: Annotated[float, Field(gt=0)] | None = None
    """Largest norm of a member's gradient."""
    precision: Literal["float32", "bf16"] = "float32"
    """``bf16`` computes the forward pass under autocast; weights stay float32."""
    patience: Annotated[int, Field(ge=1)] | None = None
    """Stop after this many epochs without a better validation loss. None trains to the end."""


class Teacher(OpenTable):
    """The heavy model."""

    model: str | Annotated[list[str | Annotated[dict[str, Any], AfterValidator(_setting)]], Field(min_length=1)]
    """A model's name, as ``overproof models`` lists them; its own settings stand beside it. A list is an ensemble; in
    place of a name, a table has ``model``, its settings and a ``share``."""
    weights: str | None = None
    """A safetensors file, or a checkpoint that holds tensors only: the teacher is then brought, not trained."""
    version: str | None = None
    """Names the state of a teacher whose code cannot be followed: what it said is kept for other runs under it."""
    classes: list[str] | None = None
    """The classes in the order of the teacher's outputs, where it does not say so itself."""
    output: Literal["auto", "logits", "probabilities", "values"] = "auto"
    """What the teacher's numbers are, where it does not say so itself."""
    cross_fit: Literal["auto"] | bool = "auto"
    """Out-of-fold soft targets for the rows the teacher is trained on; ``auto``: for teachers that memorise."""
    leak: Literal["unknown", "none", "leaking"] = "unknown"
    """For a teacher that was brought: whether it has seen the rows it is tested on."""
    training: Training = Training()


class Student(OpenTable):
    """The small model, trained twice: with the teacher, and without (simple)."""

    model: str
    """A model's name, as ``overproof models`` lists them; its own settings stand beside it."""
    weights: str | None = None
    """Pretrained weights to start from, shared by student and simple: a safetensors file, or a checkpoint that holds
    tensors only."""
    training: Training = Training()


class Method(OpenTable):
    """A way to learn from the teacher; its own settings (``alpha``, ``temperature``) stand beside the name."""

    name: str = "kd"
    arm: Annotated[str, AfterValidator(_arm)] | None = None
    """How results call it; needed when a method appears twice. A single method's arm is ``student``."""


class SoftTargets(Table):
    """How soft targets are stored."""

    codec: Literal["dense", "topk"] = "dense"
    """``topk`` keeps the k largest logits of a row, and the probability that is left for all other classes together."""
    dtype: Literal["float32", "float16"] = "float32"
    """Of the stored logits."""
    k: Annotated[int, Field(ge=1)] | None = None
    """For ``topk``: how many logits are kept; fewer than there are classes."""

    @model_validator(mode="after")
    def _k_belongs_to_topk(self) -> Self:
        if self.codec == "topk" and self.k is None:
            raise ValueError('say k, the number of logits to keep, with codec = "topk"')
        if self.codec != "topk" and self.k is not None:
            raise ValueError(f'say codec = "topk" with k = {self.k}, or leave k out')
        return self


class Views(Table):
    """Augmented views of the rows, the same for teacher and student."""

    augment: list[str] = []
    """Names of augmentations, applied in this order: crop, flip, cutout, noise, mask, mixup."""
    count: Annotated[int, Field(ge=1)] = 1
    """Views per row, the row itself included."""

    @model_validator(mode="after")
    def _views_are_augmented(self) -> Self:
        if self.augment and self.count == 1:
            raise ValueError("have a count of 2 or more where augment names something")
        if not self.augment and self.count > 1:
            raise ValueError("name something in augment where count is more than 1")
        return self


class Protocol(Table):
    """How the comparison is made fair."""

    folds: Annotated[int, Field(ge=2)] = 5
    repeats: Annotated[Annotated[int, Field(ge=1)] | Literal["auto"], BeforeValidator(_repeats)] = 1
    """Times the whole cross-validation is repeated with other folds; ``auto``: until the verdict is settled. With an
    official test set they are seeds, 5 by default."""
    most_repeats: Annotated[Literal[1, 2, 5, 10] | None, BeforeValidator(_whole)] = None
    """Where ``auto`` ends though the verdict is not settled, 10 by default; no meaning beside a number of repeats."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    student_rows: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Fraction of each split's training rows whose labels the student and simple may use."""
    transfer: Literal["none", "train"] = "none"
    """``train``: the student also sees the other training rows, with soft targets only."""
    teacher_rows: Literal["train", "all"] = "train"
    """``all``: one teacher trained on every row, test rows included. Marked as leaking."""
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Fraction of the rows a model is trained on that is kept out to choose its best epoch. 0 keeps the last epoch."""
    test: str | None = None
    """An official test set, which is then the only one: a file or folder, or a column that is true in its rows. Repeats
    are then seeds."""
    metric: Metric | Literal["auto"] = "auto"
    """What the verdict is about; ``auto``: the headline metric of the task."""
    rope: Annotated[float, Field(ge=0)] | None = None
    """Differences up to this size, in the metric's own unit, make no practical difference."""
    controls: bool = False
    """Also train the control arms, which say where a gain came from."""

    @model_validator(mode="before")
    @classmethod
    def _an_official_test_has_seeds(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("test") is not None and "repeats" not in values:
            return {**values, "repeats": 5}
        return values

    @model_validator(mode="before")
    @classmethod
    def _auto_ends_somewhere(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("repeats") == "auto" and values.get("most_repeats") is None:
            return {**values, "most_repeats": 10}
        return values

    @model_validator(mode="after")
    def _most_repeats_belongs_to_auto(self) -> Self:
        if self.repeats != "auto" and self.most_repeats is not None:
            raise ValueError(f'have repeats = "auto" beside most_repeats = {self.most_repeats}, or no most_repeats')
        return self

    @property
    def repeats_in_all(self) -> int:
        """How many repeats there may be: their number, or where ``auto`` ends."""
        return int(self.repeats) if self.most_repeats is None else self.most_repeats


class Run(Table):
    """Where and how it is computed."""

    device: Annotated[str, AfterValidator(_device)] = "auto"
    cohorts: Literal["auto", "stacked", "separate"] = "auto"
    """Train members as one stacked model, or one by one; ``auto`` decides by architecture, sizes and device."""
    executor: Literal["auto", "in-process", "processes", "ray"] = "auto"
    """Who performs the jobs; the results are the same to the bit."""


class Study(Table):
    """A whole comparison.

    Example:
        >>> study = Study.model_validate({
        ...     "data": {"source": "digits"}, "teacher": {"model": "cnn", "width": 32}, "student": {"model": "cnn"}})
        >>> study.teacher.settings, study.methods[0].name, study.protocol.folds
        ({'width': 32}, 'kd', 5)
    """

    data: Data
    teacher: Teacher
    student: Student
    method: Annotated[list[Method], Field(min_length=1, json_schema_extra=_one_or_several)] = [Method()]
    views: Views = Views()
    targets: SoftTargets = SoftTargets()
    protocol: Protocol = Protocol()
    run: Run = Run()

    @model_validator(mode="before")
    @classmethod
    def _one_method_is_a_list_of_one(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("method"), dict | Method):
            return {**values, "method": [values["method"]]}
        return values

    @model_validator(mode="after")
    def _arms_are_unique(self) -> Self:
        arms = self.arms
        if "simple" in arms:
            raise ValueError("the method simple needs a method.arm beside others; 'simple' alone names the control")
        for arm in arms:
            if arms.count(arm) > 1:
                raise ValueError(f"{arms.count(arm)} methods are called {arm!r}; name each with method.arm")
            if arm in self.controls:
                raise ValueError(
                    f"an arm is called {arm!r}, which names a control where protocol.controls = true; "
                    "give it another method.arm"
                )
        return self

    @model_serializer(mode="wrap")
    def _a_list_of_one_is_one_method(self, serialise: Any) -> dict[str, Any]:
        values: dict[str, Any] = serialise(self)
        if len(self.method) == 1:
            values["method"] = values["method"][0]
        return values

    @property
    def methods(self) -> list[Method]:
        """The methods compared, one for each student arm."""
        return self.method

    @property
    def arms(self) -> list[str]:
        """Names of the student arms, in the order of the methods."""
        if len(self.method) == 1:
            return [self.method[0].arm or "student"]
        return [method.arm or method.name for method in self.method]

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the control arms, or none; values have no classes to smooth or to put in a random order."""
        of_classes = ("label-smoothing", "random-teacher") if self.data.task == "regression" else ()
        return tuple(name for name in CONTROLS if name not in of_classes) if self.protocol.controls else ()

    @property
    def rope(self) -> float | None:
        """The region of practical equivalence, or None where it follows from simple's value (log loss, errors)."""
        if self.protocol.rope is not None:
            return self.protocol.rope
        return None if self.protocol.metric in ("log_loss", "rmse", "mae") else 0.005

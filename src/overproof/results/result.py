"""The whole of ``results.json``: what the study alone decides, what was measured beside it, and how it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from overproof import storage
from overproof.errors import DataError, MissingInputError
from overproof.results.arms import Arm
from overproof.results.comparisons import Attribution, Comparison
from overproof.results.data import DataSummary, SplitSummary
from overproof.results.knowledge import Knowledge, Values
from overproof.results.record import Record

SCHEMA = 1

Leak = Literal["none", "unknown", "leaking"]


class Result(Record):
    """The part that depends on the study alone."""

    study: dict[str, Any]
    """The resolved study."""
    data: DataSummary
    splits: list[SplitSummary]
    looks: list[int] = []  # noqa: RUF012 (pydantic copies it)
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

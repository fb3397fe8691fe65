"""What the HTML report adds to the summary: every split, the protocol, the resolved study, the machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

import tomli_w

from overproof.report import numbers, summary, words
from overproof.report.tables import Row, TextTable
from overproof.report.tasks import words_of
from overproof.results import Measured, Result
from overproof.study import Study

Fact = tuple[str, str]

_STAGES = ("teach", "record", "train", "evaluate", "judge")
_TRAINED = ("teacher", "student")
#: What a table of a study starts with.
_FIRST = ("source", "model", "name", "arm")
_TRANSFER = {
    "none": "none",
    "train": "the student also sees the other training rows, with soft targets only",
}
_TEACHER_ROWS = {
    "train": "trained inside each split, never on its test rows",
    "all": "trained once on every row, test rows included",
}


def splits_table(result: Result) -> TextTable:
    """The headline metric of every arm in every split, then each student's difference to simple."""
    metric = summary.headline_metric(result)
    digits = numbers.decimals_of_split(metric, summary.digits_of(result.comparisons[0]))
    names = [
        f"{words.line(arm.name)} ({mark})" if (mark := summary.mark(result, arm)) else words.line(arm.name)
        for arm in result.arms
    ]
    gains = [
        f"{words.line(found.arm)} against simple, {words.line(summary.gain(metric))}" for found in result.comparisons
    ]
    rows = []
    for index, split in enumerate(result.splits):
        scores = [numbers.score(metric, arm.scores[metric].values[index], digits) for arm in result.arms]
        differences = [
            numbers.difference(metric, found.differences.values[index], digits) for found in result.comparisons
        ]
        name = f"repeat {split.repeat + 1}, fold {split.fold + 1}"
        rows.append(Row(name, None, (f"{split.test:,}", *scores, *differences)))
    return TextTable(("split", "test rows", *names, *gains), tuple(rows))


def protocol(result: Result) -> list[Fact]:
    """How the comparison was made, term by term."""
    chosen = result.study.get("protocol")
    settings: dict[str, Any] = chosen if isinstance(chosen, dict) else {}
    data = result.data
    shape = " × ".join(map(str, data.shape))
    facts = [
        ("Data", f"{data.name}, {summary.rows(result)} of shape {shape}"),
        ("Task", summary.task(result).removeprefix("Task: ")),
        (words_of(result).outputs, f"{len(data.classes):,}: {words.listing(data.classes)}"),
        ("Duplicate rows", f"{data.duplicates:,}; a duplicate shares the fold of the row it repeats"),
        ("Splits", summary.splits(result)),
        ("Looks", _looks(result.looks)),
        ("Rows per split", _rows(result)),
        (
            "Student rows",
            _share(settings.get("student_rows"), "of the training rows are labelled for student and simple"),
        ),
        ("Transfer rows", _transfer(result, settings.get("transfer"))),
        ("Validation", _validation(settings.get("validation"))),
        ("Teacher", _teacher(result, settings)),
        ("Leak status", result.leak),
        ("Steps per epoch", ", ".join(f"{name} {result.steps[name]:,}" for name in _ordered(result.steps, _TRAINED))),
        ("Seed", str(settings.get("seed", ""))),
        ("Content", f"SHA-256 {data.digest}"),
    ]
    return [(term, text) for term, text in facts if text]


def machine(measured: Measured) -> list[Fact]:
    """Where, when and how it was computed."""
    stages = _ordered(measured.seconds, _STAGES)
    facts = [
        ("Command", shlex.join(measured.command)),
        ("Started", measured.started),
        ("Folder", measured.folder),
        ("Wall time", ", ".join(f"{stage} {numbers.seconds(measured.seconds[stage])}" for stage in stages)),
        ("Versions", _pairs(measured.versions)),
        ("Machine", _pairs(measured.machine)),
    ]
    return [(term, text) for term, text in facts if text]


def study_toml(result: Result) -> str:
    """The resolved study as TOML, tables in the order of the documentation; what is None is left out."""
    tables = _ordered(result.study, tuple(Study.model_fields))
    return tomli_w.dumps({table: _toml(result.study[table]) for table in tables if result.study[table] is not None})


def _toml(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _toml(value[key]) for key in _ordered(value, _FIRST) if value[key] is not None}
    if isinstance(value, list):
        return [_toml(item) for item in value if item is not None]
    return value


def _rows(result: Result) -> str:
    roles = ("train", "student", "transfer", "validation", "test")
    return ", ".join(f"{role} {numbers.span(getattr(split, role) for split in result.splits)}" for role in roles)


def _looks(repeats: Sequence[int]) -> str:
    if not repeats:
        return ""
    seen = words.listing([str(each) for each in repeats])
    return f"a verdict was sought after {seen} repeats, and each look may be wrong: the threshold is higher for it"


def _teacher(result: Result, settings: dict[str, Any]) -> str:
    if result.teacher == "brought" or (result.teacher is None and "teacher" not in result.steps):
        return "brought from outside, not trained here"
    return _worded(_TEACHER_ROWS, settings.get("teacher_rows"))


def _validation(fraction: Any) -> str:
    if fraction == 0:
        return "none; the last epoch's weights are kept"
    return _share(fraction, "of the rows a model is trained on choose its best epoch")


def _share(fraction: Any, of_what: str) -> str:
    return f"{numbers.percent(fraction, 0)} {of_what}" if isinstance(fraction, int | float) else ""


def _transfer(result: Result, chosen: Any) -> str:
    said, count = _worded(_TRANSFER, chosen), result.data.unlabelled
    if not count:
        return said
    others = f"; {said}" if chosen == "train" else ""
    return f"the student learns what its teacher says about {count:,} rows that have no label{others}"


def _worded(wording: dict[str, str], value: Any) -> str:
    return wording.get(str(value), "" if value is None else str(value))


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{key} {values[key]}" for key in sorted(values))


def _ordered(keys: Iterable[str], first: Sequence[str]) -> list[str]:
    """Keys in the order of ``first``, then the others by name, so that a file read back gives the same page."""
    rank = {key: position for position, key in enumerate(first)}
    return sorted(keys, key=lambda key: (rank.get(key, len(rank)), key))

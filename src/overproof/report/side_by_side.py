"""Several runs side by side, in words: what each found, and whether they may be compared with one another at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from overproof.report import numbers, summary, words
from overproof.report.colours import STUDENTS
from overproof.report.tables import Row, TextTable
from overproof.results import Results


class Run(NamedTuple):
    """Results, and what they are called and which colour they have beside others."""

    name: str
    colour: str
    results: Results


def named(paths: Sequence[Path], found: Sequence[Results]) -> list[Run]:
    """Runs called after their folders; after the whole path where two folders are called the same.

    Args:
        paths: run folders or results files, as the user gave them.
        found: what was read from each.
    """
    folders = [path.resolve() if path.is_dir() else path.resolve().parent for path in paths]
    short = [folder.name for folder in folders]
    names = [str(path) if short.count(name) > 1 else name for path, name in zip(paths, short, strict=True)]
    return [
        Run(words.line(name), f"student-{place % STUDENTS + 1}", results)
        for place, (name, results) in enumerate(zip(names, found, strict=True))
    ]


def verdicts_table(runs: Sequence[Run]) -> TextTable:
    """One row per comparison of every run, with what it was measured on."""
    headings = ("run and arm", "metric", "difference", "95 % interval", "P\nhelps", "P\nsame", "P\nhurts", "verdict")
    rows = [
        Row(
            f"{run.name}: {words.line(found.arm)}",
            summary.MARKS[run.results.result.leak],
            (
                words.metric(found.metric),
                summary.mean_difference(found),
                summary.interval(found),
                *(numbers.probability(p) for p in (found.p_helps, found.p_same, found.p_hurts)),
                found.verdict,
            ),
        )
        for run in runs
        for found in run.results.result.comparisons
    ]
    return TextTable(headings, tuple(rows))


def warnings(runs: Sequence[Run]) -> list[str]:
    """In which ways the runs differ so that their numbers do not speak about the same thing."""
    found = []
    if len({run.results.result.data.digest for run in runs}) > 1:
        said = _each((run.name, run.results.result.data.digest[:12]) for run in runs)
        found.append(f"The runs are not on the same data ({said}): their scores cannot be compared with one another.")
    for key in sorted({key for run in runs for key in _protocol(run)}):
        values = [_protocol(run).get(key) for run in runs]
        if any(value != values[0] for value in values):
            said = _each((run.name, value) for run, value in zip(runs, values, strict=True))
            found.append(f"The runs have different protocols: protocol.{words.line(key)} is {said}.")
    if len({run.results.result.leak for run in runs}) > 1:
        said = _each((run.name, run.results.result.leak) for run in runs)
        found.append(f"The runs differ in what their teachers may have seen of test rows: {said}.")
    return found


def _each(values: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{'not set' if value is None else words.line(str(value))} in {name}" for name, value in values)


def _protocol(run: Run) -> dict[str, Any]:
    chosen = run.results.result.study.get("protocol")
    return chosen if isinstance(chosen, dict) else {}

"""``overproof check``: what would silently spoil a comparison, before it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from overproof.doctor.examination import Examination
from overproof.doctor.examining import at_length
from overproof.run import Run
from overproof.study import Study
from overproof.verbs.preparing import Given, prepare


def check(
    study: str | Path | Study | None = None,
    *,
    data: Any = None,
    teacher: Any = None,
    student: Any = None,
    method: Any = None,
    protocol: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    settings: Iterable[str] = (),
    out: str | Path | None = None,
    trust_study: bool = False,
) -> Examination:
    """Examine a study: settings, method, models, data, and a trial of its first split; up to about a minute.

    Nothing is written. Where a check cannot be made, the examination says why.

    Args:
        study: a study file or object. None is the default study, unless data or models are given.
        data: as for :func:`overproof.compare`, like everything below.
        teacher: as there.
        student: as there.
        method: as there.
        protocol: the study's ``[protocol]``.
        run: the study's ``[run]``.
        settings: ``table.key=value``, as ``--set`` on the command line; these win.
        out: the study's run folder, if there is one: a teacher that was trained there is examined as it is.
        trust_study: whether the study may name code (``module:function``).

    Returns:
        A list of findings, errors first; empty where all is well. Its ``checked`` and ``unchecked`` say what was
        examined.

    Raises:
        OverproofError: where ``compare`` would refuse the study; of the class that fits.

    Example:
        >>> quick = {"model": "mlp", "width": 8, "training": {"epochs": 1}}
        >>> found = check(data="digits", teacher=quick, student={**quick, "width": 9}, protocol={"folds": 2},
        ...               settings=["data.limit=200"])
        >>> print(next(finding for finding in found if finding.check == "sizes"))
        The student has 775 parameters, the teacher 682. If the two are exchanged, exchange them back.
    """
    given = Given(data, teacher, student, method, protocol, run)
    prepared = prepare(Path(study) if isinstance(study, str) else study, given, settings, trust_study)
    folder = Path("runs") / prepared.name if out is None else Path(out)
    there = (folder / "run.json").is_file()
    return at_length(prepared.plan, Run.claim(folder, prepared.identity) if there else None)

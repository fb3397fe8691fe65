"""Teachers that are fitted in one go, from the study to the verdict: the same bytes whoever performs the jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_compare import result_bytes

QUICK = {"epochs": 2}


@pytest.mark.parametrize(
    "teacher",
    [
        {"model": "sklearn:MLPClassifier"},
        {
            "model": ["sklearn:ExtraTreesClassifier", {"model": "mlp", "width": 16, "share": 2}],
            "training": QUICK,
        },
    ],
    ids=["alone", "ensemble"],
)
def test_workers_give_the_same_bytes(tmp_path: Path, compared: Callable[..., Any], teacher: Any) -> None:
    for executor in ("in-process", "processes"):
        compared(
            *("data.limit=150", f"run.executor={executor}"),
            out=executor,
            data="digits",
            teacher=teacher,
            student={"model": "mlp", "width": 8, "training": QUICK},
            protocol={"folds": 2, "student_rows": 0.6, "transfer": "train"},
        )
    here, there = tmp_path / "in-process", tmp_path / "processes"
    assert result_bytes(here) == result_bytes(there)
    files = sorted(
        path.relative_to(here) for stage in ("teach", "train", "evaluate") for path in here.glob(f"{stage}/*/*")
    )
    assert sum(path.name == "answers.npy" for path in files) == 2
    for path in files:
        assert (here / path).read_bytes() == (there / path).read_bytes(), path

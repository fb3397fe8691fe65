"""With views, the student learns from what the teacher said about the very same pixels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from overproof.data.viewer import Viewer
from overproof.data.views import Views
from overproof.errors import StudyError
from overproof.targets.codecs import Dense
from overproof.targets.reading import Targets
from overproof.targets.store import Entry
from overproof.verbs.preparing import Given, prepare
from tests.end_to_end.test_compare import result_bytes, weights_of

Compared = Callable[..., Any]
STUDENT = {"model": "mlp", "width": 8, "training": {"epochs": 3}}
PROTOCOL = {"folds": 2, "student_rows": 0.5}


def teacher() -> nn.Module:
    """The same every time."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


@pytest.mark.parametrize("augment", [["crop", "flip"], ["mixup", "cutout"]])
def test_the_store_holds_what_the_teacher_says_about_each_view(compared: Compared, augment: list[str]) -> None:
    study = [f"views.augment={augment}", "views.count=3", "data.limit=200"]
    given: dict[str, Any] = {"data": "digits", "teacher": teacher(), "student": STUDENT, "protocol": PROTOCOL}
    found = compared(*study, **given)
    plan = prepare(None, Given(**given), study, trust=False).plan
    inputs = torch.from_numpy(plan.data.inputs)
    for key, member in plan.targets.items():
        pointer = json.loads((found.folder / "record" / key / "store.json").read_bytes())
        stored = Targets(Entry(pointer["key"]), (10,), Dense("float32"))
        assert len(stored) == 3 * 200
        viewer = Viewer.of(Views(tuple(augment), 3, seed=0), inputs, plan.data.ids, [member.split.student])
        for view in range(3):
            rows = torch.arange(200).unsqueeze(0)
            shown = viewer.show(rows, torch.full_like(rows, view)).inputs[0]
            with torch.no_grad():
                wanted = teacher()(shown).numpy()
            np.testing.assert_allclose(stored.at(np.arange(200) * 3 + view), wanted, atol=1e-5)
    assert len(plan.targets) == (2 if "mixup" in augment else 1)  # partners belong to their split
    assert found.result.store_check == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("augment", [["crop"], ["mixup"]])
def test_alpha_zero_is_simple_and_workers_change_nothing(compared: Compared, augment: list[str]) -> None:
    study = [f"views.augment={augment}", "views.count=2", "method.alpha=0.0"]
    here = compared(*study, "run.executor=in-process", out="here")
    assert weights_of(here.folder, "student") == weights_of(here.folder, "simple") != []
    there = compared(*study, "run.executor=processes", out="there")
    assert result_bytes(here.folder) == result_bytes(there.folder)


def test_views_change_the_training_and_not_the_test_rows(compared: Compared) -> None:
    plain, seen = compared(out="plain"), compared('views.augment=["crop"]', "views.count=4", out="seen")
    assert weights_of(plain.folder, "simple") != weights_of(seen.folder, "simple")
    assert [each.test for each in plain.result.splits] == [each.test for each in seen.result.splits]


def test_tables_have_noise(compared: Compared) -> None:
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((120, 6))
    found = compared(
        'views.augment=["noise", "mask"]',
        "views.count=2",
        data=(rows, (rows[:, 0] > 0).astype(int)),
        teacher={"model": "mlp", "width": 8, "training": {"epochs": 2}},
        student=STUDENT,
        protocol={"folds": 3},
    )
    assert len(found.result.splits) == 3


def test_what_does_not_fit_the_rows_is_refused(compared: Compared, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"'crop', which is for images"):
        compared(
            'views.augment=["crop"]',
            "views.count=2",
            data=(np.random.default_rng(0).standard_normal((60, 4)), np.arange(60) % 2),
            teacher="mlp",
            student="mlp",
        )
    assert not (tmp_path / "run").exists()

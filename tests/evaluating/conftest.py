"""A small comparison that was carried out, for whatever reads a run."""

from __future__ import annotations

import pytest

from overproof.run import Run
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Given, Prepared, prepare

QUICK = {"model": "mlp", "width": 8, "training": {"epochs": 2}}
GIVEN = Given(data="digits", teacher=QUICK, student=QUICK, protocol={"folds": 3, "repeats": 2, "student_rows": 0.5})
SETTINGS = ["data.limit=240"]


@pytest.fixture(scope="session")
def carried_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, Run]:
    """Two repeats of three folds of 240 digits, and their plan made once more."""
    folder = tmp_path_factory.mktemp("carried")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        compare(
            data=GIVEN.data,
            teacher=GIVEN.teacher,
            student=GIVEN.student,
            protocol=GIVEN.protocol,
            settings=SETTINGS,
            out=folder / "out",
        )
    return prepare(None, GIVEN, SETTINGS, trust=False), Run(folder / "out")


@pytest.fixture
def with_its_store(carried_out: tuple[Prepared, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """The soft-target store that the comparison filled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(carried_out[1].folder.parent / "cache"))

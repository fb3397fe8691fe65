from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from overproof.errors import StorageError
from overproof.executors.job import Job, jobs_of
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.sources.digits import load as digits
from overproof.targets import asking, store
from overproof.targets.components import recording_of
from overproof.targets.record import record, recorded, soft_targets, store_check
from overproof.targets.recording import fill
from overproof.targets.store import Entry
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Given, prepare


class Listening(Watcher):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.ReLU(), nn.Linear(16, 10)
    )


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., tuple[Plan, Run]]:
    """Plans a comparison with a live teacher and claims a run for it."""

    def make(name: str = "run", module: nn.Module | None = None, settings: list[str] | None = None) -> tuple[Plan, Run]:
        rows = digits()
        given = Given((rows.inputs[:300], rows.labels[:300]), module or network(), "mlp", protocol={"folds": 2})
        prepared = prepare(None, given, settings or [], trust=False)
        return prepared.plan, Run.claim(tmp_path / name, prepared.identity)

    return make


Planned = Callable[..., tuple[Plan, Run]]


def facts(entry: Entry) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in entry.folder.glob("*.npy")}


def test_a_live_module_is_recorded_and_left_as_it_was(planned: Planned) -> None:
    module = network()
    plan, run = planned(module=module)
    assert not recorded(plan, run, "teacher")
    record(plan, run, "teacher", Watcher())
    assert recorded(plan, run, "teacher")
    assert module.training
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(plan.data.inputs)).numpy()
    np.testing.assert_allclose(soft_targets(plan, run, "teacher").whole(), wanted, atol=1e-5)
    assert run.files("record/teacher") == ["store.json"], "the run holds a pointer"
    pointer = json.loads(run.read("record/teacher", "store.json"))
    assert pointer["key"] == store.key_of(pointer["components"])
    assert store_check(plan, run) == pointer["check"] == 1.0


def test_two_runs_share_one_recording(planned: Planned) -> None:
    plan, run = planned("one")
    record(plan, run, "teacher", Watcher())
    (entry,) = store.entries()
    before = facts(entry)
    other_plan, other = planned("other", settings=["student.width=7"])
    record(other_plan, other, "teacher", Watcher())
    assert store.entries() == [entry]
    assert facts(entry) == before
    assert run.read("record/teacher", "store.json") == other.read("record/teacher", "store.json")


@pytest.mark.parametrize("settings", [[], ["targets.dtype=float16"], ["targets.codec=topk", "targets.k=3"]])
def test_fresh_or_from_the_store_the_check_is_the_same(planned: Planned, settings: list[str]) -> None:
    plan, run = planned(settings=settings)
    record(plan, run, "teacher", Watcher())
    fresh = run.read("record/teacher", "store.json")
    record(plan, run, "teacher", Watcher())
    assert run.read("record/teacher", "store.json") == fresh
    assert 0.9999 <= store_check(plan, run) <= 1


def test_an_entry_that_vanished_or_is_damaged_is_not_done(planned: Planned) -> None:
    plan, run = planned()
    record(plan, run, "teacher", Watcher())
    (entry,) = store.entries()
    (shard,) = entry.folder.glob("*.npy")
    good = shard.read_bytes()
    shard.write_bytes(good[:-1] + b"?")
    assert run.done("record/teacher")
    assert not recorded(plan, run, "teacher")
    assert not Job("record", "teacher").done(plan, run)
    with pytest.raises(StorageError, match="run the same command again"):
        soft_targets(plan, run, "teacher")
    watcher = Listening()
    record(plan, run, "teacher", watcher)
    assert shard.read_bytes() == good
    assert watcher.said == [f"soft targets {entry.key[:12]}: shard 0 failed its checksum; recomputing 300 rows"]
    shutil.rmtree(entry.folder)
    assert not recorded(plan, run, "teacher")
    record(plan, run, "teacher", Watcher())
    assert recorded(plan, run, "teacher")


def test_a_recording_of_another_torch_is_not_this_one(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, run = planned()
    record(plan, run, "teacher", Watcher())
    monkeypatch.setattr(torch, "__version__", "9.9")
    assert not recorded(plan, run, "teacher")
    watcher = Listening()
    record(plan, run, "teacher", watcher)
    assert "torch differ from those recorded as" in watcher.said[0]
    assert len(store.entries()) == 2


def test_a_store_that_says_something_else_stops_the_run(planned: Planned) -> None:
    plan, run = planned()
    assert isinstance(plan.brought, nn.Module)
    recording = recording_of(plan, asking.network(plan, "teacher", plan.brought), "teacher")
    wrong = np.random.default_rng(0).standard_normal((300, 10)).astype(np.float32)
    fill(recording, lambda start, stop: wrong[start:stop], print)
    with pytest.raises(StorageError, match=r"the stored soft targets of row \d+ are not what the teacher says now"):
        record(plan, run, "teacher", Watcher())
    assert not run.done("record/teacher")


SMALL = ["data.limit=200", "teacher.model=mlp", "teacher.width=16", "teacher.training.epochs=2", "student.model=mlp"]
SMALL += ["student.width=4", "student.training.epochs=2", "protocol.folds=2", "protocol.repeats=1"]


def result(found: Any) -> Any:
    return found.result.model_dump(mode="json")


def test_results_do_not_depend_on_what_the_store_holds(tmp_path: Path, cache_home: Path) -> None:
    first = compare(settings=SMALL, out=tmp_path / "one")
    before = {entry: facts(entry) for entry in store.entries()}
    assert len(before) == 2
    assert result(compare(settings=SMALL, out=tmp_path / "two")) == result(first)
    assert {entry: facts(entry) for entry in store.entries()} == before
    shutil.rmtree(cache_home)
    assert result(compare(settings=SMALL, out=tmp_path / "three")) == result(first)
    assert first.result.store_check == 1.0


def test_a_run_whose_store_was_pruned_goes_on(tmp_path: Path, cache_home: Path) -> None:
    first = compare(settings=SMALL, out=tmp_path / "one")
    shutil.rmtree(cache_home)
    (tmp_path / "one" / "results.json").unlink()
    shutil.rmtree(next((tmp_path / "one" / "train").iterdir()))
    assert result(compare(settings=SMALL, out=tmp_path / "one")) == result(first)


def test_what_the_teacher_says_about_test_rows_is_kept_by_the_run(tmp_path: Path, cache_home: Path) -> None:
    found = compare(settings=SMALL, out=tmp_path / "one")
    shutil.rmtree(cache_home)
    prepared = prepare(None, Given(), SMALL, trust=False)
    run = Run(found.folder)
    jobs = jobs_of(prepared.plan, "evaluate")
    assert {str(job) for job in jobs} >= {"evaluate/teacher-r0-f0", "evaluate/teacher-r0-f1"}
    assert all(job.done(prepared.plan, run) for job in jobs)
    logits = np.load(found.folder / "evaluate" / "teacher-r0-f1" / "teacher-r0-f1.npy")
    assert logits.shape == (len(prepared.plan.splits[1].test), 10)


@pytest.mark.parametrize("settings", [["targets.dtype=float16"], ["targets.codec=topk", "targets.k=4"]])
def test_students_learn_from_smaller_targets(tmp_path: Path, settings: list[str]) -> None:
    found = compare(settings=[*SMALL, *settings], out=tmp_path / "one")
    assert found.result.store_check is not None
    assert found.result.store_check > 0.9999
    assert found.arm("student").curves[0].soft

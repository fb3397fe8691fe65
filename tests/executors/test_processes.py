"""Worker processes: the same result, errors as the job raised them, and nobody left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from overproof.errors import ModelError, OverproofError
from overproof.executors.outcome import ATTEMPTS
from tests.end_to_end.test_compare import result_bytes
from tests.executors.conftest import Compared, alive, noted


def test_workers_compute_and_end_with_the_run(compared: Compared, tmp_path: Path) -> None:
    compared("computes", "in-process", out="here")
    compared("computes", "processes")
    workers = noted(tmp_path, "workers")
    assert workers
    assert os.getpid() not in workers
    assert not any(alive(worker) for worker in workers)
    assert result_bytes(tmp_path / "run") == result_bytes(tmp_path / "here")


def test_a_job_that_lost_its_worker_is_done_again(compared: Compared, tmp_path: Path) -> None:
    compared("dies_once", "in-process", out="here")
    compared("dies_once", "processes")
    assert noted(tmp_path, "deaths")
    assert result_bytes(tmp_path / "run") == result_bytes(tmp_path / "here")


def test_a_job_that_keeps_losing_its_worker_is_given_up(compared: Compared, tmp_path: Path) -> None:
    with pytest.raises(OverproofError, match=rf"worker processes died {ATTEMPTS} times on \w+/\S+ \(exit status -9"):
        compared("dies", "processes")
    assert len(noted(tmp_path, "deaths")) >= ATTEMPTS


def test_an_error_of_ours_arrives_as_it_was(compared: Compared) -> None:
    with pytest.raises(ModelError, match=r"^this student does not want to be trained$"):
        compared("refuses", "processes")


def test_any_other_error_names_its_job(compared: Compared) -> None:
    with pytest.raises(OverproofError, match=r"^\w+/\S+ failed: KeyError\('nothing that overproof knows'\)$") as caught:
        compared("fails", "processes")
    assert type(caught.value) is OverproofError


def test_a_failure_ends_the_workers_that_still_compute(compared: Compared, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not want"):
        compared("waits_while_another_refuses", "processes")
    assert not any(alive(worker) for worker in noted(tmp_path, "waiting"))

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from overproof.errors import StudyError
from overproof.targets.codecs import TopK
from overproof.targets.recording import Recording, fill
from overproof.targets.store import Entry
from overproof.verbs.cache import held, prune, verify

OUTPUTS = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def recorded(name: str, days_ago: float = 0) -> Entry:
    codec = TopK(1, "float16")
    components = {"name": name, "rows": {"count": 50}, "outputs": {"shape": [3]}, "codec": codec.facts}
    recording = Recording(name, components, 50, (3,), codec, 8, 4)
    entry = fill(recording, lambda start, stop: OUTPUTS[start:stop], print)
    when = time.time() - 86_400 * days_ago
    os.utime(entry.manifest_file, (when, when))
    return entry


def unfinished() -> Entry:
    entry = Entry("0" * 64)
    entry.folder.mkdir(parents=True)
    (entry.folder / f"000000-{'1' * 64}.npy").write_bytes(b"123")
    return entry


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "overproof", "cache", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"})


def test_an_empty_store_is_no_mistake() -> None:
    assert (held(), verify().files, prune(everything=True)) == ([], 0, [])


def test_what_is_held() -> None:
    entry, half = recorded("one", days_ago=2), unfinished()
    first, second = held()
    assert (first.key, first.complete, first.size, first.teacher) == (half.key, False, 3, None)
    assert (second.key, second.complete, second.teacher, second.rows, second.shape) == (entry.key, True, "one", 50, [3])
    assert second.codec == "topk(k=1, dtype=float16)"
    assert second.size == sum(path.stat().st_size for path in entry.folder.iterdir())
    assert second.used_at == pytest.approx(time.time() - 2 * 86_400, abs=60)


def test_damage_is_found_wherever_it_is() -> None:
    entry, other, _ = recorded("one"), recorded("other"), unfinished()
    assert dataclasses.astuple(verify()) == (16, [])
    shard = sorted(entry.folder.glob("*.npy"))[3]
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    other.manifest_file.write_text("{}")
    assert sorted(verify().damaged) == sorted([str(shard), str(other.manifest_file)])
    shard.unlink()
    assert str(shard) in verify().damaged


def test_prune_takes_leftovers_and_what_it_is_told_to() -> None:
    old, new, half = recorded("old", days_ago=10), recorded("new"), unfinished()
    assert [each.key for each in prune()] == [half.key]
    assert [each.key for each in prune(older_than=5)] == [old.key]
    assert not old.folder.exists()
    assert new.complete()
    assert [each.key for each in prune(older_than=0)] == [new.key]
    recorded("new")
    assert len(prune(everything=True)) == 1
    assert held() == []


def test_prune_leaves_what_is_being_recorded() -> None:
    entry, half = recorded("one"), unfinished()
    with entry.locked(None), half.locked(None):
        assert prune(everything=True) == []
    assert entry.complete()
    assert len(prune(everything=True)) == 2


@pytest.mark.parametrize("days", [-1.0, float("nan"), float("inf")])
def test_an_impossible_age_is_refused(days: float) -> None:
    with pytest.raises(StudyError, match="--older-than must be a number of days"):
        prune(older_than=days)


def test_the_command_line() -> None:
    entry, old = recorded("mlp[width=8]"), recorded("old", days_ago=10)
    listed = cli("list")
    assert listed.returncode == 0, listed.stderr
    assert "mlp[width=8]" in listed.stdout
    assert entry.key[:12] in listed.stdout
    assert cli("verify").stdout == "16 files read, 0 damaged\n"
    shard = min(entry.folder.glob("*.npy"))
    shard.write_bytes(b"")
    verified = cli("verify")
    assert verified.returncode == 74
    assert shard.name in verified.stderr
    pruned = cli("prune", "--older-than", "5")
    assert pruned.stdout.startswith("1 entries removed, "), pruned.stderr
    assert not old.folder.exists()
    assert cli("prune", "--all").stdout.startswith("1 entries removed, ")


def test_no_torch_is_loaded() -> None:
    recorded("one")
    program = (
        "import sys\nfrom overproof.verbs.cache import *\nheld(), verify(), prune()\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

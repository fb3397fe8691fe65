from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import filelock
import numpy as np
import pytest
from numpy.typing import NDArray

from overproof import storage
from overproof.errors import StorageError
from overproof.targets import store
from overproof.targets.recording import Recording, fill
from overproof.targets.store import Entry, key_of

Make = Callable[..., Recording]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def entry(recording: Make, outputs: NDArray[np.float32]) -> Entry:
    return fill(recording(), lambda start, stop: outputs[start:stop], print)


def test_the_store_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert store.root() == tmp_path / "cache" / "overproof"
    for none in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", none)
        assert store.root() == Path.home() / ".cache" / "overproof"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert store.root() == Path.home() / ".cache" / "overproof"


def test_a_key_is_a_function_of_the_components_alone() -> None:
    assert key_of({"a": 1, "b": {"c": [2]}}) == key_of({"b": {"c": [2]}, "a": 1})
    assert len({key_of({"a": 1}), key_of({"a": 1.0}), key_of({"a": "1"}), key_of({"b": 1}), key_of({})}) == 5


def test_a_flipped_bit_in_any_byte_of_a_manifest_is_found_or_harmless(entry: Entry) -> None:
    good, data = entry.manifest(), entry.manifest_file.read_bytes()
    found = 0
    for byte in range(len(data)):
        entry.manifest_file.write_bytes(data[:byte] + bytes([data[byte] ^ 1 << byte % 8]) + data[byte + 1 :])
        if entry.complete():
            manifest = entry.manifest()
            assert (manifest.components, manifest.shards) == (good.components, good.shards)
        else:
            found += 1
    assert found > 0.8 * len(data), "only the teacher's name and white space are harmless"
    entry.manifest_file.write_bytes(data)
    assert entry.complete()


def test_every_truncation_of_a_manifest_is_found(entry: Entry) -> None:
    data = entry.manifest_file.read_bytes()
    for length in range(len(data) - 2):  # the last two bytes are the closing brace and the end of the line
        entry.manifest_file.write_bytes(data[:length])
        with pytest.raises(StorageError, match=r"damaged"):
            entry.manifest()


def test_another_schema_is_named(entry: Entry) -> None:
    entry.manifest_file.write_text(entry.manifest_file.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(StorageError, match="has schema 2; this version reads 1"):
        entry.manifest()


def test_the_manifest_of_another_entry_is_found(entry: Entry, recording: Make, outputs: NDArray[np.float32]) -> None:
    other = fill(recording(other=True), lambda start, stop: outputs[start:stop], print)
    entry.manifest_file.write_bytes(other.manifest_file.read_bytes())
    with pytest.raises(StorageError, match="its components do not have the key of its folder"):
        entry.manifest()


def test_swapped_shards_are_found(entry: Entry) -> None:
    one, other = (entry.folder / name for name in sorted(os.listdir(entry.folder))[:2])  # noqa: PTH208
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert entry.damaged() == [one.name, other.name]


def test_a_shard_is_hashed_once_per_process_unless_asked(entry: Entry) -> None:
    path = next(entry.folder.glob("*.npy"))
    before, facts = path.read_bytes(), path.stat()
    assert entry.damaged() == []
    hits = storage._digest_once.cache_info().hits
    assert entry.damaged() == []
    assert storage._digest_once.cache_info().hits > hits
    with path.open("r+b") as file:
        file.write(b"x")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert entry.damaged() == [path.name], "a change of the file is seen even when its time is set back"
    path.write_bytes(before)
    assert entry.damaged(again=True) == []


def test_a_miss_names_what_differs(recording: Make, outputs: NDArray[np.float32]) -> None:
    have = {"weights": "w", "torch": "1", "batch": 256}
    entry = fill(recording(**have), lambda start, stop: outputs[start:stop], print)

    def why(any_weights: bool = False, **changed: object) -> str | None:
        return store.missing({"of": "tests", **have, **changed}, "one", any_weights=any_weights)

    assert why(torch="2") == (
        f"soft targets of one are recorded anew: torch differ from those recorded as {entry.key[:12]}"
    )
    assert "batch, torch differ" in str(why(torch="2", batch=1))
    assert why(weights="v") is None, "another fold's teacher"
    assert "weights differ" in str(why(any_weights=True, weights="v"))


HOLD = """
entry = recording.entry
with entry.locked(None):
    print("held", flush=True)
    time.sleep(600)
"""


def test_one_holder_at_a_time_and_a_killed_one_does_not_block(recording: Make, start: Start) -> None:
    entry = recording().entry
    with start(HOLD, "log", "0") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(filelock.Timeout), entry.locked(None):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        told: list[str] = []
        with entry.locked(lambda: told.append("waiting")):
            pass


def test_a_store_that_cannot_be_used_is_named(tmp_path: Path, recording: Make) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.raises(StorageError, match=r"the store .*overproof cannot be used .*set XDG_CACHE_HOME"):
        fill(recording(), lambda start, stop: np.zeros((stop - start, 3), np.float32), print)


def test_the_store_may_be_elsewhere_for_a_while(tmp_path: Path) -> None:
    usual, seen = store.root(), []
    with store.elsewhere(tmp_path / "other"):
        other = threading.Thread(target=lambda: seen.append(store.root()))
        other.start()
        other.join()
        assert store.root() == tmp_path / "other"
        assert Entry("a" * 64).folder == tmp_path / "other" / ("a" * 64)
    assert store.root() == usual
    assert seen == [usual]

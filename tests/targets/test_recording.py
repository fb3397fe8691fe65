from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.errors import DataError, StorageError
from overproof.targets.codecs import Codec, Dense, TopK
from overproof.targets.reading import Targets
from overproof.targets.recording import LARGEST, SMALLEST, Recording, fill, rows_per_shard
from overproof.targets.store import Entry

Make = Callable[..., Recording]
Start = Callable[..., "subprocess.Popen[str]"]

FILL = "fill(recording, compute, print)\n"


class Teacher:
    """Outputs, and the rows that were asked for."""

    def __init__(self, outputs: NDArray[np.float32]) -> None:
        self.outputs, self.asked, self.said = outputs, [], []  # type: tuple[NDArray[np.float32], list[int], list[str]]

    def __call__(self, start: int, stop: int) -> NDArray[np.float32]:
        self.asked.append(start)
        return self.outputs[start:stop]


@pytest.fixture
def teacher(outputs: NDArray[np.float32]) -> Teacher:
    return Teacher(outputs)


def files(entry: Entry) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(entry.folder.iterdir())}


def shards(entry: Entry) -> dict[str, tuple[int, int]]:
    """Shards by name, with what changes when one is written."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in entry.folder.glob("*.npy")}


@pytest.mark.parametrize("codec", [Dense(), Dense("float16"), TopK(1), TopK(2, "float16")])
def test_what_is_recorded_is_read(recording: Make, teacher: Teacher, codec: Codec) -> None:
    entry = fill(recording(codec), teacher, teacher.said.append)
    targets = Targets(entry, (3,), codec)
    wanted = codec.decode(codec.encode(teacher.outputs), (3,))
    assert np.array_equal(targets.whole(), wanted)
    assert teacher.said == []
    assert len(list(entry.folder.glob("*.npy"))) == 7
    assert np.array_equal(np.load(min(entry.folder.glob("*.npy"))), codec.encode(teacher.outputs[:8])), "plain NPY"


def test_a_second_recording_computes_and_writes_nothing(recording: Make, teacher: Teacher) -> None:
    entry = fill(recording(), teacher, teacher.said.append)
    before, asked = shards(entry), list(teacher.asked)
    fill(recording(), teacher, teacher.said.append)
    assert shards(entry) == before
    assert teacher.asked == asked


def test_whole_batches_are_computed_whatever_the_shard() -> None:
    for rows, width in ((10, 40), (50_000, 40), (50_000, 4_000), (10**6, 4_000), (10**7, 400_000)):
        per = rows_per_shard(rows, width, 256)
        assert per % 256 == 0
        assert SMALLEST <= per * width <= LARGEST + 256 * width
    assert rows_per_shard(100, 10**9, 256) == 256


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("damage", "said"),
    [(flip, "failed its checksum"), (lambda data: data[:-7], "failed its checksum"), (lambda data: None, "is gone")],
    ids=["a bit", "truncated", "removed"],
)
def test_a_damaged_shard_is_named_and_recomputed_alone(
    recording: Make, teacher: Teacher, damage: Callable[[bytes], bytes | None], said: str
) -> None:
    entry = fill(recording(), teacher, teacher.said.append)
    before, teacher.asked = files(entry), []
    path = sorted(entry.folder.glob("*.npy"))[2]
    bad = damage(path.read_bytes())
    path.unlink() if bad is None else path.write_bytes(bad)
    assert not entry.complete()
    with pytest.raises(StorageError, match=path.name):
        Targets(entry, (3,), Dense())
    fill(recording(), teacher, teacher.said.append)
    assert files(entry) == before
    assert teacher.asked == [16]
    assert teacher.said == [f"soft targets {entry.key[:12]}: shard 2 {said}; recomputing 8 rows"]


def test_a_damaged_manifest_costs_no_shard(recording: Make, teacher: Teacher) -> None:
    entry = fill(recording(), teacher, teacher.said.append)
    before, teacher.asked = files(entry), []
    for bad in (b"", b"{}", before["manifest.json"][:100]):
        entry.manifest_file.write_bytes(bad)
        fill(recording(), teacher, teacher.said.append)
        assert files(entry) == before
    assert teacher.asked == []


def test_a_killed_recording_resumes_at_its_shards(
    recording: Make, teacher: Teacher, start: Start, tmp_path: Path
) -> None:
    entry, draw, kills = recording().entry, random.Random(7), 0  # noqa: S311
    kept: dict[str, tuple[int, int]] = {}
    while not entry.manifest_file.exists():
        with start(FILL, str(tmp_path / "log"), "0.05") as writer:
            before = len(list(entry.folder.glob("*.npy")))
            while writer.poll() is None and len(list(entry.folder.glob("*.npy"))) == before:
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 0.1))
            if not entry.manifest_file.exists():
                writer.send_signal(signal.SIGKILL)
                kills += 1
            writer.communicate()
        found = shards(entry)
        assert kept.items() <= found.items(), "a finished shard is not written again"
        kept = found
    assert kills >= 2
    resumed = files(entry)
    other = fill(recording(fresh=True), teacher, teacher.said.append)
    assert {name: data for name, data in files(other).items() if name != "manifest.json"} == {
        name: data for name, data in resumed.items() if name != "manifest.json"
    }
    assert entry.complete(), "and what a killed writer left has gone with the last shard"


def test_four_processes_record_the_same_at_once(recording: Make, start: Start, tmp_path: Path) -> None:
    writers = [start(FILL, str(tmp_path / "log"), "0.01") for _ in range(4)]
    for writer in writers:
        _, complaint = writer.communicate()
        assert writer.returncode == 0, complaint
    entry = recording().entry
    assert entry.complete()
    assert sorted(map(int, (tmp_path / "log").read_text().split())) == list(range(0, 50, 8)), "computed once in all"


def test_an_interrupted_computation_leaves_nothing_half_done(recording: Make, teacher: Teacher) -> None:
    def fails(start: int, stop: int) -> NDArray[np.float32]:
        if start == 16:
            raise OSError("the teacher's own trouble")
        return teacher(start, stop)

    with pytest.raises(OSError, match="the teacher's own trouble") as caught:
        fill(recording(), fails, teacher.said.append)
    assert not isinstance(caught.value, StorageError)
    entry = recording().entry
    assert [path.name[:6] for path in sorted(entry.folder.iterdir())] == ["000000", "000001"]
    fill(recording(), teacher, teacher.said.append)
    assert teacher.asked == [0, 8, 16, 24, 32, 40, 48]


def test_an_overflow_names_the_row_and_is_not_stored(recording: Make, teacher: Teacher) -> None:
    teacher.outputs[21, 1] = -1e6
    with pytest.raises(DataError, match="the output for row 21 has 1e"):
        fill(recording(Dense("float16")), teacher, teacher.said.append)
    assert not recording(Dense("float16")).entry.complete()


def test_outputs_of_another_shape_are_refused(recording: Make) -> None:
    with pytest.raises(DataError, match=r"the teacher returned shape \(8, 4\)"):
        fill(recording(), lambda start, stop: np.zeros((stop - start, 4), np.float32), print)


SMALL_DISK = """
import subprocess
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", sys.argv[3]], capture_output=True)
if mounted.returncode: sys.exit(99)
import dataclasses, os
os.environ["XDG_CACHE_HOME"] = sys.argv[3]
from overproof.errors import StorageError
try: fill(dataclasses.replace(recording, rows=10_000), compute, print)
except StorageError as error: print(error.exit_code, error)
fill(recording, compute, print)
print(len(list(recording.entry.folder.iterdir())))
"""


def test_what_the_disk_cannot_hold_is_refused_before_the_teacher_runs(start: Start, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    before = ("unshare", "--user", "--map-root-user", "--mount")
    try:
        disk = start(SMALL_DISK, str(tmp_path / "log"), "0", str(tmp_path / "disk"), before=before)
    except FileNotFoundError:
        pytest.skip("no unshare on this machine: a full disk cannot be had")
    said, complaint = disk.communicate()
    if disk.returncode == 99 or "unshare" in complaint:
        pytest.skip("mounting a small disk is not allowed here")
    refused, count = said.splitlines()
    assert refused.startswith("74 the soft targets of one need 120,000 bytes and ")
    assert refused.endswith("or set XDG_CACHE_HOME to a larger disk")
    assert count == "8"
    assert (tmp_path / "log").read_text().splitlines() == [str(first) for first in range(0, 50, 8)]


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
try: fill(recording, compute, print)
except OSError as error: print(type(error).__name__, error)
"""


def test_a_disk_that_fills_up_is_one_sentence_and_the_rest_resumes(
    recording: Make, teacher: Teacher, start: Start, tmp_path: Path
) -> None:
    said, complaint = start(FULL, str(tmp_path / "log"), "0").communicate()
    assert said.startswith("StorageError "), complaint
    assert said.endswith("cannot be written (File too large)\n")
    entry = recording().entry
    assert list(entry.folder.iterdir()) == []
    fill(recording(), teacher, teacher.said.append)
    assert entry.complete()


MEMORY = """
import sys
import numpy as np
from pathlib import Path
from overproof.targets.codecs import Dense
from overproof.targets.recording import Recording, fill, rows_per_shard
from overproof.targets.reading import Targets
def peak():
    return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line).split()[1])
rows, classes = 50_000, 1_000
def compute(start, stop):
    return np.arange(start, stop, dtype=np.float32).repeat(classes).reshape(-1, classes)
before = peak()
entry = fill(Recording("m", {"m": 1}, rows, (classes,), Dense(), rows_per_shard(rows, 4_000, 256), 256), compute, print)
print(peak() - before, sum(path.stat().st_size for path in entry.folder.iterdir()))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to see the memory of a process in")
def test_memory_does_not_grow_with_what_is_recorded() -> None:
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    grown, stored = map(int, done.stdout.split())
    assert stored > 200_000_000
    assert grown * 1024 < 50_000_000, "less than two shards"

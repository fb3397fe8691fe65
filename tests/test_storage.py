from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof import storage
from overproof.errors import StorageError

#: Of a program that runs without root's licence to write everywhere.
UNPRIVILEGED = "import os\nif os.geteuid() == 0: os.seteuid(65534)\n"


def run(program: str, *arguments: str, cwd: Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run a Python program that has the storage at hand."""
    start = "import sys\nfrom pathlib import Path\nfrom overproof import storage\nfrom overproof.errors import *\n"
    return subprocess.run(
        [*before, sys.executable, "-c", start + program, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


# Whole or not at all.


@given(st.binary(max_size=200))
def test_what_was_committed_is_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("new") / "deep" / "er" / "file.bin"
    digest = storage.commit(path, data)
    assert digest == storage.digest(data) == hashlib.sha256(data).hexdigest()
    assert storage.read(path) == storage.read(path, digest) == data
    assert [each.name for each in path.parent.iterdir()] == ["file.bin"]


def test_a_commit_replaces_and_a_reader_keeps_what_it_has_open(tmp_path: Path) -> None:
    path = tmp_path / "file"
    storage.commit(path, b"old")
    with path.open("rb") as reader:
        storage.commit(path, b"newer")
        assert reader.read() == b"old"
    assert storage.read(path) == b"newer"


def test_a_link_is_replaced_and_what_it_pointed_at_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "file").symlink_to(tmp_path / "elsewhere")
    storage.commit(tmp_path / "file", b"new")
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"
    assert not (tmp_path / "file").is_symlink()


COMMITTING = """
path, contents = Path(sys.argv[1]), [bytes([letter]) * 2_000_000 for letter in b"ab"]
def in_place(path, data):
    with path.open("wb") as file:
        for start in range(0, len(data), 65_536): file.write(data[start:start + 65_536])
write = {"commit": storage.commit, "in place": in_place}[sys.argv[2]]
storage.commit(path, contents[0])
print("ready", flush=True)
while True:
    for data in contents: write(path, data)
"""


def torn_after(how: str, folder: Path, kills: int) -> int:
    """How many of so many killed writers left something that is neither the old file nor the new one."""
    path, torn, draw = folder / "file.bin", 0, random.Random(7)  # noqa: S311
    start = "import sys\nfrom pathlib import Path\nfrom overproof import storage\n"
    for _ in range(kills):
        command = [sys.executable, "-c", start + COMMITTING, str(path), how]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(draw.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
        torn += path.read_bytes() not in (b"a" * 2_000_000, b"b" * 2_000_000)
    return torn


def test_a_killed_writer_never_leaves_a_torn_file(tmp_path: Path) -> None:
    assert torn_after("commit", tmp_path, kills=12) == 0
    left = [path.name for path in tmp_path.iterdir() if path.name != "file.bin"]
    assert all(name.startswith(".file.bin.") and name.endswith(".tmp") for name in left)


def test_the_kills_would_tear_a_file_that_is_written_in_place(tmp_path: Path) -> None:
    assert torn_after("in place", tmp_path, kills=6) > 0


# JSON.


def test_json_is_canonical(tmp_path: Path) -> None:
    digest = storage.commit_json(tmp_path / "one", {"b": [1, 2.5, None], "a": "é"})
    assert storage.commit_json(tmp_path / "other", {"a": "é", "b": [1, 2.5, None]}) == digest
    wanted = '{\n  "a": "é",\n  "b": [\n    1,\n    2.5,\n    null\n  ]\n}\n'
    assert (tmp_path / "one").read_bytes() == wanted.encode()


@pytest.mark.parametrize("value", [{"a": float("nan")}, [float("inf")], {"a": {1, 2}}, "\ud800"])
def test_what_is_no_json_changes_nothing(tmp_path: Path, value: object) -> None:
    storage.commit_json(tmp_path / "file", {"old": True})
    with pytest.raises((ValueError, TypeError)):
        storage.commit_json(tmp_path / "file", value)
    assert storage.read(tmp_path / "file") == b'{\n  "old": true\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# Damage.


def test_another_digest_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    digest = storage.commit(path, b"x" * 1_234)
    path.write_bytes(b"y" * 1_200)
    with pytest.raises(StorageError) as caught:
        storage.read(path, digest)
    found = hashlib.sha256(b"y" * 1_200).hexdigest()
    assert str(caught.value) == (
        f"{path} fails its checksum (1,200 bytes, sha256 {found[:12]}, expected {digest[:12]}): damaged or edited"
    )
    assert storage.read(path) == b"y" * 1_200


def test_every_flipped_bit_and_every_truncation_is_found(tmp_path: Path) -> None:
    path, data = tmp_path / "file", bytes(range(64))
    digest = storage.commit(path, data)
    damaged = [data[:length] for length in range(64)]
    damaged += [
        data[:byte] + bytes([data[byte] ^ 1 << bit]) + data[byte + 1 :] for byte in range(64) for bit in range(8)
    ]
    for each in damaged:
        path.write_bytes(each)
        with pytest.raises(StorageError, match="fails its checksum"):
            storage.read(path, digest)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "none", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (tmp_path / "none" / "file", "No such file or directory"),
    ):
        with pytest.raises(StorageError) as caught:
            storage.read(path)
        assert str(caught.value) == f"{path} cannot be read ({why})"


# Where nothing can be written.


def test_a_file_or_folder_in_the_way_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"precious")
    (tmp_path / "folder").mkdir()
    for path, why in (
        (tmp_path / "file" / "new", "File exists"),
        (tmp_path / "file" / "deep" / "new", "Not a directory"),
        (tmp_path / "folder", "Is a directory"),
    ):
        with pytest.raises(StorageError) as caught:
            storage.commit(path, b"new")
        assert str(caught.value) == f"{path} cannot be written ({why})"
    assert (tmp_path / "file").read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "file").write_bytes(b"precious")
    folder.chmod(0o555)
    done = run(
        UNPRIVILEGED + "for name in ('file', 'new/file'):\n"
        "    try: storage.commit(Path(name), b'new')\n"
        "    except StorageError as error: print(error)\n",
        cwd=folder,
    )
    assert done.stdout.splitlines() == [
        "file cannot be written (Permission denied)",
        "new/file cannot be written (Permission denied)",
    ], done.stderr
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("file", b"precious")]


def test_a_file_size_limit_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    done = run(
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "storage.commit(Path('file'), b'old')\n"
        "try: storage.commit(Path('file'), bytes(1_000_000))\n"
        "except StorageError as error: print(error)\n",
        cwd=tmp_path,
    )
    assert done.stdout == "file cannot be written (File too large)\n", done.stderr
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]


FILLING = """
import subprocess
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "disk"], capture_output=True)
if mounted.returncode: sys.exit(99)
folder = Path("disk")
storage.commit(folder / "file", b"old")
try: storage.commit(folder / "file", bytes(1_000_000))
except StorageError as error: print(error)
print([(path.name, path.read_bytes()) for path in folder.iterdir()])
"""


def test_a_full_disk_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    try:
        # a small disk that nobody else sees and that goes with the process
        done = run(FILLING, cwd=tmp_path, before=("unshare", "--user", "--map-root-user", "--mount"))
    except FileNotFoundError:
        pytest.skip("no unshare on this machine: a full disk cannot be had")
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("mounting a small disk is not allowed here")
    assert done.stdout.splitlines() == [
        "disk full while writing disk/file (1,000,000 bytes); free some space and run the same command again",
        "[('file', b'old')]",
    ], done.stderr


def test_two_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    program = "for _ in range(40): storage.commit(Path('file'), sys.argv[1].encode() * 100_000)\n"
    start = "import sys\nfrom pathlib import Path\nfrom overproof import storage\n"
    writers = [
        subprocess.Popen([sys.executable, "-c", start + program, letter], cwd=tmp_path) for letter in ("a", "b", "c")
    ]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "file").exists():
            seen.add(storage.digest((tmp_path / "file").read_bytes()))
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert seen <= {storage.digest(letter * 100_000) for letter in (b"a", b"b", b"c")}
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208


def test_what_is_thrown_away_soon_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    with storage.fleeting():
        digest = storage.commit(tmp_path / "a", b"1")
        storage.commit_parts(tmp_path, lambda digest: digest, [b"2"])
    assert not flushed
    assert storage.read(tmp_path / "a", digest) == b"1"
    storage.commit(tmp_path / "b", b"1")
    storage.commit_parts(tmp_path, lambda digest: digest, [b"3"])
    assert len(flushed) == 2 * (1 if os.name == "nt" else 2)

"""Two commands in one folder exclude each other; a dead one's lock and leftovers are in nobody's way."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edgeml import locks
from edgeml.errors import EdgemlError
from edgeml.locks import NAME, Holder, locked

HOLD = """
import sys, time
from pathlib import Path
from edgeml.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds tmp_path/run."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_alone_and_again_within(tmp_path):
    folder = tmp_path / "run"
    for _ in range(2):
        with locked(folder):
            assert json.loads((folder / NAME).read_text())["pid"] == os.getpid()
            with locked(folder), locked(tmp_path / "run" / ".." / "run"):
                (folder / "file").touch()
            assert (folder / NAME).is_file(), "the inner one let go of the outer one's"
        assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_folder_that_nothing_was_written_into_goes_again(tmp_path):
    with pytest.raises(RuntimeError), locked(tmp_path / "a" / "b"):
        raise RuntimeError
    assert not (tmp_path / "a").exists()


def test_the_holder_of_a_lock(tmp_path, holder):
    with pytest.raises(EdgemlError) as caught, locked(tmp_path / "run"):
        pass
    assert caught.value.where == str(tmp_path / "run")
    told = rf"is in use by python \(process {holder.pid} on {re.escape(socket.gethostname())}, since 20..-"
    assert re.match(told, caught.value.what)
    assert f"kill {holder.pid}" in caught.value.hint
    holder.terminate()
    holder.wait()
    with locked(tmp_path / "run"):
        pass


def test_a_killed_holder_is_taken_over_and_tidied_up_after(tmp_path, holder):
    (tmp_path / "run" / ".tmp-x-file").touch()
    holder.kill()
    holder.wait()
    assert (tmp_path / "run" / NAME).is_file()
    with locked(tmp_path / "run"):
        assert [path.name for path in (tmp_path / "run").iterdir()] == [NAME]


def test_another_thread_is_another(tmp_path):
    told: list[str] = []

    def other() -> None:
        try:
            with locked(tmp_path):
                told.append("held")
        except EdgemlError as error:
            told.append(error.what)

    with locked(tmp_path):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(told) == 1
    assert told[0].startswith("is in use by")


def left(folder: Path, **changes: object) -> None:
    (folder / NAME).write_text(json.dumps(vars(Holder.me()) | changes))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "\0" * 9000])
def test_a_damaged_file_is_nobodys(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("shared", [True, False])
def test_another_host_on_a_shared_file_system_may_be_at_work(tmp_path, monkeypatch, shared):
    monkeypatch.setattr(locks, "_is_shared", lambda path: shared)
    left(tmp_path, host="elsewhere", command="edgeml train x")
    if not shared:  # its lock would have been seen
        with locked(tmp_path):
            return
    with pytest.raises(EdgemlError) as caught, locked(tmp_path):
        pass
    assert "is in use by edgeml train x (process" in caught.value.what
    assert f"look on elsewhere), delete {tmp_path / NAME}" in caught.value.hint
    (tmp_path / NAME).unlink()  # the remedy
    with locked(tmp_path):
        pass


def test_shared_file_systems_are_known(tmp_path):
    assert not locks._is_shared(Path("/proc/self/status"))
    assert locks._is_shared(tmp_path / NAME) in (True, False)


class TestWithoutLocks:
    """As on some network and user file systems."""

    @pytest.fixture(autouse=True)
    def no_locks(self, monkeypatch):
        def refuse(handle: int, operation: int) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "flock", refuse)

    def test_alone_and_again_within(self, tmp_path):
        test_alone_and_again_within(tmp_path)

    def test_a_living_holder(self, tmp_path, holder):
        with pytest.raises(EdgemlError, match=f"process {holder.pid} on"), locked(tmp_path / "run"):
            pass

    def test_a_dead_holder(self, tmp_path):
        left(tmp_path, pid=4_000_000)
        with locked(tmp_path):
            pass

    def test_a_number_that_was_given_again(self, tmp_path):
        left(tmp_path, pid=os.getppid(), started="1")
        with locked(tmp_path):
            pass


def test_a_folder_that_cannot_be_written_has_nothing_to_exclude(tmp_path, monkeypatch):
    def refuse(*args: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(locks.os, "open", refuse)
    with locked(tmp_path):
        pass


def test_no_folder_can_be_made(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(EdgemlError, match="cannot be made"), locked(place):
            pass


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("x")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / NAME).symlink_to(tmp_path / "precious")
    with pytest.raises(EdgemlError, match="cannot be locked"), locked(tmp_path / "run"):
        pass
    assert (tmp_path / "precious").read_text() == "x"


def test_many_at_once_are_never_two(tmp_path):
    """Each process enters as often as it can and writes its number; nobody else's may appear meanwhile."""
    code = """
import os, sys, time
from pathlib import Path
from edgeml.errors import EdgemlError
from edgeml.locks import locked
folder, mine = Path(sys.argv[1]), str(os.getpid())
entered, end = 0, time.monotonic() + 1.5
while time.monotonic() < end:
    try:
        with locked(folder):
            entered += 1
            (folder / "who").write_text(mine)
            time.sleep(0.0005)
            assert (folder / "who").read_text() == mine
    except EdgemlError as error:
        assert "in use" in error.what, error
assert entered
"""
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]

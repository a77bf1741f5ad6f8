"""One command at a time in a run folder, and a tidy folder to begin with.

`with locked(RUN):` is around everything that writes into RUN. RUN/.lock names who holds it (process, command,
host, since when) and is locked by the system (flock), which lets go when the process ends, however it ends:
a lock of a dead process is simply taken over. Where a file system has no locks, or they may not reach the
machine that holds it, what the file says decides, and the error says which file to delete.

What only reads (show, list, estimate, doctor) needs no lock: every file is either the old or the new one.

Invariant: whoever holds the lock is alone, so what an earlier command that was killed left behind can be put
right, see `edgeml.files.heal`; that is done before anything else.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shlex
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.files import heal
from edgeml.processes import alive, started

NAME = ".lock"

_UNLOCKABLE = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_SHARED = ("9p", "afs", "beegfs", "ceph", "cifs", "fuse", "gpfs", "lustre", "nfs", "smb", "virtiofs")
"""Begins of the names of file systems that other machines may have mounted, without each other's locks."""

_SETTLE_SECONDS = 0.1
_LONGEST_COMMAND = 200


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Args:
        pid: the process.
        thread: the thread, as the system numbers it.
        started: when the process began, in the system's ticks, so that a number that was given again is not
            taken for the same process; "" if the system does not say.
        host: the machine.
        command: as it was typed.
        since: when the lock was taken, UTC, ISO 8601.
    """

    pid: int
    thread: int
    started: str
    host: str
    command: str
    since: str

    @staticmethod
    def me() -> Holder:
        """This thread, now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        pid = os.getpid()
        return Holder(pid, threading.get_native_id(), started(pid), socket.gethostname(), _command(), now)

    @staticmethod
    def parse(text: str) -> Holder | None:
        """What a lock's file says; None for one that was cut short."""
        try:
            fields = json.loads(text)
            return Holder(
                int(fields["pid"]),
                int(fields["thread"]),
                *(str(fields[key]) for key in ("started", "host", "command", "since")),
            )
        except (ValueError, TypeError, KeyError):
            return None

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return self.host == socket.gethostname()

    def is_thread_of(self, me: Holder) -> bool:
        """Whether it is the same thread: a step within a step."""
        return (self.pid, self.thread, self.started, self.host) == (me.pid, me.thread, me.started, me.host)

    def lives(self) -> bool:
        """Whether the process is still there, as far as this machine can see."""
        return not self.here or (alive(self.pid) and self.started == started(self.pid))

    def __str__(self) -> str:
        return f"{self.command} (process {self.pid} on {self.host}, since {self.since})"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only one who writes into `folder`; within the same thread it may be asked for again.

    The folder is made if it is not there, and goes again if nothing was written into it. In a folder that
    cannot be written there is nothing to exclude; what then writes into it says so.

    Raises:
        EdgemlError: another command holds it (says which), or the folder cannot be made.
    """
    lock = _make(folder)
    path = folder / NAME
    try:
        handle = _take(path)
        try:
            if handle is not None:
                heal(folder)
            yield
        finally:
            if handle is not None:
                with suppress(OSError):
                    path.unlink()
                os.close(handle)
    finally:
        for parent in reversed(lock):
            with suppress(OSError):  # something lies in it
                parent.rmdir()


def _make(folder: Path) -> list[Path]:
    """As mkdir -p; what was not there, outermost first."""
    try:
        missing = [part for part in (folder, *folder.parents) if not part.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EdgemlError(
            f"cannot be made: {error.strerror}", str(folder), "choose another folder"
        ) from error
    return missing[::-1]


def _take(path: Path) -> int | None:
    """The open, locked file; None if this thread holds it already, or nothing can be written here.

    Raises:
        EdgemlError: somebody else holds it, or the disk is full.
    """
    me = Holder.me()
    while True:
        try:
            handle, mine = _opened(path)
        except OSError as error:
            if error.errno in _UNWRITABLE:
                return None
            raise EdgemlError(f"cannot be locked: {error.strerror}", str(path)) from error
        acquired = False
        try:
            locked = _lock(handle)
            holder = _holder(handle, locked)
            if not locked and holder is not None and holder.is_thread_of(me):
                return None
            if locked is False or (holder is not None and _may_live(holder, locked, path)):
                raise _in_use(path, holder)
            if not _is_at(path, handle):
                continue  # whoever held it just deleted it
            if not mine:  # another user's, who is gone
                path.unlink()
                continue
            _write(handle, me)
            if locked is None:  # no lock keeps two from writing; the later one is there in the end
                time.sleep(_SETTLE_SECONDS)
                holder = Holder.parse(path.read_text(encoding="utf-8", errors="replace"))
                if holder != me:
                    raise _in_use(path, holder)
            acquired = True
            return handle
        except OSError as error:
            if error.errno in _UNWRITABLE:
                return None
            raise EdgemlError(
                f"cannot be locked: {error.strerror}", str(path), "free some space and try again"
            ) from error
        finally:
            if not acquired:
                os.close(handle)


def _opened(path: Path) -> tuple[int, bool]:
    """The file, made if it is not there, and whether it may be written; another user's may only be read."""
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, flags | os.O_RDWR | os.O_CREAT, 0o666), True
    except PermissionError:
        return os.open(path, flags | os.O_RDONLY), False


def _lock(handle: int) -> bool | None:
    """Whether it could be locked; None where the file system has no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _UNLOCKABLE:
            return None
        raise
    return True


def _holder(handle: int, locked: bool | None) -> Holder | None:
    """What the file says; who has just locked it may not have written it yet."""
    for _ in range(10):
        holder = Holder.parse(os.pread(handle, 1 << 16, 0).decode(errors="replace"))
        if holder is not None or locked is not False:
            return holder
        time.sleep(_SETTLE_SECONDS / 5)
    return None


def _may_live(holder: Holder, locked: bool | None, path: Path) -> bool:
    """Whether a holder whose lock does not stand in the way may be at work all the same."""
    if locked is None:
        return holder.lives()
    return not holder.here and _is_shared(path)


def _is_shared(path: Path) -> bool:
    """Whether other machines may see the file."""
    best, kind = -1, ""
    with suppress(OSError):
        where = path.parent.resolve()
        for line in Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split(" ")
            point = Path(words[1].replace("\\040", " "))
            if where.is_relative_to(point) and len(point.parts) >= best:
                best, kind = len(point.parts), words[2]
    return kind.startswith(_SHARED)


def _is_at(path: Path, handle: int) -> bool:
    """Whether the open file is still the one of that name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.lstat(), os.fstat(handle))
    return False


def _write(handle: int, me: Holder) -> None:
    os.truncate(handle, 0)
    os.pwrite(handle, (json.dumps(asdict(me)) + "\n").encode(), 0)


def _in_use(path: Path, holder: Holder | None) -> EdgemlError:
    if holder is None:
        return EdgemlError("is in use by another command", str(path.parent), "wait until it is done")
    if holder.here:
        hint = f"wait until it is done, end it with kill {holder.pid}, or choose another folder with --out"
    else:
        hint = f"wait until it is done; if it runs no more (look on {holder.host}), delete {path}"
    return EdgemlError(f"is in use by {holder}", str(path.parent), hint)


def _command() -> str:
    """What was typed, on one line."""
    words = sys.argv or [""]
    script = Path(words[0])
    if script.name == "edgeml" or script.parts[-2:] in (("edgeml", "__main__.py"), ("cli", "main.py")):
        text = shlex.join(["edgeml", *words[1:]])
    else:
        text = f"python {script.name}" if script.name.endswith(".py") else "python"
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_COMMAND else f"{text[:_LONGEST_COMMAND]}..."

"""One command at a time in a run folder, which is repaired first if an earlier command was killed.

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
"""Prefixes of the names of file systems that machines may share without seeing each other's locks."""

_SETTLE_SECONDS = 0.1
_LONGEST_COMMAND = 200


@dataclass(frozen=True)
class Holder:
    """The holder of a lock.

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
        """The holder in a lock's file; None if the file was cut short."""
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
        """True if the holder is on this machine."""
        return self.host == socket.gethostname()

    def is_thread_of(self, me: Holder) -> bool:
        """True if the holder is this thread: a step within a step."""
        return (self.pid, self.thread, self.started, self.host) == (me.pid, me.thread, me.started, me.host)

    def lives(self) -> bool:
        """True if the process still runs, as far as this machine can tell."""
        return not self.here or (alive(self.pid) and self.started == started(self.pid))

    def __str__(self) -> str:
        return f"{self.command} (process {self.pid} on {self.host}, since {self.since})"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`, the only permission to write into it; the same thread may nest it.

    A missing folder is made, and removed again if nothing was written into it. A folder that is not writable
    needs no lock: a write into it fails anyway.

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
            with suppress(OSError):  # not empty
                parent.rmdir()


def _make(folder: Path) -> list[Path]:
    """As mkdir -p; returns the folders that were missing, outermost first."""
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
        EdgemlError: another process holds it, or the disk is full.
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
                continue  # its holder deleted it just now
            if not mine:  # of another user, whose process has ended
                path.unlink()
                continue
            _write(handle, me)
            if locked is None:  # without a lock both write; the later one remains
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
    """The file, made if missing, and whether it is writable; another user's is read only."""
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, flags | os.O_RDWR | os.O_CREAT, 0o666), True
    except PermissionError:
        return os.open(path, flags | os.O_RDONLY), False


def _lock(handle: int) -> bool | None:
    """True if the file was locked; None if the file system has no locks."""
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
    """The holder in the file, read again for a moment, because a new holder may not have written it yet."""
    for _ in range(10):
        holder = Holder.parse(os.pread(handle, 1 << 16, 0).decode(errors="replace"))
        if holder is not None or locked is not False:
            return holder
        time.sleep(_SETTLE_SECONDS / 5)
    return None


def _may_live(holder: Holder, locked: bool | None, path: Path) -> bool:
    """True if a holder may be at work although the system's lock is free."""
    if locked is None:
        return holder.lives()
    return not holder.here and _is_shared(path)


def _is_shared(path: Path) -> bool:
    """True if other machines may have the file system mounted."""
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
    """True if the open file still has that name."""
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
    """The command line of this process, on one line."""
    words = sys.argv or [""]
    script = Path(words[0])
    if script.name == "edgeml" or script.parts[-2:] in (("edgeml", "__main__.py"), ("cli", "main.py")):
        text = shlex.join(["edgeml", *words[1:]])
    else:
        text = f"python {script.name}" if script.name.endswith(".py") else "python"
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_COMMAND else f"{text[:_LONGEST_COMMAND]}..."

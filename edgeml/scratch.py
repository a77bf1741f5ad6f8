"""Scratch folders, deleted at the end of their block; those of killed commands are deleted by later ones.

A folder's name says which process made it, on which machine: edgeml-scratch-MACHINE-PID-TICKS-RANDOM. Nothing
can be deleted by a process that gets SIGKILL, so whoever makes a scratch folder deletes beside it those of
processes that are no more, and of other machines' those that are older than a day.

Invariant: a scratch folder of a process that lives on this machine is never deleted by another.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeml.processes import alive, started

_PREFIX = "edgeml-scratch-"
_NAME = re.compile(
    r"edgeml-scratch-(?P<machine>[0-9a-f]{8})-(?P<pid>\d+)-(?P<started>\d*)-\w+"
    r"|edgeml-((check|int8|hls4ml|load)-)?[a-z0-9_]{8}"  # of edgeml up to 0.1
)
_DAY = 24 * 60 * 60


@contextmanager
def scratch_folder(beside: Path | None = None) -> Iterator[Path]:
    """A new, empty folder for this block.

    Args:
        beside: the folder that it is made in; the system's folder of temporary files if None. What killed
            commands left there, and in the folders next to it, is deleted first.
    """
    place = beside or Path(tempfile.gettempdir())
    sweep(place)
    if beside is not None:
        for other in _folders(beside.parent):
            sweep(other)
    me = os.getpid()
    prefix = f"{_PREFIX}{_machine()}-{me}-{started(me)}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as name:
        yield Path(name)


def sweep(place: Path) -> None:
    """Delete the scratch folders of ended processes in `place`; a folder that cannot be deleted stays."""
    for folder in _folders(place):
        match = _NAME.fullmatch(folder.name)
        if match is not None and _is_left(folder, match):
            shutil.rmtree(folder, ignore_errors=True)


def _folders(place: Path) -> list[Path]:
    """The user's own folders in a folder, no links."""
    folders: list[Path] = []
    with suppress(OSError):
        for entry in os.scandir(place):
            with suppress(OSError):
                state = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid():
                    folders.append(Path(entry.path))
    return folders


def _is_left(folder: Path, match: re.Match[str]) -> bool:
    if match["machine"] == _machine():
        pid = int(match["pid"])
        return not alive(pid) or started(pid) != match["started"]
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime > _DAY
    return False


def _machine() -> str:
    """Eight digits for this machine, and for the container: both number processes of their own."""
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(f"{socket.gethostname()} {space}".encode()).hexdigest()[:8]

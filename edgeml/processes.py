"""Processes of this machine: whether one still runs, since when, and what memory it holds and may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def started(pid: int) -> str:
    """The start of a process in ticks since the machine's start; "" if the system does not state it."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    return ""


def alive(pid: int) -> bool:
    """True if a process has that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def resident_mb(pid: int | None = None) -> int:
    """The memory that a process holds, in MB; 0 if the system does not state it.

    Args:
        pid: the process; None for this one.
    """
    with suppress(OSError, IndexError, ValueError):
        pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
    return 0


def available_mb() -> int:
    """The memory that this process may still take, in MB; 0 if the system does not state it.

    The least of what the machine has free, what the control groups of this process leave, and what the limit
    on its address space (ulimit -v) leaves.
    """
    rooms = [*_left_by_machine(), *_left_by_groups(), *_left_by_process()]
    return max(1, min(rooms) // 2**20) if rooms else 0


_GROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current", ""),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
)
"""Control groups of version 2 and 1: root, files of limit and use, prefix of sums in memory.stat."""


def _left_by_machine() -> Iterator[int]:
    with suppress(OSError, IndexError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024


def _left_by_groups() -> Iterator[int]:
    """Of each group that this process is in, and of those around it."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, kinds, place = line.split(":", 2)
            if kinds and "memory" not in kinds.split(","):
                continue
            for root, *files in _GROUPS:
                inner = root / place.lstrip("/")
                for folder in (inner, *inner.parents):
                    if folder.is_relative_to(root):
                        yield from _left_by_group(folder, *files)


def _left_by_group(folder: Path, limit: str, used: str, prefix: str) -> Iterator[int]:
    """Its limit without what it uses; pages of files are given back when memory is asked for."""
    with suppress(OSError, ValueError):
        most, resident = (int((folder / name).read_text()) for name in (limit, used))
        rows = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        files = (int(rows.get(f"{prefix}{kind}_file", 0)) for kind in ("inactive", "active"))
        yield most - resident + sum(files)


def _left_by_process() -> Iterator[int]:
    with suppress(OSError, IndexError, ValueError):
        for line in Path("/proc/self/limits").read_text().splitlines():
            if line.startswith("Max address space"):
                resident = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
                yield int(line.split()[3]) - resident

"""Processes of this machine: whether one still runs, and since when."""

from __future__ import annotations

import os
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
    """The memory of this machine that is free to use, in MB; 0 if the system does not state it."""
    with suppress(OSError, IndexError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return 0

"""The machine that models are timed on."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path


def threads() -> int:
    """Cores that this process may use; ONNX Runtime gets as many threads."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> str:
    """The processor, the cores this process may use, and the system."""
    names: list[str] = []
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {threads()} cores, {platform.system()} {platform.release()}"

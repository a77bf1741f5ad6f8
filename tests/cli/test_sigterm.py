"""`kill` of a running edgeml, by any signal, takes along the tools that it started and what those started."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

# A compiler driver: it starts a program of its own (as g++ does cc1plus), which starts another.
_TOOL = """
import os, subprocess, sys, time
if len(sys.argv) > 1:
    subprocess.Popen([sys.executable, "-c", sys.argv[1], *sys.argv[2:]])
print(os.getpid(), flush=True)
time.sleep(600)
"""
_MAIN = f"""
import sys
from pathlib import Path
from edgeml.cli.main import notice_signals
from edgeml.tools import run
notice_signals()
folder = Path(sys.argv[1])
run([sys.executable, "-c", {_TOOL!r}, {_TOOL!r}, {_TOOL!r}], folder, folder / "log", 600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_tools_end_as_well(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "log"
    with subprocess.Popen([sys.executable, "-c", _MAIN, str(tmp_path)]) as process:
        wait(lambda: process.poll() is not None or (log.is_file() and len(log.read_text().split()) == 3))
        assert process.poll() is None, "it ended by itself"
        process.send_signal(number)
        assert process.wait(60) == (-number if number == signal.SIGKILL else 128 + number)
    for tool in log.read_text().split():
        wait(lambda tool=tool: ended(Path("/proc", tool, "stat")))


def ended(stat: Path) -> bool:
    """Gone, or a zombie that its new parent has yet to notice."""
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def wait(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)

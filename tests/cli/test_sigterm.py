"""`kill` of a running edgeml takes the tools that it started along."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_TOOL = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
_MAIN = f"""
import sys
from pathlib import Path
from edgeml.cli.main import end_on_sigterm
from edgeml.tools.process import run
end_on_sigterm()
folder = Path(sys.argv[1])
run([sys.executable, "-c", {_TOOL!r}], folder, folder / "log", 600)
"""


def test_sigterm_ends_the_tool_as_well(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with subprocess.Popen([sys.executable, "-c", _MAIN, str(tmp_path)]) as process:
        wait(lambda: log.is_file() and bool(log.read_text().strip()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    tool = Path("/proc") / log.read_text().strip()
    wait(lambda: not tool.exists())


def wait(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)

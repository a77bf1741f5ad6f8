"""Run the command line in this process, as a user would from a shell."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeml.cli import console
from edgeml.cli.main import entry


@dataclass(frozen=True)
class Outcome:
    """The result of a command."""

    code: int
    out: str
    err: str


class Shell:
    """Calls `edgeml ARGS` and catches what it prints."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._patch = monkeypatch
        self._capture = capfd

    def __call__(self, *args: str) -> Outcome:
        self._capture.readouterr()
        self._patch.setattr(sys, "argv", ["edgeml", *args])
        for screen in (console.OUT, console.ERR):  # they keep the stream of the first test otherwise
            self._patch.setattr(screen, "_file", sys.stderr if screen.stderr else sys.stdout)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        handlers = {number: signal.getsignal(number) for number in numbers}
        try:
            entry()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        text = self._capture.readouterr()
        return Outcome(code, text.out, text.err)


def start(*args: str, folder: Path) -> subprocess.Popen[str]:
    """`edgeml ARGS` as a process of its own, in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-m", "edgeml.cli.main", *args],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

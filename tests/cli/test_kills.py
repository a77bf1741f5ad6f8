"""SIGKILL at random times: the same command again ends well, leaves nothing behind, and gives the same."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.tool, pytest.mark.timeout(3600)]


KILLS = int(os.environ.get("EDGEML_KILLS", "2"))
"""Of every command; each is followed by a whole run of it. EDGEML_KILLS=15 takes half an hour."""

COMMANDS = {
    "export": ("export", "RUN", "--to", "onnx,qonnx,hls4ml,verilog"),
    "check": ("check", "RUN", "--with", "evaluate,onnx,verilog"),
    "report": ("report", "RUN"),
}
_VOLATILE = {"seconds", "checked", "digest", "speed"}


def begun(args: tuple[str, ...], run: Path, home: Path) -> subprocess.Popen[bytes]:
    """The command, with its own temporary files and cache."""
    environment = {
        **os.environ,
        "TMPDIR": str(home / "tmp"),
        "EDGEML_CACHE": str(home / "cache"),
        "EDGEML_LEDGER": str(home / "ledger.jsonl"),
    }
    words = [str(run) if word == "RUN" else word for word in args]
    return subprocess.Popen(
        [sys.executable, "-m", "edgeml.cli.main", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def ended(args: tuple[str, ...], run: Path, home: Path) -> float:
    """Run it to its end, which has to be a good one; the seconds that took."""
    begin = time.monotonic()
    with begun(args, run, home) as process:
        told, _ = process.communicate(timeout=600)
    assert process.returncode == 0, told.decode()
    return time.monotonic() - begin


def stable(value: Any) -> Any:
    """A document without times and what is made of them."""
    if isinstance(value, dict):
        return {key: stable(item) for key, item in value.items() if key not in _VOLATILE}
    return [stable(item) for item in value] if isinstance(value, list) else value


def results(run: Path, command: str) -> dict[str, Any]:
    """The files that the command wrote, by path."""
    if command == "check":
        return stable(json.loads((run / "check.json").read_text(encoding="utf-8")))
    if command == "report":
        return stable(json.loads((run / "report.json").read_text(encoding="utf-8")))
    folders = ("onnx", "hls4ml", "verilog")
    files = sorted(path for folder in folders for path in (run / folder).rglob("*") if path.is_file())
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("command", COMMANDS)
def test_killed_and_run_again(command: str, run: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    if command != "export":
        ended(COMMANDS["export"], run, home)
    if command == "report":
        ended(COMMANDS["check"], run, home)
    kept = Path(shutil.copytree(run, tmp_path / "before"))
    seconds = ended(COMMANDS[command], run, home)
    undisturbed = results(run, command)
    times = random.Random(2026)
    for number in range(KILLS):
        shutil.rmtree(run)
        shutil.copytree(kept, run)
        if number % 3 == 0:
            shutil.rmtree(home / "cache", ignore_errors=True)  # compiles anew
        with begun(COMMANDS[command], run, home) as process:
            time.sleep(times.uniform(0.2, 1.1) * seconds)
            process.send_signal(signal.SIGKILL)
        ended(COMMANDS[command], run, home)
        assert results(run, command) == undisturbed
        left = [
            path
            for place in (run, home)
            for path in place.rglob("*")
            if path.name.startswith((".tmp-", ".verilog.", ".hls4ml.", ".c.", "edgeml-scratch-", ".lock"))
        ]
        assert not left

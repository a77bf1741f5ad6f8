"""Ctrl-C, SIGTERM and SIGHUP at every stage: what is kept, the command that goes on, one lock throughout."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeml import pipeline
from edgeml.cli.main import notice_signals
from tests.cli.command import Shell

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STAGES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("run", "iris_mlp", "--out", "RUN"): ("train", "lower", "export", "check", "report"),
    ("train", "iris_mlp", "--out", "RUN"): ("train", "lower"),
    ("import", "a model.keras", "--data", "iris", "--out", "RUN"): ("import_model", "lower"),
    ("export", "RUN", "--to", "onnx,qonnx"): ("export",),
    ("check", "RUN"): ("check",),
    ("report", "RUN"): ("report",),
    ("synth", "RUN", "--board", "icebreaker"): ("synth",),
}


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Those of the tests are put back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def owner(name: str) -> Any:
    """The module whose function the stage is."""
    names = {"train": "edgeml.training.train", "import_model": "edgeml.importers.run"}
    return sys.modules[names[name]] if name in names else pipeline


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("args", "stage"),
    [(args, stage) for args, stages in STAGES.items() for stage in stages],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_what_is_kept_and_how_to_go_on(
    args: tuple[str, ...],
    stage: str,
    number: signal.Signals,
    edgeml: Shell,
    made_up: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Path(shutil.copytree(made_up, "runs/a run"))
    locks: list[tuple[int, str]] = []

    def noted(name: str, answers: Any) -> Any:
        def step(*args: Any, **names: Any) -> Any:
            lock = run / ".lock"
            locks.append((lock.stat().st_ino, lock.read_text()))
            if name == stage:
                os.kill(os.getpid(), number)
            return answers(*args, **names)

        return step

    for name in STAGES[args]:
        monkeypatch.setattr(owner(name), name, noted(name, getattr(owner(name), name)))
    words = [str(run) if word == "RUN" else word for word in args]
    outcome = edgeml(*words)
    assert outcome.code == 128 + number
    assert outcome.out == ""
    told = outcome.err.splitlines()
    kept = next(line for line in told if line.startswith("kept in "))
    assert kept == "kept in runs/a run: the exact graph, check.json"
    how = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    quoted = " ".join(f"'{word}'" if " " in word else word for word in words)
    assert told[-2:] == [
        f"{how}; nothing is half-written, the same command goes on from here:",
        f"  edgeml {quoted}",
    ]
    assert len(locks) == STAGES[args].index(stage) + 1
    assert len(set(locks)) == 1, "it let go of the lock in between"
    assert not (run / ".lock").exists()


def test_an_ignored_signal_stays_so() -> None:
    """As nohup wants it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    notice_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

"""While a command trains in a run folder, others that write there are refused; what only reads works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Shell

_TRAIN = """
import sys, time
from pathlib import Path
from edgeml.locks import locked
sys.argv = ["edgeml", "train", "iris_mlp", "--out", "runs/a run"]
with locked(Path(sys.stdin.readline().strip())):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def training(made_up: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is at work in the run folder."""
    words = [sys.executable, "-c", _TRAIN]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{made_up.resolve()}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "held\n"
        yield process


@pytest.mark.parametrize(
    "args",
    [
        ("check", "RUN"),
        ("export", "RUN", "--to", "onnx"),
        ("report", "RUN"),
        ("synth", "RUN", "--board", "icebreaker"),
        ("train", "iris_mlp", "--out", "RUN"),
        ("run", "iris_mlp", "--out", "RUN"),
        ("import", "model.keras", "--data", "iris", "--out", "RUN"),
    ],
    ids=lambda args: args[0],
)
def test_what_writes_is_refused(
    args: tuple[str, ...], edgeml: Shell, made_up: Path, training: subprocess.Popen[str]
) -> None:
    before = {path: path.read_bytes() for path in made_up.rglob("*") if path.is_file()}
    outcome = edgeml(*(str(made_up) if word == "RUN" else word for word in args))
    assert outcome.code == 2
    told = " ".join(outcome.err.split())
    assert f"is in use by edgeml train iris_mlp --out 'runs/a run' (process {training.pid}" in told
    assert f"kill {training.pid}" in told
    assert {path: path.read_bytes() for path in made_up.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "args",
    [("show", "RUN"), ("list", "boards"), ("estimate", "RUN", "--board", "icebreaker"), ("ledger",)],
    ids=lambda args: args[0],
)
def test_what_reads_works(
    args: tuple[str, ...], edgeml: Shell, made_up: Path, training: subprocess.Popen[str]
) -> None:
    outcome = edgeml(*(str(made_up) if word == "RUN" else word for word in args), "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)
    assert training.poll() is None

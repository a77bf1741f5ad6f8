"""Manners that a shell and a person rely on: completion, names that were left out, next commands, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from edgeml.cli import commands
from tests.cli.command import Shell, start

FREE = {"port", "skip", "input_type", "float_type", "layer_type", "cluster", "storage", "pick"}
"""Options whose values are text and no name of anything; so are limits, max_SOMETHING."""


@pytest.mark.parametrize("name", commands.names())
def test_every_option_that_names_something_is_completed(name: str) -> None:
    """A new one needs a completer, or a place in FREE."""
    command = commands.load(name)
    for parameter, hint in get_type_hints(command, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        kind, about = get_args(hint)
        if (
            kind in (str, str | None, list[str] | None)
            and parameter not in FREE
            and not parameter.startswith("max_")
        ):
            assert about.autocompletion is not None, parameter


def test_bash_itself(tmp_path: Path) -> None:
    """The script that bash sources, and what it makes of a word behind a comma."""
    code = "import sys; sys.argv[0] = 'edgeml'; from edgeml.cli.main import entry; entry()"
    (tmp_path / "edgeml").write_text(f'#!/bin/sh\nexec {sys.executable} -c "{code}" "$@"\n')
    (tmp_path / "edgeml").chmod(0o755)
    script = (
        'eval "$(_EDGEML_COMPLETE=source_bash edgeml)"; COMP_WORDS=(edgeml export x --to onnx,qo); '
        'COMP_CWORD=4; _edgeml_completion edgeml; echo "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "onnx,qonnx\n"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("edgeml train digits_m", {"digits_mlp"}),
        ("edgeml check ru", {"runs/mine"}),
        ("edgeml report runs/", {"runs/mine"}),
        ("edgeml check x --with onnx,ver", {"onnx,verilog"}),
        ("edgeml export x --to qonnx,o", {"qonnx,onnx"}),
        ("edgeml export x --board pynq-z", {"pynq-z1", "pynq-z2"}),
        ("edgeml synth x --board iceb", {"icebreaker"}),
        ("edgeml estimate x --board pynq-z2,iceb", {"pynq-z2,icebreaker"}),
        ("edgeml import x --data fas", {"fashion_mnist"}),
        ("edgeml train x --set training.float_e", {"training.float_epochs="}),
        ("edgeml list t", {"tools"}),
        ("edgeml list b", {"boards", "backends"}),
        ("edgeml run x --to onnx,q", {"onnx,qonnx", "onnx,qdq"}),
        ("edgeml run x --board pynq-z", {"pynq-z1", "pynq-z2"}),
        ("edgeml report x --board iceb", {"icebreaker"}),
        ("edgeml estimate x --design h", {"hls4ml"}),
        ("edgeml estimate x --design hls4ml,", {"hls4ml,verilog"}),
        ("edgeml export x --hls-backend Viv", {"Vivado"}),
        ("edgeml export x --io-type io_s", {"io_stream"}),
        ("edgeml export x --set hls4ml.reuse_", {"hls4ml.reuse_factor="}),
        ("edgeml estimate x --set verilog.mo", {"verilog.mode="}),
        ("edgeml synth x --set verilog.m", {"verilog.mode="}),
        ("edgeml synth x --set h", set()),
        ("edgeml import x --set data.sc", {"data.scaling="}),
        ("edgeml check x --with eva", {"evaluate"}),
        ("edgeml led", {"ledger"}),
    ],
)
def test_completion(
    line: str, offered: set[str], edgeml: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words that bash is offered after a line, asked for as its completion function does."""
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "config.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "")  # the name is argv's, not pytest
    monkeypatch.setenv("_EDGEML_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    outcome = edgeml()
    assert (set(outcome.out.split()), outcome.err, outcome.code) == (offered, "", 0)


def test_a_name_that_was_left_out(edgeml: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("run", "train"):
        outcome = edgeml(command)
        assert outcome.code == 2
        assert f"edgeml {command}: needs a preset" in outcome.err
        assert "there are " in outcome.err and "digits_mlp" in outcome.err
    for command in ("check", "report", "export", "show"):
        outcome = edgeml(command)
        assert (outcome.code, "there is none yet: edgeml run PRESET" in outcome.err) == (2, True)
    assert "arty-a7-35t" in edgeml("synth", "x").err
    outcome = edgeml("list")
    assert (outcome.code, "edgeml list boards" in outcome.out) == (0, True)
    assert {row["name"] for row in json.loads(edgeml("list", "--json").out)} >= {"presets", "tools"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_says_what_is_kept_and_the_same_command_goes_on(
    number: signal.Signals, tmp_path: Path
) -> None:
    args = ("train", "iris_mlp", "--out", "a run", "--epochs", "2000", "--set", "training.patience=2000")
    process = start(*args, folder=tmp_path)
    limit = time.monotonic() + 120
    while not (tmp_path / "a run" / ".training.npz").exists() and time.monotonic() < limit:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    second = start(*args, folder=tmp_path)
    _, told = second.communicate(timeout=120)
    assert second.returncode == 2
    assert "is in use by edgeml train iris_mlp --out 'a run' --epochs 2000" in " ".join(told.split())
    assert f"process {process.pid}" in " ".join(told.split())
    process.send_signal(number)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert "kept in a run: " in told and "the training up to its last epoch" in told
    again = re.search(r"goes on from here:\n  (.*)\n", told)
    assert again is not None and again[1].startswith("edgeml train iris_mlp --out 'a run'")
    assert not (tmp_path / "a run" / ".lock").exists()


@pytest.mark.slow
def test_next_commands_are_quoted(edgeml: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = edgeml("train", "iris_mlp", "--out", "a run", "--epochs", "1")
    assert outcome.out == "next: edgeml export 'a run' --to onnx,qonnx,hls4ml && edgeml check 'a run'\n"

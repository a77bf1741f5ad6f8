"""--json is one document on standard output and nothing else; --help is whole in 80 columns."""

from __future__ import annotations

import inspect
import itertools
import json
from pathlib import Path

import pytest

from edgeml.cli import commands
from tests.cli.command import Shell
from tests.cli.test_width import COMMANDS


def arguments(name: str) -> tuple[tuple[str, ...], ...]:
    """Command lines of a command, with a run where it needs an argument."""
    if name in COMMANDS:
        return COMMANDS[name] or ((name, "RUN"),)
    parameters = inspect.signature(commands.load(name)).parameters.values()
    wanted = any(parameter.default is inspect.Parameter.empty for parameter in parameters)
    return ((name, "RUN") if wanted else (name,),)


NAMES = commands.names()
WITH_JSON = [name for name in NAMES if "json" in inspect.signature(commands.load(name)).parameters]


@pytest.mark.parametrize("args", [args for name in WITH_JSON for args in arguments(name)], ids=" ".join)
def test_one_document(args: tuple[str, ...], edgeml: Shell, made_up: Path) -> None:
    outcome = edgeml(*(str(made_up) if word == "RUN" else word for word in args if word), "--json")
    assert outcome.code in (0, 1), outcome.err
    assert isinstance(json.loads(outcome.out), dict | list)
    assert "\x1b" not in outcome.out


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_json(name: str) -> None:
    assert name in WITH_JSON, f"edgeml {name} lacks --json"


@pytest.mark.parametrize("name", ["", *NAMES])
def test_help(name: str, edgeml: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    outcome = edgeml(*filter(None, [name, "--help"]))
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in outcome.out
    prose = [line.strip() for line in outcome.out.partition("╭")[0].splitlines()]
    for line, after in itertools.pairwise(prose):
        first = after.partition(" ")[0]
        assert not line or not first or len(line) + 1 + len(first) > 78, f"broken early: {line}"
    words = set(outcome.out.split())
    if name:
        command = commands.load(name)
        for parameter, hint in inspect.get_annotations(command, eval_str=True).items():
            for about in getattr(hint, "__metadata__", ()):
                flag = str(getattr(about, "default", ""))
                assert not flag.startswith("--") or flag in words, parameter

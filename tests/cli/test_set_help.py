"""A command takes the settings that its help on --set lists."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from edgeml import backends
from edgeml.cli import options
from edgeml.importers.run import ImportChoices
from edgeml.presets import Choices, choose, load
from edgeml.settings import parse_settings, set_values


def _said(option: Any) -> tuple[list[str], str]:
    """The tables that the help names, and its example."""
    text = next(part.help for part in get_args(option) if hasattr(part, "help"))
    match = re.fullmatch(r"Change an? (?:setting|option) of (.+), such as (\S+)\.", text)
    assert match is not None
    named, example = match.groups()
    return re.split(r", | or ", named), example


def test_train_and_run() -> None:
    tables, example = _said(options.SetOption)
    assert set(tables) == set(Choices.model_fields) - {"seed"}
    choose(load("iris_mlp"), [example])


def test_import() -> None:
    tables, example = _said(options.ImportSetOption)
    assert set(tables) == set(ImportChoices.model_fields)
    parse_settings(ImportChoices, set_values({"data": {"dataset": "iris"}}, [example]), "import")


@pytest.mark.parametrize("command", ["export", "estimate", "synth"])
def test_back_ends(command: str) -> None:
    _, example = _said(options.BackendSetOption)
    ((name, values),) = set_values({}, [example]).items()
    backends.load(name).options(values)

"""The names of a check's executors: those of `--with`, of back ends and of rows.

Invariant: whatever is printed as the name of a row is taken where a row is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeml import backends
from edgeml.backend import Runner
from edgeml.errors import unknown_name

REFERENCE = "evaluate"
KERAS = "keras"
SOURCE = "source"
BOARD = "board"
MCU = "mcu"

ON_A_LINE = (BOARD, MCU)
"""Devices on a serial line, which have to be named or wired."""


def choices() -> tuple[str, ...]:
    """The values of `--with`: the reference, the model's framework, back ends, named runners, devices."""
    return (REFERENCE, KERAS, SOURCE, *backends.names(), *named_runners(), *ON_A_LINE)


def named_runners() -> Mapping[str, tuple[str, Runner]]:
    """The runners that have to be named, with their back ends' names, by their own."""
    return {
        runner.name: (name, runner)
        for name in backends.names()
        for runner in backends.load(name).named_runners()
    }


def runners() -> Mapping[str, str]:
    """The back end of every runner, by the runner's name."""
    return {runner.name: name for name in backends.names() for runner in backends.load(name).runners()}


def choice_of(name: str) -> str:
    """The value of `--with` for a row: "onnx" for "onnxruntime"; a value of `--with` itself is returned."""
    return name if name in choices() else runners().get(name, name)


def select(names: Sequence[str]) -> tuple[str, ...]:
    """The chosen names; "all" means every one but runners that have to be named, and devices.

    Args:
        names: choices, or the names that rows have: "onnx" or "onnxruntime".

    Raises:
        EdgemlError: an unknown name.
    """
    offered = choices()
    selected = [name if name == "all" else choice_of(name) for name in names]
    for name in selected:
        if name != "all" and name not in offered:
            raise unknown_name("check", name, ("all", *offered, *runners()))
    to_name = {*ON_A_LINE, *named_runners()}
    every = [name for name in offered if name not in to_name]
    chosen = {*selected, *(every if "all" in selected or not selected else ())}
    return tuple(name for name in offered if name in chosen)

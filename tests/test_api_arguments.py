"""Arguments of another kind, to the functions that bring and look at a model: one error that names them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeml
from edgeml.errors import EdgemlError

WRONG: dict[str, tuple[Callable[[Any], Any], Any, str]] = {
    "file": (edgeml.import_model, object(), "file: is of type object, not a path"),
    "data": (
        lambda data: edgeml.import_model("net.keras", data),
        np.zeros((2, 3)),
        "data: is of type ndarray, not a path",
    ),
    "layer_types": (
        lambda types: edgeml.import_model("net.keras", layer_types=types),
        ["fc=fixed<8,2>"],
        "layer_types: a list is no mapping",
    ),
    "lint": (lambda data: edgeml.lint("net.keras", data), 3, "data: is of type int, not a path"),
    "run": (edgeml.diagnose, None, "run: is of type NoneType, not a path"),
    "samples": (lambda count: edgeml.diagnose("runs/net", samples=count), 0, "samples: 0 samples"),
    "samples in words": (
        lambda count: edgeml.diagnose("runs/net", samples=count),
        "x",
        "samples: is of type str, not a number of samples",
    ),
    "samples in parts": (
        lambda count: edgeml.diagnose("runs/net", samples=count),
        2.5,
        "samples: is of type float, not a number of samples",
    ),
    "progress": (
        lambda tell: edgeml.diagnose("runs/net", progress=tell),
        "print",
        "progress: is of type str, not a function",
    ),
    "graph": (lambda graph: edgeml.trace(graph, np.zeros((1, 2))), "net", "graph: a str is no exact graph"),
}


@pytest.mark.parametrize(("call", "value", "says"), WRONG.values(), ids=WRONG)
def test_the_argument_is_named(call: Callable[[Any], Any], value: Any, says: str) -> None:
    with pytest.raises(EdgemlError) as caught:
        call(value)
    assert str(caught.value).startswith(says) and caught.value.hint


OTHERS: dict[str, Any] = {
    "board": "pynq-z2",
    "data": "digits",
    "mcus": ("rp2040",),
    "quantizers": None,
    "x": [[0.0, 0.0]],
}
"""Values of the arguments behind the first."""

FUNCTIONS = [name for name in edgeml.__all__ if inspect.isfunction(getattr(edgeml, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_first_argument_of_every_function_is_named(name: str) -> None:
    function = getattr(edgeml, name)
    first, *rest = inspect.signature(function).parameters.values()
    needed = [one.name for one in rest if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    with pytest.raises(EdgemlError) as caught:
        function(object(), **{other: OTHERS[other] for other in needed})
    assert caught.value.where in (first.name, "run", "model") and "object" in caught.value.what
    assert caught.value.hint


def test_a_file_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "net.keras").write_bytes(b"PK")
    with pytest.raises(EdgemlError, match="is a file and no run folder") as caught:
        edgeml.diagnose(tmp_path / "net.keras")
    assert "edgeml import" in caught.value.hint


def test_modes_of_an_input_are_refused_where_they_are_stated() -> None:
    with pytest.raises(EdgemlError, match="an input is always rounded half to even and saturated") as caught:
        edgeml.lint(edgeml, input_type="fixed<10,2,TRN,WRAP>")  # pyright: ignore[reportArgumentType]
    assert 'write "fixed<10,2>"' in str(caught.value)

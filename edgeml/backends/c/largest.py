"""The layers of a program that take most: of the flash by their constants, of the arena by what is in use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from edgeml import limits
from edgeml.backends.c.plan import program
from edgeml.files import read_bytes
from edgeml.ir import Graph
from edgeml.passes import prepare

LAYER = "layer_"
"""The names of the functions of layers begin with it."""

_FUNCTION = re.compile(r"^static (?:inline )?\w+ (\w+)\([^)]*\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_ARRAY = re.compile(r"\bk_\w+")
_DECLARED = re.compile(r"^static const u?int(8|16|32|64)_t (k_\w+)\[(\d{1,12})\]", re.MULTILINE)


def constants_by_function(sources: Sequence[Path]) -> dict[str, int]:
    """Bytes of the arrays that each function of some sources reads, by the function's name.

    Raises:
        EdgemlError: a source cannot be read.
    """
    text = "\n".join(
        read_bytes(path, "source of the C project", limits.TEXT).decode("utf-8", "replace")
        for path in sources
    )
    sizes = {name: int(bits) // 8 * int(size) for bits, name, size in _DECLARED.findall(text)}
    return {
        name: sum(sizes.get(array, 0) for array in set(_ARRAY.findall(body)))
        for name, body in _FUNCTION.findall(text)
    }


def largest_layer(sources: Sequence[Path]) -> tuple[str, int]:
    """The layer that reads most bytes of constants, and how many; "" if there is none.

    Raises:
        EdgemlError: a source cannot be read.
    """
    layers = {
        name.removeprefix(LAYER): size
        for name, size in constants_by_function(sources).items()
        if name.startswith(LAYER)
    }
    return max(layers.items(), key=lambda item: item[1], default=("", 0))


def largest_text(layer: str, size: int, what: str) -> str:
    """The layer that takes most of the flash, in words."""
    return f"the largest layer is {layer} with {size:,} bytes of {what}"


def widest_text(layer: str, size: int) -> str:
    """The layer that takes most of the arena, in words."""
    return f"the widest layer is {layer} with {size:,} bytes of the arena in use"


def widest_layer(graph: Graph) -> tuple[str, int]:
    """The layer during which most bytes of the arena are in use, and how many."""
    plan = program(prepare(graph))
    most, at = max(((plan.used(at), -at) for at in range(len(plan.steps))), default=(0, 0))
    return (plan.steps[-at].nodes[0].layer if plan.steps else graph.name), most

"""Rewritings of graphs, one file each; the folder is the list. `prepare` is what every back end starts from.

`names()` reads the folder and `load(name)` imports one pass's class.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.errors import unknown_name

if TYPE_CHECKING:
    from edgeml.ir import Graph
    from edgeml.passes.base import Pass

PREPARATION = ("expand", "fold_constants", "drop_unused")
"""The passes of `prepare`, in their order."""

_SHARED = "base"


def names() -> tuple[str, ...]:
    """The names of all passes, sorted."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if name != _SHARED and not name.startswith("_")))


def load(name: str) -> type[Pass]:
    """The class of one pass.

    Raises:
        EdgemlError: there is no such pass.
    """
    if name not in names():
        raise unknown_name("pass", name, names())
    module = importlib.import_module(f"{__name__}.{name}")
    return getattr(module, "".join(part.capitalize() for part in name.split("_")))


def prepare(graph: Graph) -> Graph:
    """Core ops only, what can be computed now computed, nothing that no output needs."""
    *_, (_, last) = stages(graph)
    return last


def stages(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """What every pass of `prepare` makes of the graph, by its name, one after the other."""
    for name in PREPARATION:
        graph = load(name)().apply(graph)
        yield name, graph

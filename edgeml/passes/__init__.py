"""Rewritings of graphs, one file each; the folder is the list. `prepare` is what every back end starts from.

`names()` reads the folder and `load(name)` imports one pass's class.

To add a pass, write `edgeml/passes/NAME.py` with its class: `requires`, `rewrite` and `ensures`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edgeml.folder import ModuleFolder
from edgeml.passes._base import Pass

if TYPE_CHECKING:
    from edgeml.ir import Graph

__all__ = ["CIRCUIT", "PREPARATION", "Pass", "load", "names", "prepare", "prepare_circuit", "stages"]

PREPARATION = (
    "expand",
    "raise_casts",
    "fold_constants",
    "share_equal",
    "drop_unused",
    "fuse_bias",
    "drop_dead",
)
"""The passes of `prepare`, in their order."""

CIRCUIT = ("shorten_sums", "tabulate_neurons", "tabulate", "count_bits")
"""The passes of `prepare_circuit` behind those of `prepare`."""

_FOLDER = ModuleFolder("pass", __name__)


def names() -> tuple[str, ...]:
    """The names of all passes, sorted."""
    return _FOLDER.names()


def load(name: str) -> type[Pass]:
    """The class of one pass.

    Raises:
        EdgemlError: there is no such pass, or its file lacks its class.
    """
    return _FOLDER.class_of(name, Pass)


def prepare(graph: Graph) -> Graph:
    """The graph that every back end and estimate starts from.

    It has core ops only; what can be computed now is a Const; every node but an input is needed by an
    output; every bias has the form that `edgeml.ir.bias` states.
    """
    *_, (_, last) = stages(graph)
    return last


def prepare_circuit(graph: Graph) -> Graph:
    """The graph that circuits start from: prepared, and rewritten by what pays in gates alone."""
    *_, (_, last) = stages(graph, PREPARATION + CIRCUIT)
    return last


def stages(graph: Graph, chosen: Sequence[str] = PREPARATION) -> Iterator[tuple[str, Graph]]:
    """The graph after every pass, by the pass's name, in order; by default those of `prepare`."""
    for name in chosen:
        graph = load(name)().apply(graph)
        yield name, graph

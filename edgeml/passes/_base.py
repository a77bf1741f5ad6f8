"""The contract of a pass.

A pass is a frozen dataclass in a file of its own. It says in `requires` what a graph has to be before it and
in `ensures` what the result is; `apply` checks both around `rewrite`, so a pass that breaks its word fails at
once and by name, not in the back end behind it.

Invariant: for every input, the outputs of `apply(graph)` are the outputs of `graph`, codes, LSBs and signs,
under the same names; the inputs are the same, types included.

To add one, add `passes/<name>.py` with one `Pass` of that name in CamelCase; the contract tests find it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.ir import Graph


class Pass(ABC):
    """A rewriting of graphs that keeps every output integer. Subclasses are frozen dataclasses."""

    @final
    def apply(self, graph: Graph) -> Graph:
        """The rewritten graph; the same object if there was nothing to do.

        Raises:
            EdgemlError: the graph is not what the pass requires, or the result is not what it ensures; names
                the pass and the node.
        """
        name = type(self).__name__
        if fault := self.requires(graph):
            raise EdgemlError(f"the pass {name} cannot start: {fault}", graph.name)
        result = self.rewrite(graph)
        if result is not graph and (fault := _interface_fault(graph, result) or self.ensures(result)):
            raise EdgemlError(f"the pass {name} went wrong: {fault}", graph.name, "this is a fault of edgeml")
        return result

    @abstractmethod
    def requires(self, graph: Graph) -> str:
        """Empty if the pass can be applied, else what is in the way, with the node's name."""

    @abstractmethod
    def rewrite(self, graph: Graph) -> Graph:
        """The rewritten graph; the same object if there was nothing to do."""

    @abstractmethod
    def ensures(self, graph: Graph) -> str:
        """Empty if the result is what the pass promises, else what is not, with the node's name."""


def new_name(stem: str, names: set[str]) -> str:
    """`stem`, or `stem` with the first number from 2 that makes it new; it is added to `names`.

    >>> names = {"a", "a_2"}
    >>> new_name("a", names), new_name("b", names), sorted(names)
    ('a_3', 'b', ['a', 'a_2', 'a_3', 'b'])
    """
    name, count = stem, 1
    while name in names:
        count += 1
        name = f"{stem}_{count}"
    names.add(name)
    return name


def _interface_fault(before: Graph, after: Graph) -> str:
    """A pass's changes of a graph's inputs and outputs, as text; empty if there are none."""
    if (before.name, before.inputs, before.outputs) != (after.name, after.inputs, after.outputs):
        return "the graph has another name, or other inputs or outputs"
    for name in before.inputs:
        if before.node(name) != after.node(name):
            return f"the input {name} is another one"
    for name in before.outputs:
        old, new = before.info(name), after.info(name)
        if old.shape != new.shape:
            return f"the output {name} has the shape {new.shape}, it had {old.shape}"
        if np.any(np.broadcast_to(old.type.frac, old.shape) != np.broadcast_to(new.type.frac, new.shape)):
            return f"the output {name} has another LSB"
        if old.type.signed != new.type.signed:
            return f"the output {name} has {'lost its sign' if old.type.signed else 'got a sign'}"
    return ""

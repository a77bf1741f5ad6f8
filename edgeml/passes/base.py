"""The contract of a pass.

Invariant: for every input, the outputs of `apply(graph)` are the outputs of `graph`, values and types.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from edgeml.ir import Graph


class Pass(ABC):
    """A rewriting of graphs that keeps every output integer. Subclasses are frozen dataclasses."""

    @abstractmethod
    def apply(self, graph: Graph) -> Graph:
        """The rewritten graph; the same object if there was nothing to do."""

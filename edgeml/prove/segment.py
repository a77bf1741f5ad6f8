"""The ops of a graph between some values and another: the reference of a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.between import nodes_between, structure_between
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.grid import grids
from edgeml.ir.ops.const import Const
from edgeml.ir.structure import NONE, Structure
from edgeml.stages import Elements, Reference

_MOST_ZEROS = 62
"""Most bits at the end of a code that are taken for zero."""


def _of(structure: Structure, elements: Elements) -> Structure:
    """The structure of the elements that are there, of those that are not always equal to another one."""
    at = structure.places
    places = np.where(at == NONE, NONE, elements.same[np.maximum(at, 0)]) if elements.same.size else at
    return replace(
        structure,
        places=np.where(elements.absent, NONE, places),
        rules=np.where(elements.absent, 0, structure.rules),
    )


def steps_on_grids(graph: Graph, sources: Sequence[str]) -> IntArray:
    """Powers of two, one of each element of some values end to end, of which its codes are multiples.

    Args:
        graph: a prepared graph, whose grids say so (`edgeml.ir.grid`).
        sources: names of the values.
    """
    coarsest = grids(graph)
    steps: list[IntArray] = [np.zeros(0, np.int64)]
    for name in sources:
        info = graph.info(name)
        zeros = np.clip(np.asarray(info.type.frac, np.int64) - coarsest[name], 0, _MOST_ZEROS)
        steps.append(np.broadcast_to(np.int64(1) << zeros, info.shape).reshape(-1))
    return np.concatenate(steps)


class GraphSegment(Reference):
    """One value of a graph as a function of others.

    Args:
        graph: a prepared graph.
        sources: names of the values that are given.
        value: name of the value that is computed.
        elements: what is coarsest of the elements of the sources and of the value.

    Raises:
        EdgemlError: the value depends on an input that is not among the sources.
    """

    def __init__(
        self, graph: Graph, sources: Sequence[str], value: str, elements: Elements | None = None
    ) -> None:
        self.graph, self.sources, self.value = graph, tuple(sources), value
        self.elements = elements
        self.nodes = nodes_between(graph, sources, value)
        structure = structure_between(graph, sources, value)
        self.structure = structure if elements is None else _of(structure, elements)

    @property
    def ops(self) -> str:
        """The ops in words: "mat_mul, add"."""
        kinds = [node.op.op_name() for node in self.nodes if not isinstance(node.op, Const)]
        return ", ".join(dict.fromkeys(kinds)) or "the value itself"

    @property
    def lo(self) -> IntArray:
        """The lower bounds of all elements of the sources, end to end."""
        lo = self._end_to_end([self.graph.info(name).lo for name in self.sources])
        return lo if self.elements is None else -(-lo // self.elements.steps) * self.elements.steps

    @property
    def hi(self) -> IntArray:
        """The upper bounds of all elements of the sources, end to end."""
        hi = self._end_to_end([self.graph.info(name).hi for name in self.sources])
        return hi if self.elements is None else hi // self.elements.steps * self.elements.steps

    @property
    def steps(self) -> IntArray:
        """The smallest difference between two codes of each element of the sources."""
        return np.ones(self.lo.size, np.int64) if self.elements is None else self.elements.steps

    def possible(self, codes: IntArray) -> IntArray:
        """Codes (batch, elements) of all sources that can come, near to some that are within bounds."""
        if self.elements is None:
            return codes
        return (codes // self.elements.steps * self.elements.steps)[:, self.elements.same]

    def compared(self, wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Differences (batch, *shape), of the elements that the artefact computes."""
        return wrong if self.elements is None else wrong & ~self.elements.absent

    @staticmethod
    def _end_to_end(parts: Sequence[IntArray]) -> IntArray:
        return np.concatenate([*(part.reshape(-1) for part in parts), np.zeros(0, np.int64)])

    @property
    def size(self) -> int:
        """Elements of sources and value."""
        return sum(self.graph.info(name).size for name in (*self.sources, self.value))

    def evaluate(self, codes: Mapping[str, IntArray]) -> IntArray:
        """Codes (batch, *shape) of the value for codes of the sources."""
        values = dict(codes)
        run_nodes(self.nodes, self.graph.infos, values)
        batch = next(iter(codes.values())).shape[0] if codes else 1
        shape = self.graph.info(self.value).shape
        return np.array(np.broadcast_to(values[self.value], (batch, *shape)))

"""Ops that are defined by other ops.

A composite op only says how it expands; its bounds, integers, grid and demand are those of the expansion. To
add one, add its file to `ir/ops/`, as for every op.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from edgeml.fixed import IntArray
from edgeml.ir.builder import Builder
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.grid import know
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.steps import GridInfo
from edgeml.ir.structure import Structure


class Composite(Op, abstract=True):
    """An op that is defined by other ops. Back ends see what it expands to unless they know better."""

    kind: ClassVar[Kind] = Kind.OTHER

    @abstractmethod
    def expand(self, build: Builder, *inputs: str) -> str:
        """Add the ops it stands for.

        Args:
            build: where to add them; `build.info(name)` tells shapes, types and bounds.
            inputs: names of its inputs.

        Returns:
            The name of the result.
        """

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The info of the expansion's last value."""
        build, names, result = self._expanded(inputs)
        del names
        return build.info(result)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes of the expansion's last value."""
        build, names, last = self._expanded(infos)
        values = dict(zip(names, inputs, strict=True))
        run_nodes(build.nodes, build.infos, values)
        return values[last]

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        """The grid of the expansion's last value."""
        values, last = self._inner(inputs)
        return values[last].grid

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        """The largest demand in the expansion."""
        build, _, _ = self._expanded([value.info for value in inputs])
        values, _ = self._inner(inputs)
        return max(
            node.op.demand([values[name] for name in node.inputs], values[node.name]) for node in build.nodes
        )

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        """The structure of the expansion's last value."""
        build, names, last = self._expanded(infos)
        values = dict(zip(names, inputs, strict=True))
        for node in build.nodes:
            sources = [values[name] for name in node.inputs]
            kinds = [build.info(name) for name in node.inputs]
            values[node.name] = node.op.structure(sources, kinds, build.info(node.name))
        return values[last]

    def _inner(self, inputs: Sequence[GridInfo]) -> tuple[dict[str, GridInfo], str]:
        """Info and grid of every value of the expansion, and the name of the last."""
        build, names, last = self._expanded([value.info for value in inputs])
        values = dict(zip(names, inputs, strict=True))
        know(build.nodes, build.infos, values)
        return values, last

    def _expanded(self, infos: Sequence[ValueInfo]) -> tuple[Builder, list[str], str]:
        names = [f"in{position}" for position in range(len(infos))]
        build = Builder("expansion", values=dict(zip(names, infos, strict=True)))
        return build, names, self.expand(build, *names)

"""The plan of a QONNX model: what is written as a whole, and what is refused.

Invariant: a graph without refusals is executed exactly by the qonnx package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edgeml.backend import Refusal
from edgeml.backends.qonnx.limbs import QonnxLimbs, limbs
from edgeml.backends.qonnx.regions import wide_regions
from edgeml.backends.qonnx.rules import constant_reason, reason, tensors_read
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.grid import grids
from edgeml.ir.staircase import RegionSteps, region_steps


@dataclass(frozen=True)
class QonnxPlan:
    """A prepared graph, the grid of each of its values, and the ops that QONNX cannot express exactly.

    `wholes` has the regions that are written as a whole (see `regions`), by the name of their end.
    """

    graph: Graph
    grids: Mapping[str, IntArray]
    refusals: tuple[Refusal, ...]
    wholes: Mapping[str, RegionSteps | QonnxLimbs]

    @property
    def hidden(self) -> frozenset[str]:
        """The values within these regions, which the model has not."""
        return frozenset(node.name for whole in self.wholes.values() for node in whole.region.nodes[:-1])


def make_plan(graph: Graph) -> QonnxPlan:
    """The plan of a prepared graph whose ops all have emitters."""
    refused: list[Refusal] = []
    proven, constants = grids(graph), graph.constants
    wholes: dict[str, RegionSteps | QonnxLimbs] = {}
    for region in wide_regions(graph, proven):
        whole = region_steps(graph, region) or limbs(graph, region)
        if whole is not None:
            wholes[region.end.name] = whole
    within = {node.name for whole in wholes.values() for node in whole.region.nodes}
    read = {
        name
        for node in graph.nodes
        if node.name not in constants and node.name not in within
        for name in tensors_read(node)
    }
    for node in graph.nodes:
        if node.name in within:
            continue
        if node.name not in constants:
            why, remedy = reason(graph, node, proven)
        elif node.name in read or node.name in graph.outputs:
            why, remedy = constant_reason(graph, node, proven)
        else:
            continue
        if why:
            refused.append(Refusal(node.name, node.op.op_name(), why, remedy))
    return QonnxPlan(graph, proven, tuple(refused), MappingProxyType(wholes))

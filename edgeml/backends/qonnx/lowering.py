"""The graph as a QONNX model: one emitter per op, biases in their convolutions."""

from __future__ import annotations

from typing import Any

from edgeml.backends.qonnx import limbs, staircases
from edgeml.backends.qonnx.model import QonnxModel
from edgeml.backends.qonnx.ops import conv
from edgeml.backends.qonnx.plan import QonnxPlan
from edgeml.backends.qonnx.rules import EMITTERS, fused_biases
from edgeml.ir import Graph
from edgeml.ir.staircase import RegionSteps


def build_model(graph: Graph, plan: QonnxPlan) -> Any:
    """The ModelProto of a graph.

    Args:
        graph: as the user has it; its digest goes into the metadata.
        plan: of the same, without refusals.
    """
    core = plan.graph
    model = QonnxModel(core, core.constants, plan.grids)
    fused = fused_biases(core, plan.grids)
    convolutions = {bias.product.name for bias in fused.values()}
    for node in core.nodes:
        if node.name in plan.hidden:
            continue
        whole = plan.wholes.get(node.name)
        if isinstance(whole, RegionSteps):
            model.tensors[node.name] = staircases.emit(model, whole)
        elif whole is not None:
            model.tensors[node.name] = limbs.emit(model, whole)
        elif node.name in fused:
            model.tensors[node.name] = conv.emit(model, fused[node.name].product, fused[node.name])
        elif node.name not in model.constants and node.name not in convolutions:
            model.tensors[node.name] = EMITTERS.function(node.op.op_name(), "emit", "model, node")(
                model, node
            )
    return model.finish(graph.digest)

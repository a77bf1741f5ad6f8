"""The graph as a QONNX model: one emitter per op, biases in their convolutions."""

from __future__ import annotations

from typing import Any

from edgeml.backends.qonnx.model import QonnxModel
from edgeml.backends.qonnx.ops import conv
from edgeml.backends.qonnx.rules import EMITTERS, fused_biases
from edgeml.ir import Graph
from edgeml.ir.grid import grids


def build_model(graph: Graph, core: Graph) -> Any:
    """The ModelProto of a graph.

    Args:
        graph: as the user has it; its digest goes into the metadata.
        core: the same, prepared; `rules.refusals` finds nothing in it.
    """
    model = QonnxModel(core, core.constants, grids(core))
    fused = fused_biases(core, model.grids)
    convolutions = {bias.product.name for bias in fused.values()}
    for node in core.nodes:
        if node.name in fused:
            model.tensors[node.name] = conv.emit(model, fused[node.name].product, fused[node.name])
        elif node.name not in model.constants and node.name not in convolutions:
            model.tensors[node.name] = EMITTERS.function(node.op.op_name(), "emit", "model, node")(
                model, node
            )
    return model.finish(graph.digest)

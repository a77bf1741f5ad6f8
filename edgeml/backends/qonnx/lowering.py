"""The graph as a QONNX model: one emitter per op, biases in their convolutions."""

from __future__ import annotations

from typing import Any

from edgeml.backend import Emitters
from edgeml.backends.qonnx.model import Model
from edgeml.backends.qonnx.ops import conv
from edgeml.backends.qonnx.rules import fused_biases
from edgeml.ir import Graph, constant_codes
from edgeml.ir.grid import grids

EMITTERS = Emitters("qonnx")


def build_model(graph: Graph) -> Any:
    """The ModelProto of a graph of core ops that `rules.refusals` finds nothing in."""
    model = Model(graph, constant_codes(graph), grids(graph))
    biases = fused_biases(graph, model.grids, model.constants)
    convolutions = {graph.node(name).name for name, _ in biases.values()}
    for node in graph.nodes:
        if node.name in biases:
            name, bias = biases[node.name]
            model.tensors[node.name] = conv.emit(model, graph.node(name), bias, node.name)
        elif node.name not in model.constants and node.name not in convolutions:
            model.tensors[node.name] = EMITTERS.load(node.op.op_name()).emit(model, node)
    return model.finish()

"""Concat, channels first if all inputs are."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops.concat import Concat

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Concat, channels first if all inputs are."""
    op = node.as_op(Concat)
    rank = len(model.shape(node.name))
    variable = [name for name in node.inputs if name not in model.constants]
    layout = FIRST if all(model.tensors[name].layout == FIRST for name in variable) else LAST
    axis = op.axis if layout == LAST else (op.axis + 1) % rank
    inputs = [model.value(name, layout) for name in node.inputs]
    return QonnxTensor(
        model.node("Concat", inputs, model.output_name(node.name, layout), axis=axis + 1), layout
    )

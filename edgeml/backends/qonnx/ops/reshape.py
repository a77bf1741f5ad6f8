"""Reshape."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout, Order, trivial

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Reshape; flattening a channels-first value leaves its elements where they are."""
    (source,) = node.inputs
    x, before, after = model.tensors[source], model.shape(source), model.shape(node.name)
    layout = LAST
    if x.layout == FIRST and len(after) == 1 and not trivial(before):
        layout = Layout(Order.FLAT, before)
    keep = layout != LAST or (x.layout == FIRST and trivial(before))
    output = model.output_name(node.name, layout)
    inputs = [x.name if keep else model.value(source), model.integers((1, *after), f"{output}_shape")]
    return QonnxTensor(model.node("Reshape", inputs, output), layout)

"""Slice."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.ops.slice import Slice

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Slice."""
    op = node.as_op(Slice)
    axes = tuple(range(1, len(op.starts) + 1))
    parts = [
        model.integers(values, f"{node.name}_{what}")
        for what, values in (("starts", op.starts), ("ends", op.stops), ("axes", axes), ("steps", op.steps))
    ]
    return QonnxTensor(model.node("Slice", [model.value(node.inputs[0]), *parts], node.name))

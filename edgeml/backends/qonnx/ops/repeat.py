"""Repeat: a Gather with repeated indices."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.ops.repeat import Repeat

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Gather with repeated indices."""
    op = node.as_op(Repeat)
    (source,) = node.inputs
    index = np.repeat(np.arange(model.shape(source)[op.axis]), op.times)
    inputs = [model.value(source), model.initializer(index, f"{node.name}_index")]
    return QonnxTensor(model.node("Gather", inputs, node.name, axis=op.axis + 1))

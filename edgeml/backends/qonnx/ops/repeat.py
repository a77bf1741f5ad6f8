"""Repeat: a Gather with repeated indices."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.ir import Node
from edgeml.ir.ops.repeat import Repeat


def emit(model: Model, node: Node) -> Tensor:
    """Gather with repeated indices."""
    op = node.op
    assert isinstance(op, Repeat)
    (source,) = node.inputs
    index = np.repeat(np.arange(model.shape(source)[op.axis]), op.times)
    inputs = [model.value(source), model.initializer(index, f"{node.name}_index")]
    return Tensor(model.node("Gather", inputs, node.name, axis=op.axis + 1))

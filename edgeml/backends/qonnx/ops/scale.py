"""Scale: Mul by powers of two."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.ir import Node
from edgeml.ir.layout import arrange
from edgeml.ir.ops.scale import Scale


def emit(model: Model, node: Node) -> Tensor:
    """Mul by powers of two."""
    op = node.op
    assert isinstance(op, Scale)
    (source,) = node.inputs
    x, shape = model.tensors[source], model.shape(source)
    powers = np.ldexp(np.float32(1), np.asarray(op.shift, np.int32))
    factor = model.initializer(
        arrange(powers.astype(np.float32), shape, x.layout)[np.newaxis], f"{node.name}_factor"
    )
    return Tensor(model.node("Mul", [x.name, factor], model.output_name(node.name, x.layout)), x.layout)

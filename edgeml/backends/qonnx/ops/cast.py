"""Cast: Quant in the layout the value has."""

from __future__ import annotations

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.backends.qonnx.ops._casting import Job, quantize_tensor
from edgeml.ir import Node
from edgeml.ir.ops.cast import Cast


def emit(model: Model, node: Node) -> Tensor:
    """Quant in the layout the value has."""
    op = node.op
    assert isinstance(op, Cast)
    (source,) = node.inputs
    x = model.tensors[source]
    job = Job(model, node, op.to, op.overflow, x.layout)
    output = model.output_name(node.name, x.layout)
    sides = op.overflow_sides(model.graph.info(source))
    return Tensor(
        quantize_tensor(job, x.name, output, op.rounding, op.rounds(model.grids[source]), sides), x.layout
    )

"""Cast: rounding and overflow, element by element, for the type that each element gets."""

from __future__ import annotations

from edgeml.backends.verilog.casting import cast
from edgeml.backends.verilog.cells import Nums, as_array
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.backends.verilog.ops._values import element_types
from edgeml.ir.ops.cast import Cast


def emit(at: OpInputs) -> Nums:
    """The rounded and bounded elements."""
    op = at.node.as_op(Cast)
    (source,) = at.x
    types = element_types(op.to, source.shape)
    return as_array(
        [
            cast(at.circuit, num, to, op.rounding, op.overflow)
            for num, to in zip(source.flat, types, strict=True)
        ],
        source.shape,
    )

"""Scale: the binary point moves; no logic."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Num, Nums, as_array
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.ir.ops.scale import Scale


def emit(at: OpInputs) -> Nums:
    """The same codes with other fractional bits."""
    op = at.node.as_op(Scale)
    (source,) = at.x
    shifts = np.broadcast_to(op.shift, source.shape).reshape(-1)
    return as_array(
        [Num(num.cell, num.frac - int(shift)) for num, shift in zip(source.flat, shifts, strict=True)],
        source.shape,
    )

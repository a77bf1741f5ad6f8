"""Input and Cast as Quant nodes, exact for every mode but WRAP and SAT_ZERO.

Quant saturates to the range of one width. Where an element's own range is smaller (widths per element, or
the one signed bit that qonnx would take for bipolar), Max and Min clamp before it: the bounds are codes and
every rounding is monotone and keeps codes, so the order does not matter.

Two roundings have no name in QONNX: RND(x) is FLOOR of x plus half an LSB, RND_MIN_INF is CEIL of x minus
half an LSB. An input meets any float, and adding a half to it may not be exact; it is first rounded to half
LSBs, in the direction in which ties stay ties.

Invariant: the tensor made is the cast of its source, for every value the source can have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.qonnx.model import QonnxModel
from edgeml.backends.qonnx.rules import ROUNDINGS, width_of
from edgeml.fixed import ElementType, IntArray, Overflow, Round, symmetric_lo, to_float
from edgeml.ir import Node
from edgeml.ir.layout import Layout, arrange

_SHIFTED = {Round.RND: (0.5, "FLOOR"), Round.RND_MIN_INF: (-0.5, "CEIL")}
"""The summand in LSBs, and the rounding of the sum."""


@dataclass(frozen=True)
class QonnxCast:
    """A cast to be written as a Quant node.

    Args:
        model: where its nodes go.
        node: the Cast or Input.
        to: the new type.
        overflow: the mode.
        layout: of the tensor.
    """

    model: QonnxModel
    node: Node
    to: ElementType
    overflow: Overflow
    layout: Layout

    @property
    def narrow(self) -> bool:
        """True if the lowest code of a signed type is left out (SAT_SYM)."""
        return self.overflow is Overflow.SAT_SYM and self.to.signed

    @property
    def width(self) -> int:
        """Bits of the Quant node: QONNX takes one signed bit for bipolar, so that becomes two."""
        return max(width_of(self.to), 2 if self.to.signed else 1)

    def arranged(self, values: IntArray | int) -> IntArray:
        """An integer per element as the tensor has them, batch axis included."""
        shape = self.model.shape(self.node.name)
        return arrange(np.broadcast_to(np.asarray(values, np.int64), shape), shape, self.layout)[np.newaxis]


def quantize_tensor(
    cast: QonnxCast,
    source: str,
    output: str,
    rounding: Round,
    drops: bool,
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> str:
    """Add a Quant node, with a clamp where its range is too large and a shift if its rounding has no name.

    Args:
        cast: what is quantized.
        source: the tensor.
        output: name of the result.
        rounding: the mode.
        drops: whether any bit is lost.
        sides: where the value may be below and above the type's range.
    """
    model, frac = cast.model, cast.arranged(cast.to.frac)
    source = _clamped(cast, source, sides)
    mode = ROUNDINGS.get(rounding, "ROUND")
    if drops and rounding in _SHIFTED:
        half, mode = _SHIFTED[rounding]
        shift = model.parameter(np.copysign(to_float(np.ones_like(frac), frac + 1), half), f"{output}_half")
        source = model.node("Add", [source, shift], model.unique(f"{output}_shifted"))
    return model.quant(
        source, output, signed=cast.to.signed, width=cast.width, frac=frac, mode=mode, narrow=cast.narrow
    )


def _clamped(cast: QonnxCast, source: str, sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> str:
    """The tensor brought into the type's range where the range of Quant is larger and may be left."""
    to, info = cast.to, cast.model.graph.info(cast.node.name)
    least = symmetric_lo(to) if cast.overflow is Overflow.SAT_SYM else to.lo
    power = 1 << (cast.width - 1)
    lowest = cast.narrow - power if to.signed else 0
    highest = power - 1 if to.signed else 2 * power - 1
    frac = cast.arranged(to.frac)
    ends = (("Max", least, lowest, sides[0], info.lo), ("Min", to.hi, highest, sides[1], info.hi))
    for op, end, reach, leaves, proven in ends:
        if np.any(leaves & (np.asarray(end) != reach)):
            # What the interval proves is within the type, and float32 holds it.
            bound = np.maximum(end, proven) if op == "Max" else np.minimum(end, proven)
            values = to_float(cast.arranged(bound), frac)
            constant = cast.model.parameter(values, f"{cast.node.name}_{op.lower()}")
            clamped = cast.model.unique(f"{cast.node.name}_at_{'least' if op == 'Max' else 'most'}")
            source = cast.model.node(op, [source, constant], clamped)
    return source

"""Real functions at the end of a model, rounded to a stated type: one table each.

Invariant: for an argument of at most `_INDEX_BITS` bits the value is Keras' float32, rounded half to even and
saturated; beyond, a note says how far the rounding of the argument moves it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType, Overflow, Round, quantize, to_float
from edgeml.keras.quantizers._table import tabulate

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder
    from edgeml.keras.pending import PendingFunction

FRAC = 8
"""Fractional bits of probabilities if nothing asks for more."""

_INDEX_BITS = 12
"""4,096 entries fit two block RAMs of a small FPGA."""

_WIDEST = 24
"""Bits of a result that float32 holds."""

_SOURCE = "edgeml.lower(model, outputs=...), --set lowering.outputs=..."


class StatedQuantizer:
    """A quantizer to one type, as the table calls it.

    Args:
        type: of the result.
    """

    def __init__(self, type: FixedType) -> None:
        self.type = type

    def __call__(self, values: Any) -> NDArray[np.float32]:
        """Rounded half to even, saturated."""
        codes = quantize(np.asarray(values, np.float32), self.type, Round.RND_CONV, Overflow.SAT)
        return to_float(codes, self.type.frac).astype(np.float32)


def sigmoid_table(builder: LayerBuilder, pending: PendingFunction, type: FixedType | None) -> str:
    """sigmoid(x) in a stated type, or in ufixed<9,1>, which has 1.0.

    Raises:
        EdgemlError: the lowering is strict, or the type is too wide.
    """
    kind = _checked(builder, type or FixedType(False, FRAC + 1, FRAC))
    source, moved = pending.source, 0.0
    input_type = builder.info(source).scalar
    if input_type.width > _INDEX_BITS:
        # Beyond it sigmoid is closer to 0 or 1 than half an LSB.
        whole = min(max(1, math.ceil(math.log2((kind.frac + 1) * math.log(2)))), _INDEX_BITS - 2)
        frac = min(input_type.frac, _INDEX_BITS - 1 - whole)
        index = FixedType(True, 1 + whole + frac, frac)
        moved = index.lsb / 8 if frac < input_type.frac else 0.0  # half an LSB, at a slope of at most 1/4
        source = builder.cast(source, index, Round.RND_CONV, Overflow.SAT, part="index")
    builder.inexact(
        f"the probabilities of {pending.what} are a table of {kind}, "
        f"off by at most {kind.lsb / 2 + moved:.1e}",
        "let the model's output be the logits (outputs='logits'), which decide the same",
    )
    return tabulate(StatedQuantizer(kind), builder, source, pending.what, pending.apply, pending.what, kind)


def stated_table(builder: LayerBuilder, pending: PendingFunction, type: FixedType) -> str:
    """Any element-wise function in a stated type.

    Raises:
        EdgemlError: the lowering is strict, the type or the argument is too wide.
    """
    kind = _checked(builder, type)
    builder.inexact(
        f"{pending.what} is a table of {kind}, rounded half to even and saturated",
        f"put QActivation(quantized_bits({kind.width}, {kind.width - kind.frac - kind.signed}, alpha=1.0)) "
        "after it, which Keras rounds with",
    )
    return tabulate(
        StatedQuantizer(kind), builder, pending.source, "stated", pending.apply, pending.what, kind
    )


def _checked(builder: LayerBuilder, type: FixedType) -> FixedType:
    if type.width > _WIDEST:
        raise builder.refuse(f"an output of {type}", f"state at most {_WIDEST} bits ({_SOURCE})")
    return type

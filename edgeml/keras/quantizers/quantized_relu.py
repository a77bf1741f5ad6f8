"""quantized_relu: round_half_even(relu(x) / lsb) * lsb, saturated to [0, 2^integer - lsb].

lsb = 2^(integer - bits). A negative slope 2^k costs one bit: lsb = 2^(integer - bits + 1), and negative
results reach down to -2^k * 2^integer.
With `use_sigmoid` and QKeras' default (hard) sigmoid it is a linear ramp on half the grid; other sigmoids
and combinations are tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.fixed import FixedType, Overflow, Round, cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.scale import Scale
from edgeml.keras.handlers import Absent, QuantizerHandler
from edgeml.keras.quantizers import _table
from edgeml.keras.quantizers._common import grid_of, integer, magnitude_bits, number

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder

_MAX_INTEGER = 30


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """A saturating cast to an unsigned type; with a slope, one more for the negative side.

    Raises:
        EdgemlError: no bit is left for the value, or it has more than QKeras can clip to in float32.
    """
    if quantizer.use_sigmoid:
        return _table.tabulate(quantizer, builder, value, name)
    slope = number(quantizer.negative_slope)
    bits = magnitude_bits(quantizer, slope != 0, builder.layer)
    if bits < 1:
        raise builder.refuse("quantized_relu without a bit for the value", "use more bits")
    whole = integer(quantizer, "integer", builder.layer)
    if not 0 <= whole <= _MAX_INTEGER:
        raise builder.refuse(
            f"quantized_relu with integer={whole}",
            f"use 0 to {_MAX_INTEGER}: QKeras computes 2^integer in int32",
        )
    kind = FixedType(False, bits, bits - whole)
    result = builder.cast(value, kind, Round.RND_CONV, Overflow.SAT, part=name)
    if slope:
        result = _with_negative(builder, value, result, kind, int(np.log2(slope)), name)
    bound = quantizer.relu_upper_bound
    if bound and not quantizer.is_quantized_clip:
        frac = grid_of(np.float32(bound))
        code = int(np.ldexp(float(np.float32(bound)), frac))
        limit = builder.const(code, cover(min(code, 0), max(code, 0), frac), f"{name}.bound")
        result = builder.add(Min(), result, limit, part=f"{name}.bounded")
    return result


def _with_negative(
    builder: LayerBuilder, value: str, positive: str, kind: FixedType, power: int, name: str
) -> str:
    """positive + min(cast(x * 2^power), 0); where x is positive the second term is zero, and vice versa."""
    sloped = builder.add(Scale(power), value, part=f"{name}.slope")
    reach = kind.width + power  # the negative side ends at -2^reach LSBs
    side = FixedType(True, max(reach, 0) + 1, kind.frac)
    negative = builder.cast(sloped, side, Round.RND_CONV, Overflow.SAT, part=f"{name}.negative")
    zero = builder.const(0, cover(0, 0, kind.frac), f"{name}.zero")
    negative = builder.add(Min(), negative, zero, part=f"{name}.side")
    if reach < 0:
        # Below one LSB QKeras clips the one code left, -1, to a fraction of an LSB.
        negative = builder.add(Scale(reach), negative, part=f"{name}.fraction")
    return builder.add(Add(), positive, negative, part=f"{name}.sum")


def rectified(quantizer: Any) -> Any:
    """A ReLU with the quantizer's slope and bound."""
    import keras

    slope, bound = float(quantizer.negative_slope or 0), getattr(quantizer, "relu_upper_bound", None)
    if not slope and not bound:
        return "relu"
    return keras.layers.ReLU(max_value=bound or None, negative_slope=slope)


QUANTIZER = QuantizerHandler(
    quantize_weights=Absent("it leaves no negative weight"),
    lower_activation=lower_activation,
    float_activation=rectified,
    examples=(
        {"bits": 5, "integer": 2},
        {"bits": 6, "integer": 2, "negative_slope": 0.25},
        {"bits": 4, "integer": 1, "is_quantized_clip": False, "relu_upper_bound": 1.5},
    ),
)

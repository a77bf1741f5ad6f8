"""quantized_linear: step * clip(round_half_even(x / step), lo, hi).

step = alpha * 2^(integer - bits + keep_negative).

With one bit and a sign it gives +step/2 or -step/2; zero counts as positive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir.ops.scale import Scale
from edgeml.keras.handlers import QuantizerHandler
from edgeml.keras.quantizers import _table
from edgeml.keras.quantizers._common import QuantizedWeights, exponents, integer, magnitude_bits, read_codes
from edgeml.keras.quantizers._ops import constant_alpha, sign

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder


def grid(quantizer: Any, where: str) -> FixedType:
    """The type of the codes at alpha one."""
    signed = bool(quantizer.keep_negative)
    bits = magnitude_bits(quantizer, signed, where)
    frac = bits - integer(quantizer, "integer", where)
    return FixedType(True, 2, frac + 1) if signed and bits == 0 else FixedType(signed, bits + signed, frac)


def quantize_weights(quantizer: Any, values: Any, where: str) -> QuantizedWeights:
    """Codes read off the quantizer's output, with its scale per channel."""

    def scale() -> Any:
        return np.asarray(quantizer.quantization_scale) / np.asarray(quantizer.data_type_scale)

    return read_codes(quantizer, values, where, grid(quantizer, where), scale)


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """A cast; a table if the step is no power of two."""
    alpha = constant_alpha(quantizer, builder)
    shift = exponents(alpha)
    kind = grid(quantizer, builder.layer)
    if shift is None:
        return _table.tabulate(quantizer, builder, value, name)
    frac = kind.frac - int(shift)
    if quantizer.keep_negative and magnitude_bits(quantizer, True, builder.layer) == 0:
        return builder.add(Scale(-frac), sign(builder, value, name), part=f"{name}.scale")
    overflow = Overflow.SAT_SYM if kind.signed and quantizer.symmetric else Overflow.SAT
    return builder.cast(value, FixedType(kind.signed, kind.width, frac), Round.RND_CONV, overflow, part=name)


QUANTIZER = QuantizerHandler(
    quantize_weights=quantize_weights,
    lower_activation=lower_activation,
    float_activation="linear",
    examples=(
        {"bits": 5, "integer": 1, "alpha": 1.0},
        {"bits": 4, "integer": 0, "symmetric": True, "alpha": 1.0},
    ),
)

"""quantized_bits: scale * lsb * clip(round_half_even(x / lsb), lo, hi).

lsb = 2^(integer - bits + keep_negative), and both may be any whole number.

With one bit and a sign it is sign(x), zero counted as positive, whatever `integer` says.
`use_stochastic_rounding` has no effect: QKeras passes it where `training` is expected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.keras.handlers import QuantizerHandler
from edgeml.keras.quantizers._common import QuantizedWeights, integer, magnitude_bits, read_codes
from edgeml.keras.quantizers._ops import constant_alpha, scaled, sign

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder


def grid(quantizer: Any, where: str) -> FixedType:
    """The type of the codes at scale one."""
    signed = bool(quantizer.keep_negative)
    bits = magnitude_bits(quantizer, signed, where)
    return FixedType(signed, bits + signed, bits - integer(quantizer, "integer", where))


def quantize_weights(quantizer: Any, values: Any, where: str) -> QuantizedWeights:
    """Codes read off the quantizer's output, with its scale per channel.

    Raises:
        EdgemlError: the quantizer divides by zero (one bit and a scale from the data), or see `read_codes`.
    """
    kind = grid(quantizer, where)
    if isinstance(quantizer.alpha, str):
        if kind.width == 1:
            raise EdgemlError(
                f"quantized_bits(1, alpha={quantizer.alpha!r}) divides by zero", where, "use binary()"
            )
        # With a scale chosen from the data QKeras keeps the sign even under keep_negative=False.
        kind = FixedType(True, kind.width + (not kind.signed), kind.frac)
    elif kind.signed and kind.width == 1:
        kind = FixedType(True, 2, 0)
    return read_codes(quantizer, values, where, kind, lambda: np.asarray(quantizer.scale))


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """A cast, and the constant alpha behind it.

    Raises:
        EdgemlError: alpha is taken from the data, or `symmetric` is neither 0 nor 1.
    """
    alpha = constant_alpha(quantizer, builder)
    kind = grid(quantizer, builder.layer)
    if kind.signed and kind.width == 1:
        return scaled(builder, sign(builder, value, name), alpha, name)
    overflow = Overflow.SAT_SYM if kind.signed and quantizer.symmetric else Overflow.SAT
    if kind.signed and quantizer.symmetric not in (0, 1, False, True):
        raise builder.refuse(f"quantized_bits with symmetric={quantizer.symmetric}", "use 0 or 1")
    return scaled(builder, builder.cast(value, kind, Round.RND_CONV, overflow, part=name), alpha, name)


QUANTIZER = QuantizerHandler(
    quantize_weights=quantize_weights,
    lower_activation=lower_activation,
    float_activation="linear",
    examples=(
        {"bits": 5, "integer": 1, "alpha": 1.0},
        {"bits": 4, "integer": 0, "symmetric": 1, "alpha": 1.0},
        {"bits": 4, "integer": 2, "keep_negative": False, "alpha": 0.5},
    ),
)

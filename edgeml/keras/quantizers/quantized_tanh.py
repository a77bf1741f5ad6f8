"""quantized_tanh: round_half_even(tanh(x) * m) / m clipped to [-1, 1), m = 2^(bits - 1).

With QKeras' default (hard) tanh, clip(x, -1, 1), that is one cast. The real and the smooth one are tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeml.fixed import FixedType, Overflow, Round
from edgeml.keras.handlers import Absent, QuantizerHandler
from edgeml.keras.quantizers import _table
from edgeml.keras.quantizers._common import magnitude_bits, sigmoid_kind

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """A saturating cast, or a table."""
    bits = magnitude_bits(quantizer, True, builder.layer)
    if quantizer.use_real_tanh or sigmoid_kind() != "hard" or bits == 0:
        return _table.tabulate(quantizer, builder, value, name)
    overflow = Overflow.SAT_SYM if quantizer.symmetric else Overflow.SAT
    return builder.cast(value, FixedType(True, bits + 1, bits), Round.RND_CONV, overflow, part=name)


QUANTIZER = QuantizerHandler(
    quantize_weights=Absent("it is an activation"),
    lower_activation=lower_activation,
    float_activation="tanh",
    examples=(
        {"bits": 4},
        {"bits": 5, "symmetric": True, "use_real_tanh": True},
    ),
)

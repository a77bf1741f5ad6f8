"""quantized_sigmoid: round_half_even(sigmoid(x) * m) / m clipped to [0, 1), m = 2^bits.

With QKeras' default (hard) sigmoid, clip(x / 2 + 1 / 2, 0, 1), that is an addition and a cast; `symmetric`
makes the smallest result one LSB. The real and the smooth one are tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeml.fixed import FixedType, Overflow, Round, cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.scale import Scale
from edgeml.keras.handlers import Absent, QuantizerHandler
from edgeml.keras.quantizers import _table
from edgeml.keras.quantizers._common import magnitude_bits, sigmoid_kind

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """(x + 1) / 2, saturated to the unsigned fractions."""
    bits = magnitude_bits(quantizer, False, builder.layer)
    if quantizer.use_real_sigmoid or sigmoid_kind() != "hard":
        return _table.tabulate(quantizer, builder, value, name)
    kind = FixedType(False, bits, bits)
    one = builder.const(1, cover(0, 1, 0), f"{name}.one")
    half = builder.add(Scale(-1), builder.add(Add(), value, one, part=f"{name}.plus"), part=f"{name}.half")
    result = builder.cast(half, kind, Round.RND_CONV, Overflow.SAT, part=name)
    if not quantizer.symmetric:
        return result
    return builder.add(
        Max(), result, builder.const(1, cover(0, 1, bits), f"{name}.least"), part=f"{name}.raised"
    )


QUANTIZER = QuantizerHandler(
    quantize_weights=Absent("it is an activation"),
    lower_activation=lower_activation,
    float_activation="sigmoid",
    examples=(
        {"bits": 4},
        {"bits": 5, "symmetric": True, "use_real_sigmoid": True},
    ),
)

"""ternary: alpha * sign(x) where |x| >= threshold (0.33 unless given), else 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.fixed import FixedType, cover
from edgeml.ir.ops.add import Add
from edgeml.keras.handlers import QuantizerHandler
from edgeml.keras.quantizers._common import QuantizedWeights, number, read_codes
from edgeml.keras.quantizers._ops import below_zero, constant_alpha, scaled

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder


def quantize_weights(quantizer: Any, values: Any, where: str) -> QuantizedWeights:
    """Codes -1, 0 and 1, with the quantizer's scale."""
    return read_codes(quantizer, values, where, FixedType(True, 2, 0), lambda: np.asarray(quantizer.scale))


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """1 - [x < t] - [x <= -t], each bracket the sign of an exact difference.

    Raises:
        EdgemlError: alpha is taken from the data, or the threshold is not positive.
    """
    alpha = constant_alpha(quantizer, builder)
    magnitude = quantizer.default_threshold if quantizer.threshold is None else quantizer.threshold
    threshold = float(np.float32(number(magnitude)))
    if not threshold > 0:
        raise builder.refuse(f"ternary with threshold={threshold}", "use a positive threshold")
    frac = builder.info(value).frac
    least = int(np.ceil(np.ldexp(threshold, frac)))  # the smallest code at or above the threshold
    minus = builder.const(-least, cover(-least, 0, frac), f"{name}.minus")
    plus = builder.const(least - 1, cover(0, least - 1, frac), f"{name}.plus")
    below = below_zero(builder, builder.add(Add(), value, minus, part=f"{name}.low"), f"{name}.below")
    under = below_zero(builder, builder.add(Add(), value, plus, part=f"{name}.high"), f"{name}.under")
    one = builder.const(1, cover(0, 1, 0), f"{name}.one")
    total = builder.add(Add(), builder.add(Add(), below, under, part=f"{name}.sum"), one, part=name)
    return scaled(builder, total, alpha, name)


QUANTIZER = QuantizerHandler(
    quantize_weights=quantize_weights,
    lower_activation=lower_activation,
    float_activation="tanh",
    examples=(
        {"alpha": 1.0},
        {"alpha": 1.0, "threshold": 0.75},
    ),
)

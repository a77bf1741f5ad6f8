"""binary: alpha * sign(x), zero counted as positive; with `use_01` alpha * (0 or 1).

At inference the stochastic options have no effect unless the quantizer was built with training=True.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.fixed import FixedType, cover
from edgeml.ir.ops.add import Add
from edgeml.keras.handlers import QuantizerHandler
from edgeml.keras.quantizers._common import QuantizedWeights, read_codes
from edgeml.keras.quantizers._ops import below_zero, constant_alpha, scaled, sign

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder


def quantize_weights(quantizer: Any, values: Any, where: str) -> QuantizedWeights:
    """Codes -1 and 1 (0 and 1 with `use_01`), with the quantizer's scale."""
    kind = FixedType(False, 1, 0) if quantizer.use_01 else FixedType(True, 2, 0)
    return read_codes(quantizer, values, where, kind, lambda: np.asarray(quantizer.scale))


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """The sign bit.

    Raises:
        EdgemlError: alpha is taken from the data, or the quantizer is random at inference.
    """
    alpha = constant_alpha(quantizer, builder)
    if getattr(quantizer, "training", False):
        raise builder.refuse(
            f"{type(quantizer).__name__} with training=True is random at inference",
            "build it without training=True",
        )
    if quantizer.use_01:
        one = builder.const(1, cover(0, 1, 0), f"{name}.one")
        result = builder.add(Add(), below_zero(builder, value, f"{name}.below"), one, part=name)
    else:
        result = sign(builder, value, name)
    return scaled(builder, result, alpha, name)


QUANTIZER = QuantizerHandler(
    quantize_weights=quantize_weights,
    lower_activation=lower_activation,
    float_activation="tanh",
    examples=(
        {"alpha": 1.0},
        {"alpha": 0.5, "use_01": True},
    ),
)

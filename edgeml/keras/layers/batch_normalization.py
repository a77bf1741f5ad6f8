"""BatchNormalization at inference: x * a + b per channel, a = gamma / sqrt(variance + epsilon).

a and b are computed in float32 as Keras computes them, then kept to 17 significant bits (b at the LSB of the
product). Powers of two and short factors are exact; for others a note tells the rounding. Keras itself
rounds x * a and the sum to float32, so that only the value after the next quantizer can be compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._affine import affine, last_axis


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Mul and an Add of constants per channel."""
    import keras

    last_axis(layer, builder, inputs[0])
    ops: Any = keras.ops
    factor = ops.rsqrt(ops.convert_to_tensor(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        factor = factor * ops.convert_to_tensor(layer.gamma)
    offset = -ops.convert_to_tensor(layer.moving_mean) * factor
    if layer.center:
        offset = ops.convert_to_tensor(layer.beta) + offset
    return affine(builder, inputs[0], np.asarray(factor), np.asarray(offset))

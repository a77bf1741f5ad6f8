"""QBatchNormalization at inference: as BatchNormalization, with quantized statistics.

gamma, beta, mean and variance go through their quantizers, and 1 / sqrt(variance + epsilon) * gamma through
the inverse quantizer if there is one: with a power-of-two inverse the layer is exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._affine import affine, last_axis
from edgeml.keras.layers._families import quantized_layer


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Mul and an Add of constants per channel."""
    import keras

    last_axis(layer, builder, inputs[0])
    ops: Any = keras.ops

    def quantized(tensor: Any, stem: str) -> Any:
        values = ops.convert_to_tensor(tensor)
        return getattr(layer, f"{stem}_internal")(values) if getattr(layer, stem) else values

    mean = quantized(layer.moving_mean, "mean_quantizer")
    factor = 1 / ops.sqrt(quantized(layer.moving_variance, "variance_quantizer") + layer.epsilon)
    if layer.scale:
        factor = factor * quantized(layer.gamma, "gamma_quantizer")
    if layer.inverse_quantizer_internal is not None:
        factor = layer.inverse_quantizer_internal(factor)
    offset = quantized(layer.beta, "beta_quantizer") - mean * factor if layer.center else -mean * factor
    return affine(builder, inputs[0], np.asarray(factor), np.asarray(offset))


LAYER = quantized_layer(
    "BatchNormalization",
    lower,
    example(
        (6,),
        mean_quantizer="quantized_bits(6, 2, alpha=1.0)",
        beta_quantizer="quantized_bits(6, 2, alpha=1.0)",
        gamma_quantizer=None,
        variance_quantizer=None,
        inverse_quantizer="quantized_po2(4)",
    ),
)

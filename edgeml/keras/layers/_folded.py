"""Batch normalization folded into a kernel and a bias, both quantized after folding.

The folded floats are computed with the same float32 operations as QKeras, then quantized by its quantizers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import activate
from edgeml.keras.layers._linear import add_bias, quantizer_of
from edgeml.keras.quantizers import quantize_weights


def statistics(
    layer: Any, kernel: Any, fast: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The kernel and the bias with the moving statistics folded in.

    Args:
        layer: with `batchnorm` and `bias`.
        kernel: its float kernel; the statistics run along the last axis, or the last two if depthwise.
        fast: QKeras' depthwise layer takes rsqrt where the others divide by sqrt.
    """
    import keras

    ops, norm = keras.ops, layer.batchnorm
    variance = ops.convert_to_tensor(norm.moving_variance) + norm.epsilon
    inverse = ops.rsqrt(variance) if fast else 1 / ops.sqrt(variance)
    if norm.gamma is not None:
        inverse = inverse * ops.convert_to_tensor(norm.gamma)
    bias = ops.convert_to_tensor(layer.bias) if layer.use_bias else 0
    folded = inverse * (bias - ops.convert_to_tensor(norm.moving_mean)) + ops.convert_to_tensor(norm.beta)
    spread = ops.reshape(inverse, kernel.shape[-2:]) if fast else inverse
    return np.asarray(spread * ops.convert_to_tensor(kernel)), np.asarray(folded)


def finish_folded(layer: Any, builder: LayerBuilder, value: str, bias: NDArray[np.float32]) -> str:
    """The quantized folded bias and the inline activation.

    Raises:
        EdgemlError: there is no bias quantizer.
    """
    chosen = quantizer_of(layer, "bias_quantizer")
    if chosen is None:
        raise builder.refuse(
            "the folded bias is not quantized", "add bias_quantizer=quantized_bits(16, 4, alpha=1.0)"
        )
    weights = quantize_weights(chosen, bias, f"{builder.layer}.bias")
    return activate(layer.activation, builder, add_bias(layer, builder, value, weights))

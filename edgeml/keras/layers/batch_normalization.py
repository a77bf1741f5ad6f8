"""BatchNormalization at inference: x * a + b per channel, a = gamma / sqrt(variance + epsilon).

a and b are computed in float32 as Keras computes them, then kept to the layer's factor bits (b at the LSB of
the product). At 24 bits they are exact; for fewer a note tells the rounding. Keras itself
rounds x * a and the sum to float32, so that only the value after the next quantizer can be compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._affine import affine, last_axis
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


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


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """BatchNormalization over the last axis."""
    value = inputs[0]
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    if axis not in {-1, len(value.shape)}:
        raise build.refuse(f"batch normalization over axis {axis}", "use axis=-1")
    value = build.channels_first(value)
    count = value.shape[-1]
    gamma = layer.gamma if layer.scale else np.ones(count)
    beta = layer.beta if layer.center else np.zeros(count)
    constants = [build.const(array) for array in (gamma, beta, layer.moving_mean, layer.moving_variance)]
    name = build.add("BatchNormalization", [value.name, *constants], epsilon=layer.epsilon)
    return replace(value, name=name)


LAYER = keras_layer(
    LayerKind.QUANTIZED, lower, float_onnx, example((6,)), example((4, 4, 3), epsilon=0.1, center=False)
)

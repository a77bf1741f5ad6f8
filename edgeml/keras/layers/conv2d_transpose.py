"""Conv2DTranspose: refused for its unquantized kernel, with the remedy."""

from __future__ import annotations

from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import transposed
from edgeml.keras.layers.q_conv2d_transpose import lower

LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    transposed,
    example((4, 5, 2), refused="use QConv2DTranspose(", filters=3, kernel_size=3, strides=2),
    example(
        (4, 5, 2), refused="use QConv2DTranspose(", filters=3, kernel_size=(4, 3), strides=2, padding="same"
    ),
    example(
        (4, 5, 2),
        refused="use QConv2DTranspose(",
        filters=3,
        kernel_size=2,
        strides=3,
        padding="same",
        activation="tanh",
    ),
    example((4, 5, 2), refused="use QConv2DTranspose(", filters=3, kernel_size=2, strides=3),
)

"""QAveragePooling2D: the sum times a quantized 1 / positions."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers._families import quantized_layer
from edgeml.keras.layers.average_pooling2d import lower

LAYER = quantized_layer(
    "AveragePooling2D",
    lower,
    example(
        (7, 6, 3),
        pool_size=2,
        average_quantizer="quantized_bits(8, 0, alpha=1.0)",
        activation="quantized_relu(6, 2)",
    ),
)

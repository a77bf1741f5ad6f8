"""QGlobalAveragePooling2D: the sum times a quantized 1 / positions."""

from __future__ import annotations

from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, counterpart
from edgeml.keras.layers.global_average_pooling2d import lower

LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=counterpart("GlobalAveragePooling2D"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (7, 6, 3),
            average_quantizer="quantized_bits(8, -3, alpha=1.0)",
            activation="quantized_bits(6, 1, alpha=1.0)",
        ),
    ),
)

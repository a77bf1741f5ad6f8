"""QSeparableConv1D: the same code as QSeparableConv2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, counterpart
from edgeml.keras.layers.q_separable_conv2d import lower

LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=counterpart("SeparableConv1D"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (9, 3),
            filters=4,
            kernel_size=3,
            depthwise_quantizer="quantized_bits(6, 1, alpha=1.0)",
            pointwise_quantizer="quantized_bits(6, 1, alpha=1.0)",
            bias_quantizer="quantized_bits(8, 2, alpha=1.0)",
        ),
    ),
)

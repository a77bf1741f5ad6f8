"""QConv1D: the same code as QConv2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, counterpart
from edgeml.keras.layers.q_conv2d import lower

LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=counterpart("Conv1D"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (9, 3),
            filters=4,
            kernel_size=3,
            dilation_rate=2,
            kernel_quantizer="quantized_bits(6, 1, alpha=1.0)",
            bias_quantizer="quantized_bits(8, 2, alpha=1.0)",
        ),
    ),
)

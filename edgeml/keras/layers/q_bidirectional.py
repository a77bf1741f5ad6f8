"""QBidirectional: Bidirectional in all but its name."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import bidirectional
from edgeml.keras.layers._float import QUANTIZED

LAYER = replace(bidirectional.LAYER, float_onnx=QUANTIZED).on(
    example((5, 3), layer=bidirectional.SEQUENCE, merge_mode="mul")
)

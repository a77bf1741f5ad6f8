"""quantized_relu_po2: 2^round(log2 x) for positive x, the least power of two for the others (or a slope).

The logarithm is float32's own; codes are read off the output, never recomputed. Activations are tables.
"""

from __future__ import annotations

from edgeml.keras.quantizers.quantized_po2 import quantize_weights

__all__ = ["quantize_weights"]

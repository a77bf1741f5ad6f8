"""ReLU: `keras.activations.relu(x, ...)` with its settings."""

from __future__ import annotations

from edgeml.ir.kind import Kind
from edgeml.keras.layers import re_lu
from edgeml.keras.operations._families import as_layer

OPERATION = as_layer(
    re_lu.LAYER,
    Kind.POINTWISE,
    lambda keras, x, y: keras.activations.relu(x, negative_slope=0.25, max_value=1.5, threshold=0.5),
    lambda keras, x, y: keras.activations.relu(x, negative_slope=0.3),
)

"""Softmax: as `keras.layers.Softmax`."""

from __future__ import annotations

from edgeml.ir.kind import Kind
from edgeml.keras.layers import softmax
from edgeml.keras.operations._families import as_layer

OPERATION = as_layer(softmax.LAYER, Kind.OTHER, lambda keras, x, y: keras.ops.softmax(x))

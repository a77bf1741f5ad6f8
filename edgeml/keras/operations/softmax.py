"""Softmax: as `keras.layers.Softmax`."""

from __future__ import annotations

from dataclasses import replace

from edgeml.ir.kind import Kind
from edgeml.keras.layers import softmax
from edgeml.keras.operations._families import as_layer

OPERATION = replace(as_layer(softmax.LAYER, Kind.OTHER, lambda keras, x, y: keras.ops.softmax(x)), real=True)

"""Divide: `keras.ops.divide`, the same as `/`."""

from __future__ import annotations

from edgeml.keras.operations import true_divide

OPERATION = true_divide.OPERATION.on(lambda keras, x, y: keras.ops.divide(x, 8.0))

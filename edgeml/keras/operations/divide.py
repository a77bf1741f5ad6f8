"""Divide: `keras.ops.divide`, the same as `/`."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.operations import true_divide

OPERATION = replace(
    true_divide.OPERATION,
    examples=(lambda keras, x, y: keras.ops.divide(x, 8.0),),
)

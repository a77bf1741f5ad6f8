"""Divide: `keras.ops.divide`, the same as `/`."""

from __future__ import annotations

from edgeml.keras.operations.true_divide import POINTWISE, lower

__all__ = ["POINTWISE", "lower"]

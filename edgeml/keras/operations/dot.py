"""Dot: `keras.ops.dot(x, c)` with a constant matrix, the same as `x @ c`."""

from __future__ import annotations

from edgeml.keras.operations.matmul import lower

__all__ = ["lower"]

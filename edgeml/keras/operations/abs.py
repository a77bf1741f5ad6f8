"""Abs: `keras.ops.abs`, the same as absolute."""

from __future__ import annotations

from edgeml.keras.operations.absolute import POINTWISE, lower

__all__ = ["POINTWISE", "lower"]

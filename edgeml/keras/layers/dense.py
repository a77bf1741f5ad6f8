"""Dense: refused for its unquantized kernel, with the remedy; the same code as QDense."""

from __future__ import annotations

from edgeml.keras.layers.q_dense import lower

__all__ = ["lower"]

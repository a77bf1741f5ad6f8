"""Activation: a Keras function, or a quantizer handed to it."""

from __future__ import annotations

from edgeml.keras.layers.q_activation import TAKES_FLOAT, lower

__all__ = ["TAKES_FLOAT", "lower"]

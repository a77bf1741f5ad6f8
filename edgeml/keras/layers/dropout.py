"""Dropout: does nothing at inference."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers._families import inert

LAYER = inert(example((6,), rate=0.5))

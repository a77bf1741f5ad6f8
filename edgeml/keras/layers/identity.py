"""Identity: does nothing at inference."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import dropout

LAYER = replace(
    dropout.LAYER,
    examples=(example((6,)),),
)

"""Rounding to whole numbers, in a type that holds every result."""

from __future__ import annotations

from edgeml.fixed import Overflow, Round, cover
from edgeml.keras.builder import LayerBuilder


def whole(builder: LayerBuilder, value: str, rounding: Round) -> str:
    """The value rounded to whole numbers; a value that is whole already stays."""
    info = builder.info(value)
    frac = info.frac
    if frac <= 0:
        return value
    low, high = (bound for bound in info.aligned(frac))
    kind = cover((int(low.min()) >> frac) - 1, (int(high.max()) >> frac) + 1, 0)
    return builder.cast(value, kind, rounding, Overflow.SAT, part="whole")

"""A value times a constant that is written into the model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.quantizers._ops import exact_in_float32, scaled

_REMEDY = "use a factor of few bits, such as a power of two"


def times(builder: LayerBuilder, value: str, factors: NDArray[np.float64], apply: Any, what: str) -> str:
    """value * factors: exact where the layer's factor bits hold them.

    One factor for all elements that they do not hold becomes a table with the quantizer that follows.
    """
    if factors.size == 1 and (value in builder.floats or not exact_in_float32(builder, value, factors)):
        factor = float(factors.reshape(()))

        def rounded(source: str) -> str:
            return scaled(builder, source, factor, "scaled", _REMEDY)

        return builder.function(value, apply, what, approximate=rounded)
    return scaled(builder, value, factors, "scaled", _REMEDY)

"""x * a + b with constants that are part of the model, often its first layer: Rescaling and Normalization.

Before the input's quantizer a power of two becomes part of the input's type, which is exact. Everything
else needs the input's own type to be stated: one a and b for all elements are then a table with the
quantizer that follows, a row of them constants with the layer's factor bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.keras.builder import STATE, LayerBuilder
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.layers._affine import affine
from edgeml.keras.pending import PendingFunction, RawInput
from edgeml.keras.quantizers._common import exponents
from edgeml.keras.quantizers._ops import exact_in_float32, scaled

_REMEDY = "use a scale that is a power of two, or a quantizer of one type for all elements behind it"


def rescaled(
    layer: Any, builder: LayerBuilder, value: str, factor: NDArray[np.float64], offset: NDArray[np.float64]
) -> str:
    """The value times `factor` plus `offset`, each of shape (1,) or (channels,).

    Raises:
        EdgemlError: the value is an input without a type, and not scaled by one power of two; or a constant
            is not finite.
    """
    what = type(layer).__name__
    if not (np.all(np.isfinite(factor)) and np.all(np.isfinite(offset))):
        raise builder.refuse("its constants are not finite", "adapt it, or give it other constants")
    computed = keras_function(layer)

    def apply(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return computed(x).reshape(x.shape)  # statistics of shape (1, 1) give the result more axes

    shifts = exponents(factor)
    pending = builder.floats.get(value)
    if isinstance(pending, RawInput):
        if shifts is None or np.any(shifts != shifts.flat[0]) or np.any(offset):
            raise builder.refuse(f"scales the input {pending.name!r}, which has no type", STATE)
        return builder.rescaled(value, int(shifts.flat[0]))
    if isinstance(pending, PendingFunction) and factor.size == offset.size == 1:
        return builder.function(value, apply, what)

    def constants(source: str) -> str:
        if np.any(offset):
            return affine(builder, source, factor, offset, _REMEDY)
        return scaled(builder, source, factor, "factor", _REMEDY)

    inexact = value in builder.floats or not all(
        exact_in_float32(builder, value, part) for part in (factor, offset)
    )
    if inexact and factor.size == offset.size == 1:
        return builder.function(value, apply, what, approximate=constants)
    return constants(builder.exact(value))

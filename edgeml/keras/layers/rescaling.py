"""Rescaling: x * scale + offset, see `_rescale`."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._rescale import rescaled

TAKES_FLOAT = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Constants in float32, as Keras has them."""
    scale, offset = (
        np.asarray(part, np.float32).astype(np.float64).reshape(-1) for part in (layer.scale, layer.offset)
    )
    return rescaled(layer, builder, inputs[0], scale, offset)

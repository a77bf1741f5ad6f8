"""Normalization: (x - mean) / deviation by adapted statistics, or the inverse of it; see `_rescale`."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._rescale import rescaled

TAKES_FLOAT = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """x * (1 / deviation) - mean / deviation, the deviation at least Keras' epsilon."""
    import keras

    if not layer.built or getattr(layer, "mean", None) is None:
        raise builder.refuse("has no statistics", "call adapt(data), or give it mean and variance")
    mean, variance = (
        np.asarray(part, np.float32).astype(np.float64) for part in (layer.mean, layer.variance)
    )
    if mean.size != mean.shape[-1] and mean.size != 1:
        raise builder.refuse(f"has statistics of shape {mean.shape}", "use axis=-1 or axis=None")
    mean, deviation = mean.reshape(-1), np.maximum(np.sqrt(variance), keras.config.epsilon()).reshape(-1)
    if layer.invert:
        return rescaled(layer, builder, inputs[0], deviation, mean)
    return rescaled(layer, builder, inputs[0], 1 / deviation, -mean / deviation)

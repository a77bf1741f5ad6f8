"""The result of every layer of a Keras model, by the name of its call."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.keras.backend import import_keras
from edgeml.keras.execute import every_call
from edgeml.keras.topology import topology

_BATCH = 512


def layer_outputs(model: Any, x: Any) -> dict[str, NDArray[np.float64]]:
    """Run Keras eagerly at inference.

    Args:
        model: a sequential or functional model with one input.
        x: floats (samples, ...).

    Returns:
        The float32 tensors of every call, as float64 (samples, ...), in the order of the calls.

    Raises:
        EdgemlError: the model is of another kind.
    """
    import_keras()
    names = [call.name for call in topology(model).calls]
    array = np.asarray(x, np.float32)
    parts: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for start in range(0, len(array), _BATCH):
        results = every_call(model, [array[start : start + _BATCH]])
        for name, result in zip(names, results, strict=True):
            parts[name].append(np.asarray(result, np.float64))
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}

"""The cause of a loss that is no longer finite: the batch, and the first layer whose result is not finite.

Invariant: the model is left with other weights than it had; the training is over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.datasets import Array
from edgeml.errors import EdgemlError

_HINT = "use a smaller learning rate, or --set training.optimizer.clipnorm=1.0"

_LARGE = 1e3
"""Values of samples beyond which these are the likely cause."""


def diverged(phase: str, epoch: int, batch: int | None, model: Any, samples: Array) -> EdgemlError:
    """The error of a training that diverged.

    Args:
        phase: "float" or "qat".
        epoch: from 1.
        batch: the first batch with such a loss, from 1; None if it is that of the validation part.
        model: with the weights that the batch was computed with.
        samples: of the batch, or of the validation part.
    """
    where = f"{phase} training, epoch {epoch}, {'validation' if batch is None else f'batch {batch}'}"
    layer = first_layer(model, samples)
    cause = layer or "every layer is finite, the loss itself is not"
    hint = _HINT if layer else f"look for a log, root or division in a loss of your own; else {_HINT}"
    if (largest := float(np.max(np.abs(samples)))) > _LARGE:
        hint = f"samples reach {largest:.3g}: set data.scaling=standard; else {_HINT}"
    return EdgemlError(f"the loss is no longer finite: {cause}", where, hint)


def first_layer(model: Any, samples: Array) -> str:
    """The first layer with weights or results that are not finite, in words; "" if there is none.

    Args:
        model: a sequential or functional Keras model with one input.
        samples: (n, ...).
    """
    import keras

    layers = [layer for layer in model.layers if getattr(layer, "output", None) is not None]
    watched = keras.Model(model.inputs[0], [layer.output for layer in layers])
    for layer, outputs in zip(layers, _list(watched(samples, training=False)), strict=True):
        for variable in layer.weights:
            if not np.all(np.isfinite(variable.numpy())):
                return f"the weights {variable.path} of layer {layer.name!r} are not"
        if not all(np.all(np.isfinite(np.asarray(part))) for part in _list(outputs)):
            return f"the result of layer {layer.name!r} is the first that is not"
    return ""


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]

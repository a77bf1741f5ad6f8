"""A Keras model whose layers have their weights nearly in float, for a while.

Invariant: behind the context the model is what it was before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from edgeml.keras.backend import import_qkeras
from edgeml.keras.holders import holders
from edgeml.keras.topology import topology

FINE_BITS = 16
"""Of weights that stand for floats: their error is below 2^-15 of the largest."""

_STEMS = {
    "kernel_quantizer": ("kernel", "depthwise_kernel"),
    "depthwise_quantizer": ("depthwise_kernel", "kernel"),
    "pointwise_quantizer": ("pointwise_kernel",),
    "recurrent_quantizer": ("recurrent_kernel",),
    "bias_quantizer": ("bias",),
}


def weighted_layers(model: Any) -> tuple[str, ...]:
    """The names of the calls whose layers quantize weights."""
    return tuple(call.name for call in topology(model).calls if any(_quantizers(call.layer)))


@contextmanager
def fine_weights(model: Any, names: Collection[str]) -> Iterator[None]:
    """A context in which these layers quantize their weights to 16 bits that hold all of them.

    Args:
        model: a QKeras model.
        names: of the calls.
    """
    changed: list[tuple[Any, str, Any]] = []
    try:
        for call in topology(model).calls:
            for holder, stem, values in _quantizers(call.layer) if call.name in names else ():
                fine = _fine(values)
                for attribute in (stem, f"{stem}_internal"):
                    changed.append((holder, attribute, getattr(holder, attribute)))
                    setattr(holder, attribute, fine)
        yield
    finally:
        for layer, attribute, value in reversed(changed):
            setattr(layer, attribute, value)


def _quantizers(layer: Any) -> Iterator[tuple[Any, str, Any]]:
    """The attributes of a layer's quantizers of weights, with what has them and the weights."""
    for holder, (stem, tensors) in itertools.product(holders(layer), _STEMS.items()):
        if getattr(holder, f"{stem}_internal", None) is None:
            continue
        values = next((v for name in tensors if (v := getattr(holder, name, None)) is not None), None)
        if values is not None:
            yield holder, stem, np.asarray(values)


def _fine(values: Any) -> Any:
    largest = float(np.abs(values).max(initial=0))
    integer = max(0, math.ceil(math.log2(largest))) if largest > 0 else 0
    return import_qkeras().quantized_bits(FINE_BITS, integer + (largest >= 2.0**integer), alpha=1.0)

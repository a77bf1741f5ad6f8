"""The objects inside a layer that hold its weights and quantizers.

A recurrent layer has them in its cell, Bidirectional in the cells of two layers, TimeDistributed in the layer
that it wraps; every other layer has them itself.

Invariant: nothing of Keras is imported or called here.
"""

from __future__ import annotations

from typing import Any


def holders(layer: Any) -> tuple[Any, ...]:
    """The objects of a layer with attributes such as `kernel` and `kernel_quantizer_internal`."""
    inner = wrapped(layer)
    if inner:
        return tuple(holder for part in inner for holder in holders(part))
    return (layer.cell,) if is_recurrent(layer) else (layer,)


def wrapped(layer: Any) -> tuple[Any, ...]:
    """The layers that a wrapper applies: two of Bidirectional, one of TimeDistributed, none of any other."""
    kind = type(layer).__name__
    if kind in ("Bidirectional", "QBidirectional"):
        return layer.forward_layer, layer.backward_layer
    return (layer.layer,) if kind == "TimeDistributed" else ()


def is_recurrent(layer: Any) -> bool:
    """True for a layer with a cell, such as LSTM."""
    return hasattr(layer, "cell") and not hasattr(layer, "forward_layer")

"""Keras layers as rules read them: their tensors with weights, and the quantizers of their activations.

Invariant: nothing of Keras is imported or called here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edgeml.keras.holders import holders
from edgeml.keras.registry import is_learned
from edgeml.keras.topology import Topology

_TENSORS = (
    ("kernel", "kernel_quantizer"),
    ("depthwise_kernel", "depthwise_quantizer"),
    ("pointwise_kernel", "pointwise_quantizer"),
    ("recurrent_kernel", "recurrent_quantizer"),
    ("bias", "bias_quantizer"),
)
"""Attributes of weights that a matrix product or a sum reads, and of their quantizers."""


@dataclass(frozen=True)
class LayerTensor:
    """A tensor of weights.

    Args:
        layer: the name of its layer's call.
        kind: the class of its layer.
        tensor: the attribute, "kernel".
        values: the latent weights.
        quantizer: the QKeras quantizer that the layer applies; None if it applies none.
        stated: the quantizer as it was written, before the layer changed it.
    """

    layer: str
    kind: str
    tensor: str
    values: Any
    quantizer: Any
    stated: Any


def tensors(network: Topology) -> Iterator[LayerTensor]:
    """The weights of every layer once; not of layers with learned widths, which quantize by themselves."""
    met: set[int] = set()
    for call in network.calls:
        layer = call.layer
        if id(layer) in met or call.arguments is not None:
            continue
        met.add(id(layer))
        for holder, (tensor, stem) in itertools.product(holders(layer), _TENSORS):
            if is_learned(type(holder).__module__):
                continue  # its bits are its own
            values = getattr(holder, tensor, None)
            if values is None or not hasattr(values, "shape"):
                continue
            stems = (stem, "depthwise_quantizer") if type(holder).__name__ == "QDepthwiseConv2D" else (stem,)
            stated = next((q for name in stems if (q := getattr(holder, name, None)) is not None), None)
            used = next((q for n in stems if (q := getattr(holder, f"{n}_internal", None)) is not None), None)
            yield LayerTensor(
                call.name, type(layer).__name__, tensor, values, used if stated is not None else None, stated
            )


@dataclass(frozen=True)
class QuantizedActivation:
    """A QKeras quantizer behind a layer or in it.

    Args:
        layer: the name of the layer's call.
        quantizer: the QKeras object.
        config: its settings, as QKeras writes them.
    """

    layer: str
    quantizer: Any
    config: dict[str, Any]

    @property
    def kind(self) -> str:
        """The quantizer's class."""
        return type(self.quantizer).__name__


def activations(network: Topology, kind: str = "") -> Iterator[QuantizedActivation]:
    """The quantizers of activations; those of one class if `kind` names it."""
    for call in network.calls:
        quantizer = getattr(call.layer, "activation", None)
        if quantizer is None or not type(quantizer).__module__.startswith("qkeras"):
            continue
        if not hasattr(quantizer, "get_config"):  # a function, such as binary_tanh
            continue
        if not kind or type(quantizer).__name__ == kind:
            yield QuantizedActivation(call.name, quantizer, dict(quantizer.get_config()))


def inlined(layer: Any) -> str:
    """The name of a layer's activation function; "" without one, or for a quantizer."""
    activation = getattr(layer, "activation", None)
    return activation.split("(")[0] if isinstance(activation, str) else getattr(activation, "__name__", "")


def whole(value: Any) -> int:
    """A setting of a quantizer as a whole number."""
    return int(value.numpy()) if hasattr(value, "numpy") else int(value)

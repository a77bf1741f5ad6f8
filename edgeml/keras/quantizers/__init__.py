"""One file per QKeras quantizer, named as its class; the folder is the list.

A file declares `QUANTIZER`, a `QuantizerHandler`: how constants and how values that depend on the input are
quantized, and the activation that stands for it in the float model.

Invariant: weight codes are read off what the quantizer itself returns, so they are what Keras multiplies
with; activations are exact for every code the value can take. To add a quantizer, add its file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.keras.handlers import Absent, QuantizerHandler
from edgeml.keras.pending import PendingFunction
from edgeml.keras.quantizers._common import QuantizedWeights, plain, real_floats
from edgeml.keras.quantizers._table import preferred, tabulate
from edgeml.keras.registry import HandlerFolder

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder

__all__ = [
    "FOLDER",
    "QuantizedWeights",
    "float_activation",
    "handler",
    "load",
    "lower_activation",
    "names",
    "quantize_weights",
]

FOLDER = HandlerFolder("quantizer", __name__, "QUANTIZER", QuantizerHandler)
names, load, handler = FOLDER.names, FOLDER.load, FOLDER.handler


def float_activation(quantizer: Any, where: str) -> Any:
    """The Keras activation that a quantizer approximates: an identifier, or a layer.

    Raises:
        EdgemlError: the quantizer is not covered, or approximates none.
    """
    function = handler(quantizer, where, f"covered: {', '.join(names())}").float_activation
    if isinstance(function, Absent):
        raise EdgemlError(f"{type(quantizer).__name__} has no float counterpart: {function.because}", where)
    return function if isinstance(function, str) else function(quantizer)


def quantize_weights(quantizer: Any, values: Any, where: str) -> QuantizedWeights:
    """Integers and type of what `quantizer` makes of `values`.

    Args:
        quantizer: a QKeras quantizer object.
        values: the float weights.
        where: layer and tensor, for messages.

    Raises:
        EdgemlError: the quantizer is not covered, still adds unquantized noise, or returns values that
            are not on a fixed-point grid; a weight is complex, NaN or infinite.
    """
    quantize = handler(quantizer, where, "use quantized_bits").quantize_weights
    if isinstance(quantize, Absent):
        name = type(quantizer).__name__
        raise EdgemlError(f"{name} is not for weights: {quantize.because}", where, "use quantized_bits")
    plain(quantizer, where)
    _check_alpha(quantizer, where)
    return quantize(quantizer, real_floats(values, where), where)


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """The value after the quantizer.

    Args:
        quantizer: a QKeras quantizer object.
        builder: where to add ops.
        value: what it is applied to.
        name: part of the layer the ops are named after.

    Raises:
        EdgemlError: the quantizer is not covered, or cannot be exact for this value.
    """
    lower = handler(quantizer, builder.layer, "use quantized_bits or quantized_relu").lower_activation
    plain(quantizer, builder.layer)
    _check_alpha(quantizer, builder.layer)
    pending = builder.floats.get(value)
    if isinstance(pending, PendingFunction):
        if preferred(builder, pending):
            return tabulate(quantizer, builder, pending.source, name, pending.apply, pending.what)
        value = builder.exact(value)
    return lower(quantizer, builder, value, name)


def _check_alpha(quantizer: Any, where: str) -> None:
    """Refuse a constant scale that leaves nothing of a value.

    Raises:
        EdgemlError: alpha is a number and zero, NaN or infinite.
    """
    alpha = getattr(quantizer, "alpha", None)
    if alpha is None or isinstance(alpha, str):
        return
    scales = np.asarray(alpha.numpy() if hasattr(alpha, "numpy") else alpha)
    if scales.dtype.kind not in "fiub" or not np.all(np.isfinite(scales)) or np.any(scales == 0):
        raise EdgemlError(
            f"{type(quantizer).__name__} with alpha={alpha}, a scale that is zero or no finite number",
            where,
            "use alpha=1.0",
        )

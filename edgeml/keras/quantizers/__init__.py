"""One file per QKeras quantizer, named as its class; the folder is the list.

A file has one or both of

    quantize_weights(quantizer, values, where) -> QuantizedWeights         for constants
    lower_activation(quantizer, builder, value, name) -> value    for values that depend on the input

A quantizer without `lower_activation` is lowered as a table (see `_table`), which is right for every
deterministic quantizer that works element by element.

Invariant: weight codes are read off what the quantizer itself returns, so they are what Keras multiplies
with; activations are exact for every code the value can take. To add a quantizer, add its file.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.keras.quantizers._common import QuantizedWeights, plain, real_floats
from edgeml.keras.registry import module_for

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder

__all__ = ["QuantizedWeights", "lower_activation", "quantize_weights"]


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
    module = module_for(sys.modules[__name__], "quantizer", quantizer, where, "use quantized_bits")
    if not hasattr(module, "quantize_weights"):
        raise EdgemlError(f"{type(quantizer).__name__} is not for weights", where, "use quantized_bits")
    plain(quantizer, where)
    _check_alpha(quantizer, where)
    return module.quantize_weights(quantizer, real_floats(values, where), where)


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
    from edgeml.keras.builder import PendingFunction
    from edgeml.keras.quantizers import _table

    module = module_for(
        sys.modules[__name__], "quantizer", quantizer, builder.layer, "use quantized_bits or quantized_relu"
    )
    plain(quantizer, builder.layer)
    _check_alpha(quantizer, builder.layer)
    pending = builder.floats.get(value)
    if isinstance(pending, PendingFunction):
        return _table.after_function(quantizer, builder, value, pending, name)
    if not hasattr(module, "lower_activation"):
        return _table.tabulate(quantizer, builder, value, name)
    return module.lower_activation(quantizer, builder, value, name)


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

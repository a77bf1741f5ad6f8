"""Operators for the float64 evaluation that the onnx package's reference has not, or has too slowly.

QONNX's are the qonnx package's own functions, called with float64; the channels-last ones are the reference's
with axes moved. Resize repeats elements, which is all that an import takes. BatchNormalization,
QuantizeLinear and DequantizeLinear are here since the reference has them for some versions of ONNX only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

DOMAIN = "qonnx.custom_op.general"
LAST = "qonnx.custom_op.channels_last"

Attributes: TypeAlias = Mapping[str, Any]
Formula: TypeAlias = Callable[..., Any]


def all_of_them() -> list[Any]:
    """Classes for `ReferenceEvaluator(new_ops=...)`."""
    formulas: list[tuple[str, str, Formula]] = [
        (DOMAIN, "Quant", _quant),
        (DOMAIN, "IntQuant", _quant),
        (DOMAIN, "BipolarQuant", _bipolar),
        (DOMAIN, "Trunc", _trunc),
        (DOMAIN, "MultiThreshold", _multi_threshold),
        (LAST, "Conv", _conv_last),
        (LAST, "MaxPool", _max_pool_last),
        (LAST, "BatchNormalization", _normalized_last),
        ("", "BatchNormalization", _normalized),
        ("", "QuantizeLinear", _codes),
        ("", "DequantizeLinear", _numbers),
        ("", "Resize", _resize),
        ("", "Upsample", _resize),
    ]
    return [_class(*formula) for formula in formulas]


def _class(domain: str, name: str, formula: Formula) -> Any:
    """An operator of the reference evaluator, from a function of its attributes and inputs."""
    from onnx.helper import get_attribute_value
    from onnx.reference.op_run import OpRun

    def run(self: Any, *inputs: Any, **_: Any) -> tuple[Any]:
        attributes = {entry.name: get_attribute_value(entry) for entry in self.onnx_node.attribute}
        return (np.asarray(formula(attributes, *inputs)),)

    return type(name, (OpRun,), {"op_domain": domain, "_run": run})


def _text(attributes: Attributes, name: str, otherwise: str) -> str:
    value = attributes.get(name, otherwise)
    return value.decode() if isinstance(value, bytes) else str(value)


def _quant(attributes: Attributes, x: Any, scale: Any, zero: Any, bits: Any) -> Any:
    from qonnx.custom_op.general.intquant import int_quant

    signed, narrow = attributes.get("signed", 1), attributes.get("narrow", 0)
    mode = _text(attributes, "rounding_mode", "ROUND")
    return int_quant(x, scale, zero, np.asarray(bits), signed, narrow, mode)


def _bipolar(attributes: Attributes, x: Any, scale: Any) -> Any:
    del attributes
    from qonnx.custom_op.general.bipolar_quant import binary_quant

    return binary_quant(x, scale)


def _trunc(attributes: Attributes, *inputs: Any) -> Any:
    from qonnx.custom_op.general.trunc import trunc_v1, trunc_v2

    mode = _text(attributes, "rounding_mode", "FLOOR")
    if len(inputs) == 5:
        return trunc_v1(*inputs, mode)
    x, scale, zero, bits, new_scale, new_bits = inputs
    flags = attributes.get("narrow", 0), attributes.get("signed", 1)
    return trunc_v2(x, scale, zero, bits, *flags, new_scale, np.asarray(new_bits), mode)


def _multi_threshold(attributes: Attributes, x: Any, thresholds: Any) -> Any:
    from qonnx.custom_op.general.multithreshold import multithreshold

    layout = _text(attributes, "data_layout", "") or {2: "NC", 3: "NWC", 4: "NCHW"}.get(x.ndim, "")
    axis = layout.index("C") if "C" in layout else 1
    numbers = attributes.get("out_scale", 1.0), attributes.get("out_bias", 0.0)
    return multithreshold(x.swapaxes(axis, 1), thresholds, *numbers).swapaxes(axis, 1)


def _first(x: Any) -> Any:
    return np.moveaxis(x, -1, 1)


def _conv_last(attributes: Attributes, x: Any, weights: Any, *bias: Any) -> Any:
    from onnx.reference.ops.op_conv import Conv

    return np.moveaxis(Conv.eval(_first(x), _first(weights), *bias, **attributes), 1, -1)


def _max_pool_last(attributes: Attributes, x: Any) -> Any:
    from onnx.reference.ops.op_max_pool import MaxPool

    return np.moveaxis(MaxPool.eval(_first(x), **attributes), 1, -1)


def _normalized_last(attributes: Attributes, x: Any, gamma: Any, beta: Any, mean: Any, variance: Any) -> Any:
    return (x - mean) / np.sqrt(variance + attributes.get("epsilon", 1e-5)) * gamma + beta


def _normalized(attributes: Attributes, x: Any, *numbers: Any) -> Any:
    shape = (1, -1, *(1,) * (x.ndim - 2))  # the reference takes a momentum for training before opset 14
    gamma, beta, mean, variance = (number.reshape(shape) for number in numbers)
    return _normalized_last(attributes, x, gamma, beta, mean, variance)


def _codes(attributes: Attributes, x: Any, scale: Any, zero: Any = None) -> Any:
    point = np.zeros((), np.uint8) if zero is None else zero
    ends = np.iinfo(point.dtype)
    steps = np.rint(x / _along(attributes, scale, x.ndim)) + _along(attributes, point, x.ndim)
    return np.clip(steps, ends.min, ends.max).astype(point.dtype)


def _numbers(attributes: Attributes, x: Any, scale: Any, zero: Any = None) -> Any:
    point = 0.0 if zero is None else _along(attributes, zero, x.ndim).astype(np.float64)
    return (x.astype(np.float64) - point) * _along(attributes, scale, x.ndim)


def _along(attributes: Attributes, values: Any, rank: int) -> Any:
    if values.size == 1:
        return values.reshape((1,) * rank)
    shape = [1] * rank
    shape[attributes.get("axis", 1)] = values.size
    return values.reshape(shape)


def _resize(attributes: Attributes, x: Any, *inputs: Any) -> Any:
    del attributes
    sizes = inputs[2] if len(inputs) > 2 and inputs[2] is not None else None
    scales = inputs[1] if len(inputs) > 1 else inputs[0]
    factors = np.asarray(sizes) / x.shape if sizes is not None and np.size(sizes) else np.asarray(scales)
    for axis, factor in enumerate(np.rint(factors).astype(int)):
        x = np.repeat(x, factor, axis=axis)
    return x

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
MICROSOFT = "com.microsoft"

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
        (MICROSOFT, "QLinearAdd", _sum_of_codes),
        (MICROSOFT, "QLinearMul", _product_of_two_codes),
        (MICROSOFT, "QLinearAveragePool", _mean_of_codes),
        (MICROSOFT, "QLinearGlobalAveragePool", _global_mean_of_codes),
        (MICROSOFT, "QLinearConcat", _codes_side_by_side),
        (MICROSOFT, "QLinearSigmoid", _sigmoid_of_codes),
        (MICROSOFT, "QLinearLeakyRelu", _leaky_of_codes),
        (MICROSOFT, "QLinearSoftmax", _softmax_of_codes),
        (MICROSOFT, "QGemm", _gemm_of_codes),
        ("", "QLinearConv", _conv_of_codes),
        ("", "QLinearMatMul", _product_of_codes),
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
    scales = inputs[min(1, len(inputs) - 1)]
    factors = np.asarray(sizes) / x.shape if sizes is not None and np.size(sizes) else np.asarray(scales)
    for axis, factor in enumerate(np.rint(factors).astype(int)):
        x = np.repeat(x, factor, axis=axis)
    return x


def _sum_of_codes(
    attributes: Attributes, a: Any, sa: Any, za: Any, b: Any, sb: Any, zb: Any, *end: Any
) -> Any:
    return _codes(attributes, _numbers({}, a, sa, za) + _numbers({}, b, sb, zb), *end)


def _product_of_two_codes(
    attributes: Attributes, a: Any, sa: Any, za: Any, b: Any, sb: Any, zb: Any, *end: Any
) -> Any:
    return _codes(attributes, _numbers({}, a, sa, za) * _numbers({}, b, sb, zb), *end)


def _mean_of_codes(attributes: Attributes, x: Any, scale: Any, zero: Any, *end: Any) -> Any:
    from onnx.reference.ops.op_average_pool import AveragePool_19

    others = {name: value for name, value in attributes.items() if name != "channels_last"}
    return _codes({}, AveragePool_19.eval(_numbers({}, x, scale, zero), **others), *end)


def _global_mean_of_codes(attributes: Attributes, x: Any, scale: Any, zero: Any, *end: Any) -> Any:
    del attributes
    return _codes({}, _numbers({}, x, scale, zero).mean(axis=tuple(range(2, x.ndim)), keepdims=True), *end)


def _codes_side_by_side(attributes: Attributes, scale: Any, zero: Any, *parts: Any) -> Any:
    values = [_numbers({}, *parts[place : place + 3]) for place in range(0, len(parts), 3)]
    return _codes({}, np.concatenate(values, attributes.get("axis", 1)), scale, zero)


def _sigmoid_of_codes(attributes: Attributes, x: Any, scale: Any, zero: Any, *end: Any) -> Any:
    del attributes
    return _codes({}, 1 / (1 + np.exp(-_numbers({}, x, scale, zero))), *end)


def _softmax_of_codes(attributes: Attributes, x: Any, scale: Any, zero: Any, *end: Any) -> Any:
    values, axis = _numbers({}, x, scale, zero), attributes.get("axis", -1)
    raised = np.exp(values - values.max(axis=axis, keepdims=True))
    return _codes({}, raised / raised.sum(axis=axis, keepdims=True), *end)


def _leaky_of_codes(attributes: Attributes, x: Any, scale: Any, zero: Any, *end: Any) -> Any:
    values = _numbers({}, x, scale, zero)
    return _codes({}, np.where(values < 0, attributes.get("alpha", 0.01) * values, values), *end)


def _gemm_of_codes(
    attributes: Attributes, x: Any, sx: Any, zx: Any, w: Any, sw: Any, zw: Any, *rest: Any
) -> Any:
    turned = attributes.get("transB", 0)
    weights = _numbers({"axis": 0 if turned else 1}, w, sw, zw)
    alpha = attributes.get("alpha", 1.0)
    total = alpha * (_numbers({}, x, sx, zx) @ (weights.T if turned else weights))
    if rest and rest[0] is not None:
        total = total + rest[0] * (alpha * np.asarray(sx).reshape(-1) * np.asarray(sw).reshape(-1))
    return _codes({}, total, *rest[1:]) if len(rest) > 1 else total


def _product_of_codes(
    attributes: Attributes, x: Any, sx: Any, zx: Any, w: Any, sw: Any, zw: Any, *end: Any
) -> Any:
    del attributes
    return _codes({}, _numbers({}, x, sx, zx) @ _numbers({"axis": 1}, w, sw, zw), *end)


def _conv_of_codes(
    attributes: Attributes, x: Any, sx: Any, zx: Any, w: Any, sw: Any, zw: Any, *end: Any
) -> Any:
    from onnx.reference.ops.op_conv import Conv

    sums = Conv.eval(_numbers({}, x, sx, zx), _numbers({"axis": 0}, w, sw, zw), **attributes)
    if len(end) > 2 and end[2] is not None:
        bias = end[2] * (np.asarray(sx).reshape(-1) * np.asarray(sw).reshape(-1))
        sums = sums + bias.reshape(1, -1, *(1,) * (x.ndim - 2))
    return _codes({}, sums, *end[:2])

"""The structure of the nodes of an ONNX model, as functions of elements.

Invariant: a node that is not here, or one with an attribute that is not understood, is unknown.

Sources: the ONNX operators' specification (opset 13), and that of QONNX' Quant and MultiThreshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape
from edgeml.ir.ops._window import pad, windows
from edgeml.ir.structure import (
    NONE,
    Form,
    Structure,
    constant,
    joined_pair,
    largest,
    marked,
    moved,
    position,
    same_elements,
    stepped,
    summed,
    unknown,
)

QONNX_DOMAIN = "qonnx.custom_op.general"


@dataclass(frozen=True, eq=False)
class NodeSite:
    """A node with what is known of its inputs.

    Args:
        kind: op type.
        attributes: by name.
        inputs: structures, None for a constant.
        constants: values, None for what is computed and for an input that is left out.
        shape: of the result, the batch axis left out.
        samples: that the model takes at once, where it says so; 0 for any number.
    """

    kind: str
    attributes: Mapping[str, Any]
    inputs: Sequence[Structure | None]
    constants: Sequence[NDArray[Any] | None]
    shape: Shape
    samples: int = 0

    @property
    def x(self) -> Structure:
        """The first input that is computed."""
        return next(x for x in self.inputs if x is not None)

    def number(self, position: int, default: float) -> NDArray[Any]:
        """A constant input, without the batch axis."""
        values = self.constants[position] if position < len(self.constants) else None
        return np.asarray(default) if values is None else self.plain(values)

    def plain(self, values: NDArray[Any]) -> NDArray[Any]:
        """A constant as it meets one sample."""
        if values.ndim == len(self.shape) + 1 and values.shape[0] == 1:
            return values[0]
        return values

    def label(self, values: NDArray[Any]) -> IntArray:
        """A constant as whole numbers, one for each value, spread over the result."""
        numbers = np.unique(values, return_inverse=True)[1].reshape(values.shape)
        return np.asarray(np.broadcast_to(numbers, self.shape), np.int64)


def structure_of(domain: str, site: NodeSite) -> Structure:
    """The structure of a node's first result."""
    rule = _RULES.get((domain, site.kind))
    if rule is None and (domain, site.kind) not in _OF_CONSTANTS:
        return unknown(site.shape, f"nothing is known of the operator {site.kind}")
    if all(x is None or x.form is Form.CONSTANT for x in site.inputs):
        return constant(site.shape)
    bad = next((x for x in site.inputs if x is not None and x.form is Form.UNKNOWN), None)
    if bad is not None:
        return unknown(site.shape, bad.reason)
    if rule is None:
        return unknown(site.shape, f"{site.kind} of a computed value")
    return rule(site)


def _pair(
    form: Form, *, affine: bool = False, signed: bool = False, falls: bool = False
) -> Callable[[NodeSite], Structure]:
    """An element-wise operator of two inputs, one of which may be constant.

    Args:
        form: what it makes of two elements.
        affine: the result is affine in one input if the other is constant.
        signed: it rises with one input only if the other is not negative.
        falls: it falls with the second input.
    """

    def rule(site: NodeSite) -> Structure:
        a, b = site.inputs
        if a is not None and b is not None:
            return joined_pair(a, b, site.shape, form, affine=affine and form is Form.SUM)
        values = site.constants[0 if a is None else 1]
        assert values is not None
        plain = site.plain(values)
        rising = not (falls and a is None) and not (signed and bool(np.any(plain < 0)))
        return stepped(site.x, site.shape, site.label(plain), monotone=rising, affine=affine)

    return rule


def _step(monotone: bool = True, affine: bool = False) -> Callable[[NodeSite], Structure]:
    """An element-wise operator whose further inputs are constants."""

    def rule(site: NodeSite) -> Structure:
        if any(x is not None for x in site.inputs[1:]):
            return unknown(site.shape, f"{site.kind} with a computed parameter")
        labels = [site.label(site.plain(values)) for values in site.constants[1:] if values is not None]
        return stepped(site.x, site.shape, *labels, monotone=monotone, affine=affine)

    return rule


def _cast(site: NodeSite) -> Structure:
    """To float or double the value itself; to whole numbers towards zero, beyond their range anything."""
    to_float = site.attributes.get("to") in (1, 11)
    return stepped(site.x, site.shape, monotone=to_float, affine=to_float)


def _select(site: NodeSite) -> Structure:
    """Equal and Where: one of several functions of the same element."""
    result = same_elements([x for x in site.inputs if x is not None], site.shape)
    for values in site.constants:
        if values is not None:
            result = marked(result, site.label(site.plain(values)))
    return result


def _gather(site: NodeSite) -> Structure:
    index, data = site.constants[1], site.constants[0]
    axis = int(site.attributes.get("axis", 0))
    if data is not None:
        if axis or data.ndim != 1:
            return unknown(site.shape, "a table of several axes")
        return stepped(site.x, site.shape, monotone=False)
    assert index is not None
    if axis < 1 or index.ndim > 1:
        return unknown(site.shape, "elements taken across samples")
    return moved([site.x], lambda arrays: np.take(arrays[0], index.astype(np.int64), axis - 1))


def _reshape(site: NodeSite) -> Structure:
    shape = site.constants[1]
    if shape is not None and (int(shape[0]) not in (0, -1, site.samples) or site.attributes.get("allowzero")):
        return unknown(site.shape, "a Reshape to a number of samples")
    if int(np.prod(site.shape)) != int(np.prod(site.x.shape)):
        return unknown(site.shape, "a Reshape that moves elements between samples")
    return moved([site.x], lambda arrays: arrays[0].reshape(site.shape))


def _transpose(site: NodeSite) -> Structure:
    axes = [int(axis) for axis in site.attributes["perm"]]
    if axes[0] != 0:
        return unknown(site.shape, "a Transpose of the samples' axis")
    return moved([site.x], lambda arrays: arrays[0].transpose([axis - 1 for axis in axes[1:]]))


def _slice(site: NodeSite) -> Structure:
    rank = len(site.x.shape)
    starts, ends, axes, steps = (*site.constants[1:], None, None)[:4]
    if starts is None or ends is None:
        return unknown(site.shape, "a Slice with computed ends")
    along = range(len(starts)) if axes is None else [int(axis) % (rank + 1) for axis in axes]
    cuts = [slice(None)] * (rank + 1)
    for place, axis in enumerate(along):
        step = 1 if steps is None else int(steps[place])
        cuts[axis] = slice(int(starts[place]), int(ends[place]), step)
    if cuts[0] != slice(None):
        return unknown(site.shape, "a Slice of the samples")
    return moved([site.x], lambda arrays: arrays[0][tuple(cuts[1:])])


def _concat(site: NodeSite) -> Structure:
    axis = int(site.attributes["axis"]) % (len(site.shape) + 1)
    if axis == 0:
        return unknown(site.shape, "samples joined")
    parts = [
        constant(site.plain(np.asarray(values)).shape) if x is None else x
        for x, values in zip(site.inputs, site.constants, strict=True)
    ]
    return moved(parts, lambda arrays: np.concatenate(arrays, axis=axis - 1))


def _pad(site: NodeSite) -> Structure:
    pads = site.constants[1]
    fill = site.number(2, 0.0)
    if pads is None or np.any(fill != 0) or site.attributes.get("mode", b"constant") != b"constant":
        return unknown(site.shape, "a Pad with other values than zero")
    half = len(pads) // 2
    pairs = [(int(before), int(after)) for before, after in zip(pads[:half], pads[half:], strict=True)]
    if pairs[0] != (0, 0) or any(n < 0 for pair in pairs for n in pair):
        return unknown(site.shape, "a Pad of the samples, or a negative one")
    if not pairs[1:]:
        return site.x
    return moved([site.x], lambda arrays: np.pad(arrays[0], pairs[1:], constant_values=NONE))


def _sum(site: NodeSite) -> Structure:
    """Sums of products with constants."""
    if site.attributes.get("alpha", 1.0) != 1.0 or site.attributes.get("beta", 1.0) != 1.0:
        return unknown(site.shape, "a Gemm with factors")
    if site.inputs[0] is None or sum(x is not None for x in site.inputs) > 1 or site.attributes.get("transA"):
        return unknown(site.shape, f"{site.kind} of two computed values, or across samples")
    if len(site.inputs) > 1 and site.constants[1] is not None and not np.any(site.constants[1]):
        return constant(site.shape)
    return summed([site.x], site.shape)


def _reduce_sum(site: NodeSite) -> Structure:
    axes = site.constants[1] if len(site.constants) > 1 else None
    if axes is None or np.any(axes % (len(site.x.shape) + 1) == 0):
        return unknown(site.shape, "a ReduceSum over the samples")
    return _sum(site)


def _max_pool(site: NodeSite) -> Structure:
    kernel = tuple(int(n) for n in site.attributes["kernel_shape"])
    rank = len(kernel)
    strides = tuple(int(n) for n in site.attributes.get("strides", (1,) * rank))
    pads = [int(n) for n in site.attributes.get("pads", (0,) * (2 * rank))]
    odd = any(int(n) != 1 for n in site.attributes.get("dilations", ())) or site.attributes.get(
        "ceil_mode", 0
    )
    if odd or site.attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        return unknown(site.shape, "a MaxPool with dilation, ceil_mode or auto_pad")

    def windowed(values: IntArray, fill: int) -> IntArray:
        last = np.moveaxis(values, 0, -1)[np.newaxis]
        padded = pad(last, tuple(zip(pads[:rank], pads[rank:], strict=True)), fill)
        cut = windows(padded, kernel, strides, (1,) * rank)[0]
        return np.moveaxis(cut.reshape(*cut.shape[:-rank], -1), -2, 0)

    return largest(site.x, windowed)


def _arg_max(site: NodeSite) -> Structure:
    last = int(site.attributes.get("axis", 0)) in (-1, len(site.x.shape))
    if not last or site.attributes.get("keepdims", 1) or site.attributes.get("select_last_index", 0):
        return unknown(site.shape, "an ArgMax along another axis, or of the last on a tie")
    return position(site.x)


def _quantize_linear(site: NodeSite) -> Structure:
    """x / scale, rounded half to even, plus the zero point, within the integer type."""
    if any(x is not None for x in site.inputs[1:]) or site.attributes.get("axis", 1) == 0:
        return unknown(site.shape, f"{site.kind} with computed parameters, or along the samples")
    scale = site.constants[1]
    if scale is None or np.any(scale <= 0):
        return unknown(site.shape, f"{site.kind} with a scale that is not positive")
    labels: list[IntArray] = []
    for values in site.constants[1:]:
        if values is not None and values.ndim == 1 and values.size > 1:
            axis = int(site.attributes.get("axis", 1)) % (len(site.shape) + 1) - 1
            values = values.reshape(-1, *(1,) * (len(site.shape) - axis - 1))
        if values is not None:
            labels.append(site.label(values))
    return stepped(site.x, site.shape, *labels, affine=site.kind == "DequantizeLinear")


def _quant(site: NodeSite) -> Structure:
    if any(values is None or np.any(values <= 0) for values in (site.constants[1], site.constants[3])):
        return unknown(site.shape, "a Quant with a computed or negative scale")
    return _step()(site)


_OF_CONSTANTS = (("", "Expand"), ("", "Constant"))
"""Operators without a rule that give a constant for constants; not those that draw random numbers."""

_RULES: Mapping[tuple[str, str], Callable[[NodeSite], Structure]] = {
    ("", "Add"): _pair(Form.SUM, affine=True),
    ("", "Sub"): _pair(Form.SUM, affine=True, falls=True),
    ("", "Mul"): _pair(Form.PRODUCT, affine=True, signed=True),
    ("", "Max"): _pair(Form.MAXIMUM),
    ("", "Min"): _pair(Form.MINIMUM),
    ("", "Clip"): _step(),
    ("", "Round"): _step(),
    ("", "Floor"): _step(),
    ("", "Ceil"): _step(),
    ("", "Relu"): _step(),
    ("", "Sign"): _step(),
    ("", "Abs"): _step(monotone=False),
    ("", "Identity"): _step(affine=True),
    ("", "Cast"): _cast,
    ("", "Equal"): _select,
    ("", "Where"): _select,
    ("", "Gather"): _gather,
    ("", "Reshape"): _reshape,
    ("", "Transpose"): _transpose,
    ("", "Slice"): _slice,
    ("", "Concat"): _concat,
    ("", "Pad"): _pad,
    ("", "MatMul"): _sum,
    ("", "Gemm"): _sum,
    ("", "Conv"): _sum,
    ("", "ReduceSum"): _reduce_sum,
    ("", "MaxPool"): _max_pool,
    ("", "ArgMax"): _arg_max,
    ("", "QuantizeLinear"): _quantize_linear,
    ("", "DequantizeLinear"): _quantize_linear,
    (QONNX_DOMAIN, "Quant"): _quant,
}

"""Sums of products of a value with constant weights: matrix products and convolutions of any source format.

The scale of the value and the scale per output channel of the weights become the factor of the result; the
integers alone are multiplied. A bias that lies on the sums' grid is added to them, any other is left to the
quantizer.

Invariant: the result is exact; weights whose scales cannot be taken out of the sum are refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.ir.info import Shape
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul

_NEAR = 1e-5
"""Relative difference up to which a bias' stated scale is that of the sums: both were rounded to float32."""


def conv(
    assembly: Assembly,
    value: AffineValue,
    weights: tuple[IntArray, NDArray[Any]],
    window: Conv,
) -> AffineValue:
    """A convolution with zeros around.

    Args:
        assembly: where to add ops.
        value: on a node (*space, channels).
        weights: integers (*kernel, channels / groups, filters) and their scale, which broadcasts to them.
        window: strides, padding, dilation and groups.
    """
    padded = any(n for pair in window.padding for n in pair)
    value = settle.anchored(assembly, value) if padded else settle.joined(assembly, value)
    inputs = weights[0].shape[-2]
    groups = window.groups
    factor, shift = (_per_channel(part, value.shape) for part in (value.only.factor, value.offset))
    if groups > 1 and (factor.size > 1 or shift.size > 1):
        value = settle.dyadic(assembly, value)
        factor, shift = ex.exact([1]), ex.exact([0])
    codes, scale = _split(weights, factor, inputs)
    node = assembly.add(window, value.only.node, assembly.weights(codes), part="conv")
    offset = ex.exact([0])
    if not ex.is_zero(shift):
        axes = tuple(range(codes.ndim - 1))
        products = codes.astype(object) * ex.as_exact(shift / factor)[..., np.newaxis]
        offset = ex.as_exact(np.sum(products, axis=axes) * scale)
    return _result(assembly, value, node, scale, offset)


def mat_mul(assembly: Assembly, value: AffineValue, weights: tuple[IntArray, NDArray[Any]]) -> AffineValue:
    """A matrix product along the last axis of the node.

    Args:
        assembly: where to add ops.
        value: on a node (..., inputs).
        weights: integers (inputs, outputs) and their scale, which broadcasts to them.
    """
    value = settle.joined(assembly, value)
    factor, shift = (_per_channel(part, value.shape) for part in (value.only.factor, value.offset))
    codes, scale = _split(weights, factor, weights[0].shape[0])
    node = assembly.add(MatMul(), value.only.node, assembly.weights(codes), part="matmul")
    offset = ex.exact([0])
    if not ex.is_zero(shift):
        products = codes.astype(object) * np.broadcast_to(
            ex.as_exact(shift / factor).reshape(-1, 1), codes.shape
        )
        offset = ex.as_exact(np.sum(products, axis=0) * scale)
    return _result(assembly, value, node, scale, offset)


def with_bias(
    value: AffineValue, numbers: Exact, codes: IntArray | None = None, scale: Any = None
) -> AffineValue:
    """The result of a sum plus a bias per output channel (the node's last axis).

    Args:
        value: of `conv` or `mat_mul`.
        numbers: the bias.
        codes: its integers, if its scale is meant to be that of the sums.
        scale: of the codes.
    """
    if codes is not None:
        stated = np.broadcast_to(np.asarray(scale, np.float64).reshape(-1), codes.shape)
        ours = np.broadcast_to(ex.floats(value.only.factor), codes.shape)
        if np.all(np.abs(stated - ours) <= _NEAR * np.abs(ours)):
            return value.plus(ex.as_exact(ex.exact(codes) * value.only.factor))
    return value.plus(numbers)


def _result(assembly: Assembly, value: AffineValue, node: str, scale: Exact, offset: Exact) -> AffineValue:
    shape = assembly.info(node).shape
    return replace(value, terms=(WeightedNode(node, scale),), shape=shape, index=value.index, offset=offset)


def _per_channel(numbers: Exact, shape: Shape) -> Exact:
    """Numbers that differ along the last axis at most, else an error."""
    if any(size > 1 for size in numbers.shape[:-1]):
        raise EdgemlError(
            f"a scale or offset per element of a value of shape {shape} stands before a sum of products",
            hint="quantize the value with one scale first",
        )
    return numbers.reshape(-1)


def _split(weights: tuple[IntArray, NDArray[Any]], factor: Exact, inputs: int) -> tuple[IntArray, Exact]:
    """Integers to multiply by, and the scale of every output channel.

    Scales that differ among the weights of one output are taken into the integers if they differ by powers of
    two.

    Raises:
        EdgemlError: they differ by other factors.
    """
    codes, stated = weights
    scales = ex.exact(np.broadcast_to(stated, codes.shape) if stated.size > 1 else stated)
    scales = ex.as_exact(scales * (factor.reshape(inputs, 1) if factor.size > 1 else factor.reshape(1)))
    if scales.ndim == 1:
        return codes, scales
    spread = np.broadcast_to(scales, codes.shape).reshape(-1, codes.shape[-1])
    base = np.min(spread, axis=0)
    ratios = ex.as_exact((spread / base).reshape(codes.shape))
    powers = ex.exponents(ratios)
    if powers is None or int(powers.max(initial=0)) > 30:
        raise EdgemlError(
            "the inputs of one sum have scales that differ by factors other than powers of two",
            hint="quantize with one scale per tensor before this layer, and per output channel for weights",
        )
    return codes << np.broadcast_to(powers, codes.shape), ex.as_exact(base)


def is_sum_of_products(assembly: Assembly, node: str) -> bool:
    """True if a node is a matrix product or a convolution, a bias added or not."""
    source = assembly.graph.node(node)
    while source is not None and isinstance(source.op, Add):
        source = assembly.graph.node(source.inputs[0])
    return source is not None and isinstance(source.op, Linear)

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
from edgeml.importers.affine.value import ONE, AffineValue, WeightedNode
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
    value, codes, scale, offset = _taken_out(assembly, value, weights, window.groups)
    node = assembly.add(window, value.only.node, assembly.weights(codes), part="conv")
    return _result(assembly, value, node, scale, offset)


def mat_mul(assembly: Assembly, value: AffineValue, weights: tuple[IntArray, NDArray[Any]]) -> AffineValue:
    """A matrix product along the last axis of the node.

    Args:
        assembly: where to add ops.
        value: on a node (..., inputs).
        weights: integers (inputs, outputs) and their scale, which broadcasts to them.
    """
    value, codes, scale, offset = _taken_out(assembly, settle.joined(assembly, value), weights, 1)
    node = assembly.add(MatMul(), value.only.node, assembly.weights(codes), part="matmul")
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


def _taken_out(
    assembly: Assembly, value: AffineValue, weights: tuple[IntArray, NDArray[Any]], groups: int
) -> tuple[AffineValue, IntArray, Exact, Exact]:
    """The value, integers to multiply its codes by, and the scale and the offset of every sum.

    Scales of channels that are summed and differ by no powers of two are multiplied in before the sum, with a
    note.

    Raises:
        EdgemlError: the weights of one output have such scales.
    """
    factor, offset = _by_weight(value, weights[0].shape, groups)
    split = _split(weights, factor)
    if split is None and factor.size > 1:
        value = settle.dyadic(assembly, value)
        factor, offset = _by_weight(value, weights[0].shape, groups)
        split = _split(weights, factor)
    if split is None:
        raise EdgemlError(
            "the weights of one sum have scales that differ by factors other than powers of two",
            hint="quantize weights with one scale per tensor or per output channel",
        )
    codes, scale = split
    added = ex.exact([0])
    if not ex.is_zero(offset):
        products = codes.astype(object) * ex.as_exact(offset / _without_zeros(factor))
        added = ex.as_exact(np.sum(products, axis=tuple(range(codes.ndim - 1))) * scale)
    return value, np.where(np.asarray(factor == 0, bool), 0, codes), scale, added


def _by_weight(value: AffineValue, shape: Shape, groups: int) -> tuple[Exact, Exact]:
    """The factor and the offset of the input that every weight meets.

    Args:
        value: one node with numbers along its channels at most.
        shape: of the weights (..., inputs of a group, outputs).
        groups: outputs of each read their own part of the inputs.
    """

    def spread(numbers: Exact) -> Exact:
        if numbers.size == 1:
            return numbers.reshape(1)
        parts = numbers.reshape(groups, -1).T
        return ex.as_exact(np.repeat(parts, shape[-1] // groups, axis=1))

    factor, offset = (_per_channel(part, value.shape) for part in (value.only.factor, value.offset))
    return spread(factor), spread(offset)


def _without_zeros(factor: Exact) -> Exact:
    """Factors of which those of zero, whose inputs do not matter, are that of a neighbour, or one."""
    neighbour = next((number for number in factor.flat if number), ONE)
    return ex.as_exact(np.where(np.asarray(factor == 0, bool), ex.exact([0]) + neighbour, factor))


def _per_channel(numbers: Exact, shape: Shape) -> Exact:
    """Numbers that differ along the last axis at most, else an error."""
    if any(size > 1 for size in numbers.shape[:-1]):
        raise EdgemlError(
            f"a scale or offset per element of a value of shape {shape} stands before a sum of products",
            hint="quantize the value with one scale first",
        )
    return numbers.reshape(-1)


def _split(weights: tuple[IntArray, NDArray[Any]], factor: Exact) -> tuple[IntArray, Exact] | None:
    """Integers to multiply by, and the scale of every output channel.

    Scales that differ among the weights of one output are taken into the integers if they differ by powers of
    two; None if they differ by other factors.
    """
    codes, stated = weights
    scales = ex.exact(np.broadcast_to(stated, codes.shape) if stated.size > 1 else stated)
    scales = ex.as_exact(scales * _without_zeros(factor))
    if scales.ndim == 1:
        return codes, scales
    spread = np.broadcast_to(scales, codes.shape).reshape(-1, codes.shape[-1])
    base = np.min(spread, axis=0)
    ratios = ex.as_exact((spread / base).reshape(codes.shape))
    powers = ex.exponents(ratios)
    if powers is None or int(powers.max(initial=0)) > 30:
        return None
    return codes << np.broadcast_to(powers, codes.shape), ex.as_exact(base)


def is_sum_of_products(assembly: Assembly, node: str) -> bool:
    """True if a node is a matrix product or a convolution, a bias added or not."""
    source = assembly.graph.node(node)
    while source is not None and isinstance(source.op, Add):
        source = assembly.graph.node(source.inputs[0])
    return source is not None and isinstance(source.op, Linear)

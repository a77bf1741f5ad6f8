"""Sums and products of values and constants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import apart, as_source, channels_last, in_one_order
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.curves import of_one_node
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.onnx_reader.operands import SourceConstant
from edgeml.ir.ops.mul import Mul


def spread(assembly: Assembly, value: AffineValue, constant: SourceConstant) -> tuple[AffineValue, Exact]:
    """A constant in the order of a value's node; the value gets leading axes of 1 if the constant has more.

    Copies of one element (a value that was resized or tiled) become elements of their own where the constant
    differs between them.

    Raises:
        EdgemlError: the constant is larger than the value.
    """
    rank = constant.values.ndim
    if rank > len(value.source_shape):
        extra = rank - len(value.source_shape)
        value = value.with_index(value.index.reshape((1,) * extra + value.source_shape))
    value = apart(assembly, value, constant.values.shape)
    return value, value.spread(constant.numbers())


def total(assembly: Assembly, a: AffineValue, b: AffineValue) -> AffineValue:
    """The sum of two values, which broadcast: the terms of both.

    Raises:
        EdgemlError: they do not.
    """
    settle.need_nodes(assembly, a)
    settle.need_nodes(assembly, b)
    curve = of_one_node(assembly, a, b, np.add, "sum")
    if curve is not None:
        return curve
    a, b = (settle.joined(assembly, v) if v.clips or v.function is not None else v for v in (a, b))
    a, b = in_one_order(assembly, a, b)
    factors: dict[str, Exact] = {}  # a node of both is one term: sums of sums would double them
    for term in (*a.terms, *b.terms):
        before = factors.get(term.node)
        factors[term.node] = term.factor if before is None else ex.as_exact(before + term.factor)
    terms = tuple(WeightedNode(node, factor) for node, factor in factors.items())
    return replace(a, terms=terms, offset=ex.as_exact(a.offset + b.offset))


def multiplied(assembly: Assembly, a: AffineValue, b: AffineValue) -> AffineValue:
    """The product of two values, which broadcast.

    Raises:
        EdgemlError: their ranks differ, or the result is too large.
    """
    curve = of_one_node(assembly, a, b, np.multiply, "product")
    if curve is not None:
        return curve
    a, b = (settle.anchored(assembly, value) for value in (a, b))
    if a.source_shape == b.source_shape:
        a, b = in_one_order(assembly, a, b)
        index = a.index
    else:
        if len(a.source_shape) != len(b.source_shape):
            raise EdgemlError(f"a product of values of shapes {a.source_shape} and {b.source_shape}")
        spatial = len(a.source_shape) > 2
        a, b = ((channels_last if spatial else as_source)(assembly, value) for value in (a, b))
        shape = np.broadcast_shapes(a.shape, b.shape)
        limits.VALUE.check(int(np.prod(shape, dtype=np.float64)), "the result has", assembly.layer)
        index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
        index = (np.moveaxis(index, -1, 0) if spatial else index)[np.newaxis]
    node = assembly.add(Mul(), a.only.node, b.only.node, part="product")
    term = WeightedNode(node, ex.as_exact(a.only.factor * b.only.factor))
    return AffineValue((term,), assembly.info(node).shape, index, ex.exact([0]))


def scaled_constant(constant: SourceConstant, other: SourceConstant, divide: bool) -> SourceConstant:
    """A quantized constant times (or by) another: its scale changes."""
    values = constant.values / other.values if divide else constant.values * other.values
    if constant.codes is None or constant.scale is None or values.shape != constant.codes.shape:
        return SourceConstant(values)
    factor = other.values.astype(np.float64)
    scale = np.asarray(constant.scale, np.float64)
    return replace(constant, values=values, scale=scale / factor if divide else scale * factor)

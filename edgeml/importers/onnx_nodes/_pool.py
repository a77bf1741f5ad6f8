"""Shared by the poolings of ONNX."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import channels_last
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.onnx_nodes._spatial import SourceWindow
from edgeml.ir.op import Op
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.sum_pool import SumPool


def largest(assembly: Assembly, value: AffineValue, window: SourceWindow) -> AffineValue:
    """The maximum of each window; factors above zero, offsets and clips do not matter to it."""
    value = channels_last(assembly, settle.merged(assembly, value))
    if not _same_over_space(value) or len(value.terms) > 1:
        value = settle.joined(assembly, value)
    if not _same_over_space(value):
        value = settle.dyadic(assembly, value)
    value = settle.positive(assembly, value)
    return pooled(assembly, value, MaxPool(window.kernel, window.strides, window.padding))


def mean(assembly: Assembly, value: AffineValue, window: SourceWindow, count_padding: bool) -> AffineValue:
    """The mean of each window: a sum times a rational number.

    Args:
        assembly: where to add ops.
        value: a source tensor (1, channels, *space).
        window: without dilation.
        count_padding: whether padding counts as zeros, or is left out of the mean.
    """
    value = channels_last(assembly, value)
    value = settle.anchored(assembly, value)
    if not _same_over_space(value):
        value = settle.dyadic(assembly, value)
    space = value.shape[:-1]
    result = pooled(assembly, value, SumPool(window.kernel, window.strides, window.padding))
    size = Fraction(int(np.prod(window.kernel)))
    if count_padding or not any(n for pair in window.padding for n in pair):
        return result.times(ex.as_exact([1 / size]))
    counts = np.ones((), np.int64)
    for axis, (pool, stride, (before, _)) in enumerate(
        zip(window.kernel, window.strides, window.padding, strict=True)
    ):
        starts = np.arange(result.shape[axis]) * stride - before
        inside = np.minimum(starts + pool, space[axis]) - np.maximum(starts, 0)
        counts = counts[..., np.newaxis] * inside
    return result.times(ex.as_exact(1 / ex.exact(counts[..., np.newaxis])))


def pooled(assembly: Assembly, value: AffineValue, op: Op) -> AffineValue:
    """A pooling of the value's node."""
    node = assembly.add(op, value.only.node, part="pool")
    shape = assembly.info(node).shape
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    return replace(
        value,
        terms=(WeightedNode(node, value.only.factor),),
        shape=shape,
        index=np.moveaxis(index, -1, 0)[np.newaxis],
    )


def _same_over_space(value: AffineValue) -> bool:
    """True if factors, offsets and clips differ along channels at most."""
    numbers = [term.factor for term in value.terms] + [value.offset]
    numbers += [end for end in (value.low, value.high) if end is not None]
    return all(all(size == 1 for size in number.shape[:-1]) for number in numbers)

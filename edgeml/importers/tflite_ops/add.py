"""ADD of two int8 values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.arrange import in_one_order
from edgeml.importers.affine.exact import scalar
from edgeml.importers.affine.pairs import pairs_by_multipliers
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier, activation_range, with_zero_point
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.scale import Scale

_LEFT = 20
"""The shift before the sum, of lite/kernels/add.cc for int8."""


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Both scaled to twice the larger scale at 20 more bits, added, scaled to the output.

    Source: lite/kernels/add.cc (PrepareGeneralAddOp) and internal/reference/integer_ops/add.h.

    Raises:
        EdgemlError: the shapes do not broadcast, or one is a constant.
    """
    a, b = reader.value(operator, 0), reader.value(operator, 1)
    a, b = in_one_order(reader.assembly, a, b)
    (x, x_zero), (y, y_zero) = (one_scale(reader.tensor(operator, place)) for place in (0, 1))
    z, z_zero = one_scale(reader.result(operator))
    activation = operator.options.FusedActivationFunction() if operator.options is not None else 0
    low, high = activation_range(activation, z, z_zero)
    twice = 2 * max(x, y)
    first, second = (QuantizedMultiplier.of(np.array([scale / twice])) for scale in (x, y))
    last = QuantizedMultiplier.of(np.array([twice / ((1 << _LEFT) * z)]))

    def summed(p: IntArray, q: IntArray) -> IntArray:
        shifted = first.apply((p - x_zero) << _LEFT) + second.apply((q - y_zero) << _LEFT)
        return np.clip(last.apply(shifted) + z_zero, low, high)

    by = reader.quantizer(reader.result(operator))
    value = replace(a, terms=a.terms + b.terms, offset=ex.as_exact(a.offset + b.offset))
    if a.only.node == b.only.node:
        raise EdgemlError("a value added to itself")
    every = np.arange(-128, 128, dtype=np.int64)
    sums = summed(every[:, np.newaxis], every[np.newaxis])
    slopes = [scalar(term.factor) / scalar(by.scale) for term in value.terms]
    result = pairs_by_multipliers(reader.assembly, value, by, (every, every), sums, slopes, (low, high))
    if result is not None:
        return result
    assembly = reader.assembly
    parts = []
    for name, term, zero, by_multiplier in (("a", a, x_zero, first), ("b", b, y_zero, second)):
        node = term.only.node
        if zero:
            shift = assembly.number(np.array(-zero), 0, f"{name}.zero")
            node = assembly.add(Add(), node, shift, part=f"{name}.moved")
        wide = assembly.add(Scale(_LEFT), node, part=f"{name}.wide")
        parts.append(by_multiplier.ops(assembly, wide, name))
    total = assembly.add(Add(), *parts, part="sum")
    assembly.note("added by the source's own multiplications and roundings, exactly")
    codes = with_zero_point(assembly, last.ops(assembly, total, "own"), z_zero, low, high)
    return by.value_of(codes, a.shape, a.index)

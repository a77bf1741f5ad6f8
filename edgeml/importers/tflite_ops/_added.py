"""Sums and differences of two int8 values, one of which may be constant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import in_one_order
from edgeml.importers.affine.exact import scalar
from edgeml.importers.affine.pairs import pairs_by_multipliers
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import OwnArithmetic
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._table import by_codes
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier, activation_range, with_zero_point
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.scale import Scale

_LEFT = 20
"""The shift before the sum, of lite/kernels/add.cc for int8."""


def added(operator: TfliteOperator, reader: TfliteReader, sign: int) -> AffineValue:
    """Both scaled to twice the larger scale at 20 more bits, added, scaled to the output.

    Source: lite/kernels/add.cc (PrepareGeneralAddOp), sub.cc and internal/reference/integer_ops/add.h.

    Args:
        operator: the operator.
        reader: of the model.
        sign: of the second input: 1 or -1.

    Raises:
        EdgemlError: the shapes do not broadcast, or both are constants.
    """
    (x, x_zero), (y, y_zero) = (one_scale(reader.tensor(operator, place)) for place in (0, 1))
    z, z_zero = one_scale(reader.result(operator))
    activation = operator.options.FusedActivationFunction() if operator.options is not None else 0
    low, high = activation_range(activation, z, z_zero)
    twice = 2 * max(x, y)
    first, second = (QuantizedMultiplier.of(np.array([scale / twice])) for scale in (x, y))
    second = replace(second, factor=sign * second.factor)
    last = QuantizedMultiplier.of(np.array([twice / ((1 << _LEFT) * z)]))

    def summed(p: IntArray, q: IntArray) -> IntArray:
        shifted = first.apply((p - x_zero) << _LEFT) + second.apply((q - y_zero) << _LEFT)
        return np.clip(last.apply(shifted) + z_zero, low, high)

    by, every = reader.quantizer(reader.result(operator)), np.arange(-128, 128, dtype=np.int64)
    constant = reader.computed_and_constant(operator)
    if constant is not None:
        value, numbers, place = constant
        scale, zero = ((sign * y, y_zero), (x, x_zero))[place]
        moved = value.times(ex.exact([1, sign][place : place + 1])).plus(
            ex.as_exact(ex.exact(numbers - zero) * ex.exact([scale]))
        )
        falls = place == 1 and sign < 0

        def codes(values: IntArray) -> IntArray:
            inner = -values if falls else values
            return summed(inner, numbers) if place == 0 else summed(numbers, inner)

        if falls:
            moved = settle.positive(reader.assembly, moved)
        return quantized(reader.assembly, moved, by, OwnArithmetic(codes))
    a, b = in_one_order(reader.assembly, reader.value(operator, 0), reader.value(operator, 1))
    if a.only.node == b.only.node:
        return by_codes(operator, reader, summed(every, every))
    b = b.times(ex.exact([sign]))
    value = replace(a, terms=a.terms + b.terms, offset=ex.as_exact(a.offset + b.offset))
    sums = summed(every[:, np.newaxis], every[np.newaxis])
    slopes = [scalar(term.factor) / scalar(by.scale) for term in value.terms]
    result = pairs_by_multipliers(reader.assembly, value, by, (every, every), sums, slopes, (low, high))
    if result is not None:
        return result
    assembly = reader.assembly
    parts: list[str] = []
    for name, term, zero, by_multiplier in (("a", a, x_zero, first), ("b", b, y_zero, second)):
        node = term.only.node
        if zero:
            shift = assembly.number(np.array(-zero), 0, f"{name}.zero")
            node = assembly.add(Add(), node, shift, part=f"{name}.moved")
        wide = assembly.add(Scale(_LEFT), node, part=f"{name}.wide")
        parts.append(by_multiplier.ops(assembly, wide, name))
    total = assembly.add(Add(), *parts, part="sum")
    assembly.note("added by the source's own multiplications and roundings, exactly")
    result_codes = with_zero_point(assembly, last.ops(assembly, total, "own"), z_zero, low, high)
    return by.value_of(result_codes, a.shape, a.index)

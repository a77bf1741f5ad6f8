"""MUL of two int8 values, or of one by constants."""

from __future__ import annotations

import numpy as np

from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.arrange import in_one_order
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import OwnArithmetic
from edgeml.importers.affine.value import AffineValue, of_node
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier, activation_range, with_zero_point
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The product of both codes less their zero points, requantized.

    Source: lite/kernels/mul.cc (Prepare) and internal/reference/integer_ops/mul.h.
    """
    assembly = reader.assembly
    (x, x_zero), (y, y_zero) = (one_scale(reader.tensor(operator, place)) for place in (0, 1))
    z, z_zero = one_scale(reader.result(operator))
    activation = operator.options.FusedActivationFunction() if operator.options is not None else 0
    low, high = activation_range(activation, z, z_zero)
    constant = reader.computed_and_constant(operator)
    if constant is None:
        value, other = in_one_order(assembly, reader.value(operator, 0), reader.value(operator, 1))
        nodes = [
            _moved(reader, part.only.node, zero, name)
            for name, part, zero in (("a", value, x_zero), ("b", other, y_zero))
        ]
    else:
        value, numbers, place = constant
        zeros = (x_zero, y_zero) if place == 0 else (y_zero, x_zero)
        factors = assembly.number(numbers - zeros[1], 0, "factors")
        nodes = [_moved(reader, value.only.node, zeros[0], "a"), factors]
    product = assembly.add(Mul(), *nodes, part="product")
    multiplier = QuantizedMultiplier.of(np.array([float(np.float32(x) * np.float32(y) / np.float32(z))]))

    def codes(values: IntArray) -> IntArray:
        return np.clip(multiplier.apply(values) + z_zero, low, high)

    def ops(node: str) -> str:
        return with_zero_point(assembly, multiplier.ops(assembly, node, "own"), z_zero, low, high)

    result = of_node(product, value.shape, value.index, ex.exact([x])).times(ex.exact([y]))
    return quantized(assembly, result, reader.quantizer(reader.result(operator)), OwnArithmetic(codes, ops))


def _moved(reader: TfliteReader, node: str, zero: int, part: str) -> str:
    """A node of codes less a zero point."""
    if not zero:
        return node
    shift = reader.assembly.number(np.array(-zero), 0, f"{part}.zero")
    return reader.assembly.add(Add(), node, shift, part=f"{part}.moved")

"""MAXIMUM of two int8 values of one scale, or of one and constants."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.affine.arrange import in_one_order
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.op import Op
from edgeml.ir.ops.max import Max


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The larger code of each pair."""
    return of_codes(operator, reader, Max())


def of_codes(operator: TfliteOperator, reader: TfliteReader, op: Op) -> AffineValue:
    """A function of two codes, which TFLite's kernel computes without their scales.

    Raises:
        EdgemlError: the scales differ.
    """
    result = reader.result(operator)
    ends = (reader.tensor(operator, 0), reader.tensor(operator, 1), result)
    if len({one_scale(tensor) for tensor in ends}) > 1:
        raise EdgemlError("values of other scales than the result's", hint="convert the model again")
    constant = reader.computed_and_constant(operator)
    if constant is None:
        value, other = in_one_order(reader.assembly, reader.value(operator, 0), reader.value(operator, 1))
        second = other.only.node
    else:
        value, numbers, _ = constant
        second = reader.assembly.number(numbers, 0, "constant")
    node = reader.assembly.add(op, value.only.node, second, part="codes")
    return reader.quantizer(result).value_of(node, value.shape, value.index)

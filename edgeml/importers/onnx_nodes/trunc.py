"""Trunc of QONNX: integers that lose low bits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import SourceQuantizer
from edgeml.importers.onnx_nodes import _quantizer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.QONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Both versions: the second states the new scale and saturates.

    Source: qonnx, custom_op/general/trunc.py.

    Raises:
        EdgemlError: the input has not the stated scale, or scales per channel differ.
    """
    value = reader.value(node)
    scale, zero = (reader.constant(node, place, name) for place, name in ((1, "scale"), (2, "zero point")))
    common.need_positive(scale.values)
    before, offset = common.part(value, scale), common.part(value, zero)
    common.integers_only(offset)
    newer = len(node.inputs) >= 6
    bits = common.bits_of(reader.constant(node, 5 if newer else 4, "output bit width"))
    after = before
    if newer:
        after = common.part(value, reader.constant(node, 4, "output scale"))
        drop = _one(np.rint(np.log2(ex.floats(ex.as_exact(after / before)))))
    else:
        drop = common.bits_of(reader.constant(node, 3, "input bit width")) - bits
    if drop < 0 or not ex.is_scalar(offset):
        raise EdgemlError(f"a truncation by {drop} bits", hint="truncate to fewer bits, with one zero point")
    steps = settle.anchored(reader.assembly, value.times(ex.as_exact(1 / before)).plus(offset))
    if settle.is_dyadic(steps):
        steps = settle.dyadic(reader.assembly, steps)
    info = reader.assembly.info(steps.only.node)
    if not ex.is_one(steps.only.factor) or info.frac > 0:
        raise EdgemlError(
            "its input is not quantized with the stated scale", hint="put a Quant of that scale before it"
        )
    lo, hi = (int(end) * 2**-info.frac for end in (info.lo.min(), info.hi.max()))
    least, most = lo >> drop, -(-hi >> drop)
    if newer:
        signed, narrow = bool(node.integer("signed", 1)), bool(node.integer("narrow", 0))
        least, most = common.code_range(signed, narrow, bits)
    unit = Fraction(2) ** drop
    by = SourceQuantizer(ex.as_exact([unit]), ex.exact([0]), least, most, common.rounding_of(node, "FLOOR"))
    codes = quantized(reader.assembly, steps, by).times(ex.as_exact([1 / unit]))
    return codes.plus(ex.as_exact(-offset / (unit if newer else 1))).times(after)


def _one(values: np.ndarray) -> int:
    if np.any(values != values.flat[0]):
        raise EdgemlError("a truncation by bits that differ between channels")
    return int(values.flat[0])

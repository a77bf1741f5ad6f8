"""Quant of QONNX: uniform quantization, the values staying floats."""

from __future__ import annotations

import numpy as np

from edgeml.importers.affine.arrange import apart
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import SourceQuantizer
from edgeml.importers.onnx_nodes import _quantizer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.QONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Scale and zero point per tensor or per channel, signed and narrow, every rounding mode.

    Source: the QONNX specification of Quant and qonnx's executor of it; one signed bit has the codes -1 and
        1.
    """
    operand = reader.at(node, 0)
    names = ("scale", "zero point", "bit width")
    scale, zero, bits = (reader.constant(node, place, name) for place, name in enumerate(names, start=1))
    common.need_positive(scale.values)
    width = common.bits_of(bits)
    signed, narrow = bool(node.integer("signed", 1)), bool(node.integer("narrow", 0))
    rounding = common.rounding_of(node, "ROUND")
    bipolar = width == 1 and signed
    low, high = (-1, 1) if bipolar else common.code_range(signed, narrow, width)
    if isinstance(operand, SourceConstant):
        steps = operand.values / scale.values + zero.values
        if bipolar:
            codes = np.where(steps >= 0, 1, -1)
        else:
            codes = common.rounded_values(np.clip(steps, low, high), rounding)
        values = (codes - zero.values) * scale.values
        return SourceConstant(values, (codes - zero.values).astype(np.int64), scale.values)
    operand = apart(reader.assembly, apart(reader.assembly, operand, zero.values.shape), scale.values.shape)
    zero_point = common.part(operand, zero)
    common.integers_only(zero_point)
    by = SourceQuantizer(common.part(operand, scale), zero_point, low, high, rounding, bipolar)
    return quantized(reader.assembly, operand, by)

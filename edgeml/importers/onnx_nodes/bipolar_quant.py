"""BipolarQuant of QONNX: the sign, zero counting as positive, times a scale."""

from __future__ import annotations

import numpy as np

from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.arrange import apart
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import SourceQuantizer
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.onnx_nodes import _quantizer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.QONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The codes -1 and 1."""
    operand, scale = reader.at(node, 0), reader.constant(node, 1, "scale")
    common.need_positive(scale.values)
    if isinstance(operand, SourceConstant):
        codes = np.where(operand.values >= 0, 1, -1)
        return SourceConstant(codes * scale.values, codes.astype(np.int64), scale.values)
    operand = apart(reader.assembly, operand, scale.values.shape)
    by = SourceQuantizer(
        common.part(operand, scale), ex.exact([0]), -1, 1, SourceRounding.ROUND, bipolar=True
    )
    return quantized(reader.assembly, operand, by)

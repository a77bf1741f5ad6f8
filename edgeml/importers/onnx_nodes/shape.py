"""Shape: a constant, as every size is known."""

from __future__ import annotations

import numpy as np

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The sizes, with a batch of one."""
    shape = shape_of(reader.at(node, 0))
    end = node.attributes.get("end")
    return SourceConstant(
        np.array(shape[node.integer("start", 0) : None if end is None else int(end)], np.int64)
    )

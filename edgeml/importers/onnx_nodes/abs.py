"""Abs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.value import WeightedNode
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.mul import Mul

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The larger of the value and its negative; the sign of a factor does not matter."""
    assembly = reader.assembly
    value = settle.anchored(assembly, reader.value(node))
    source = value.only.node
    turned = assembly.add(Mul(), source, assembly.number(np.array(-1), 0, "minus"), part="turned")
    result = assembly.add(Max(), source, turned, part="abs")
    return replace(value, terms=(WeightedNode(result, ex.as_exact(abs(value.only.factor))),))

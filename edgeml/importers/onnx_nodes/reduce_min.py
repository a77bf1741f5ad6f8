"""ReduceMin."""

from __future__ import annotations

from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes._pool import largest
from edgeml.importers.onnx_nodes._reduce import reduced
from edgeml.importers.onnx_nodes._spatial import SourceWindow
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The least element over some axes, kept or not."""
    return reduced(node, reader, _least)


def _least(assembly: Assembly, value: AffineValue, window: SourceWindow) -> AffineValue:
    """The largest of the negatives, negated."""
    turned = value.times(ex.exact([-1]))
    return largest(assembly, turned, window).times(ex.exact([-1]))

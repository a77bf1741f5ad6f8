"""ReduceSum."""

from __future__ import annotations

import numpy as np

from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes._pool import mean
from edgeml.importers.onnx_nodes._reduce import reduced
from edgeml.importers.onnx_nodes._spatial import SourceWindow
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The sum over some axes, kept or not."""
    return reduced(node, reader, _total)


def _total(assembly: Assembly, value: AffineValue, window: SourceWindow) -> AffineValue:
    """Means times how many elements each is of."""
    size = int(np.prod(window.kernel))
    return mean(assembly, value, window, count_padding=True).times(ex.exact([size]))

"""DepthToSpace: channels become blocks of pixels."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Modes DCR and CRD."""
    size = node.integer("blocksize", 1)
    columns_first = node.text("mode", "DCR") == "CRD"

    def move(array: NDArray[Any]) -> NDArray[Any]:
        batch, channels, height, width = array.shape
        inner = channels // (size * size)
        if columns_first:
            blocks = array.reshape(batch, inner, size, size, height, width).transpose(0, 1, 4, 2, 5, 3)
        else:
            blocks = array.reshape(batch, size, size, inner, height, width).transpose(0, 3, 4, 1, 5, 2)
        return blocks.reshape(batch, inner, height * size, width * size)

    return moved(reader.at(node, 0), move)

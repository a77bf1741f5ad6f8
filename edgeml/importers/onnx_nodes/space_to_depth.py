"""SpaceToDepth: blocks of pixels become channels."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The inverse of DepthToSpace in mode DCR."""
    size = node.integer("blocksize", 1)

    def move(array: NDArray[Any]) -> NDArray[Any]:
        batch, channels, height, width = array.shape
        blocks = array.reshape(batch, channels, height // size, size, width // size, size)
        return blocks.transpose(0, 3, 5, 1, 2, 4).reshape(
            batch, channels * size * size, height // size, width // size
        )

    return moved(reader.at(node, 0), move)

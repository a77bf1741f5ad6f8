"""Pad with zeros."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import as_source, channels_last
from edgeml.importers.affine.value import WeightedNode
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader
from edgeml.ir.ops.pad import Pad

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Mode constant with zero; before opset 11 the pads are an attribute."""
    value = reader.value(node)
    rank = len(value.source_shape)
    stated, filler = reader.optional(node, 1, "pads"), reader.optional(node, 2, "value")
    pads = node.integers("pads", ()) if stated is None else stated.integers("the pads")
    number = node.number("value", 0.0) if filler is None else float(filler.values.reshape(-1)[0])
    axes = reader.optional(node, 3, "axes")
    if node.text("mode", "constant") != "constant" or number != 0.0 or axes is not None:
        raise EdgemlError("a padding by something else than zeros on all axes", hint="pad with zeros")
    if len(pads) != 2 * rank or pads[0] or pads[rank]:
        raise EdgemlError(f"pads {pads} for a value of shape {value.source_shape}")
    pairs = [(pads[axis], pads[axis + rank]) for axis in range(1, rank)]
    if not any(n for pair in pairs for n in pair):
        return value
    assembly, spatial = reader.assembly, rank > 2
    value = (channels_last if spatial else as_source)(assembly, settle.anchored(assembly, value))
    if value.only.factor.size > 1:
        value = settle.dyadic(assembly, value)
    padded = assembly.add(
        Pad(tuple([*pairs[1:], pairs[0]] if spatial else pairs)), value.only.node, part="pad"
    )
    shape = assembly.info(padded).shape
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    return replace(
        value,
        terms=(WeightedNode(padded, value.only.factor),),
        shape=shape,
        index=(np.moveaxis(index, -1, 0) if spatial else index)[np.newaxis],
    )

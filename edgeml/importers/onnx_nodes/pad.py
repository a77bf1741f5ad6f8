"""Pad with one number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
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
    """Mode constant; before opset 11 the pads are an attribute. The number is taken off and put on again."""
    value = reader.value(node)
    rank = len(value.source_shape)
    stated, filler = reader.optional(node, 1, "pads"), reader.optional(node, 2, "value")
    pads = node.integers("pads", ()) if stated is None else stated.integers("the pads")
    number = ex.exact([node.number("value", 0.0)])
    if filler is not None:
        if not filler.is_scalar:
            raise EdgemlError("a padding by several numbers", hint="pad with one number")
        number = filler.numbers().reshape(1)
    if node.text("mode", "constant") != "constant":
        raise EdgemlError(
            f"a padding of mode {node.text('mode', '')!r}", hint="pad with one number: mode 'constant'"
        )
    named = reader.optional(node, 3, "axes")
    if named is not None:
        pads = _on_all_axes(pads, named.integers("the axes"), rank)
    if len(pads) != 2 * rank or pads[0] or pads[rank]:
        raise EdgemlError(f"pads {pads} for a value of shape {value.source_shape}")
    pairs = [(pads[axis], pads[axis + rank]) for axis in range(1, rank)]
    if not any(n for pair in pairs for n in pair):
        return value
    assembly, spatial = reader.assembly, rank > 2
    value = settle.anchored(assembly, value.plus(ex.as_exact(-number)))
    value = (channels_last if spatial else as_source)(assembly, value)
    if value.only.factor.size > 1:
        value = settle.dyadic(assembly, value)
    padded = assembly.add(
        Pad(tuple([*pairs[1:], pairs[0]] if spatial else pairs)), value.only.node, part="pad"
    )
    shape = assembly.info(padded).shape
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    result = replace(
        value,
        terms=(WeightedNode(padded, value.only.factor),),
        shape=shape,
        index=(np.moveaxis(index, -1, 0) if spatial else index)[np.newaxis],
    )
    return result if ex.is_zero(number) else result.plus(number)


def _on_all_axes(pads: tuple[int, ...], axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Pads of some axes as those of all of them.

    Raises:
        EdgemlError: their number does not fit, or there is no such axis.
    """
    if len(pads) != 2 * len(axes) or any(not -rank <= axis < rank for axis in axes):
        raise EdgemlError(f"pads {pads} on the axes {axes} of a value of {rank} axes")
    spread = [0] * (2 * rank)
    for place, axis in enumerate(axes):
        spread[axis % rank] = pads[place]
        spread[axis % rank + rank] = pads[place + len(axes)]
    return tuple(spread)

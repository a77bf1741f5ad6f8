"""MultiThreshold of QONNX and FINN: how many thresholds a value reaches."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle, steps
from edgeml.importers.affine.arrange import as_source, channels_last
from edgeml.importers.affine.stairs import with_steps
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.onnx_nodes import _quantizer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.QONNX

_MOST = 512
"""Thresholds that differ between channels: each is a comparison of its own."""


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Thresholds per channel or for all, in data_layout; times out_scale plus out_bias.

    Source: qonnx, custom_op/general/multithreshold.py.
    """
    value = reader.value(node)
    thresholds = reader.constant(node, 1, "thresholds").values
    if thresholds.ndim != 2 or np.any(np.isnan(thresholds)):
        raise EdgemlError(
            f"thresholds of shape {thresholds.shape}", hint="(channels, thresholds) is expected"
        )
    rank = len(value.source_shape)
    layout = node.text("data_layout", "") or {2: "NC", 3: "NWC", 4: "NCHW"}.get(rank, "")
    axis = layout.index("C") if "C" in layout else 1
    if axis >= rank or thresholds.shape[0] not in (1, value.source_shape[axis]):
        raise EdgemlError(f"thresholds of shape {thresholds.shape} for a value of shape {value.source_shape}")
    steps.need_few_codes(thresholds.shape[1] + 1, reader.assembly.layer)
    value = value.with_index(np.moveaxis(value.index, axis, 1))
    value = (channels_last if rank > 2 else as_source)(reader.assembly, value)
    codes = _counted(reader, value, np.sort(thresholds, axis=1))
    result = codes.times(ex.exact([node.number("out_scale", 1.0)])).plus(
        ex.exact([node.number("out_bias", 0.0)])
    )
    return result.with_index(np.moveaxis(result.index, 1, axis))


def _counted(reader: OnnxReader, value: AffineValue, thresholds: np.ndarray) -> AffineValue:
    """The number of thresholds reached, exactly."""
    assembly = reader.assembly
    value = settle.positive(assembly, settle.joined(assembly, value))
    if any(size > 1 for numbers in (value.only.factor, value.offset) for size in numbers.shape[:-1]):
        raise EdgemlError("thresholds behind a factor or an offset per element")
    node = value.only.node
    info = assembly.info(node)
    channels = (value.shape[-1],)
    lo, hi = steps.interval(assembly, node, channels)
    factor, offset = (
        np.broadcast_to(part.reshape(-1), channels) for part in (value.only.factor, value.offset)
    )
    edges = np.empty((thresholds.shape[1], channels[0]), np.int64)
    for channel in range(channels[0]):
        row = thresholds[channel if thresholds.shape[0] > 1 else 0]
        for place, threshold in enumerate(row.tolist()):
            ends = (int(lo[channel]), int(hi[channel]))
            edges[place, channel] = _edge(threshold, factor[channel], offset[channel], info.frac, ends)
    if np.all(edges == edges[:, :1]):  # one staircase for all channels
        edges, lo, hi, channels = edges[:, :1], lo.min(keepdims=True), hi.max(keepdims=True), (1,)
    elif int(np.count_nonzero(np.any((edges > lo) & (edges <= hi), axis=1))) > _MOST:
        raise EdgemlError(
            f"more than {_MOST} thresholds per channel", hint="quantize to 8 bits, which are 255 thresholds"
        )
    slope = np.full(channels, max(1.0, thresholds.shape[1]) / np.maximum(1, hi - lo))
    staircase = steps.Staircase(0, edges, np.zeros(channels, bool), lo, hi + 1, slope)
    codes = with_steps(assembly, node, staircase)
    return replace(value, terms=(WeightedNode(codes, ex.exact([1])),), offset=ex.exact([0]))


def _edge(threshold: float, factor: Fraction, offset: Fraction, frac: int, ends: tuple[int, int]) -> int:
    """The least code of the node that reaches a threshold, or one more than the largest."""
    lo, hi = ends
    if not np.isfinite(threshold):
        return lo if threshold < 0 else hi + 1
    return min(max(ex.ceil((Fraction(threshold) - offset) / factor * Fraction(2) ** frac), lo), hi + 1)

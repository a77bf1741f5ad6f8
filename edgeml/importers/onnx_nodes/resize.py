"""Resize to the nearest neighbour, by whole factors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Every element repeated along the axes that grow.

    Raises:
        EdgemlError: another mode, or a factor that is not whole: then the coordinate mode decides.
    """
    if node.text("mode", "nearest") != "nearest":
        raise EdgemlError(f"mode {node.text('mode', '')!r}", hint="use mode 'nearest'")
    operand = reader.at(node, 0)
    shape = shape_of(operand)
    factors = _factors(node, reader, shape)
    limits.VALUE.check(int(np.prod(np.array(shape, np.float64) * factors)), "the result has")

    def move(array: NDArray[Any]) -> NDArray[Any]:
        for axis, factor in enumerate(factors):
            array = np.repeat(array, factor, axis=axis) if factor > 1 else array
        return array

    return moved(operand, move)


def _factors(node: SourceNode, reader: OnnxReader, shape: tuple[int, ...]) -> list[int]:
    old = reader.source.opset < 11
    scales = reader.optional(node, 1 if old else 2, "scales")
    sizes: SourceConstant | None = None if old else reader.optional(node, 3, "sizes")
    axes = [axis % len(shape) for axis in node.integers("axes", tuple(range(len(shape))))]
    if sizes is not None and sizes.values.size:
        stated, now = np.asarray(sizes.values, np.float64), np.array(shape)[axes]
        if node.text("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise EdgemlError("sizes that keep the aspect ratio", hint="state factors instead of sizes")
    elif scales is not None and scales.values.size:
        stated, now = np.asarray(scales.values, np.float64), np.ones(len(axes))
    else:
        raise EdgemlError("neither scales nor sizes")
    if stated.shape != (len(axes),):
        raise EdgemlError(f"{stated.size} sizes or factors for {len(axes)} axes")
    ratios = np.ones(len(shape))
    ratios[axes] = stated / now
    factors = np.rint(ratios).astype(np.int64)
    if np.any(factors != ratios) or np.any(factors < 1):
        raise EdgemlError(f"factors {ratios.tolist()} that are not whole", hint="use whole factors")
    mode = node.text("coordinate_transformation_mode", "half_pixel")
    nearest = node.text("nearest_mode", "round_prefer_floor")
    plain = (mode in ("asymmetric", "") and nearest == "floor") or (
        mode in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric")
        and nearest in ("round_prefer_floor", "round_prefer_ceil")
    )
    if not old and not plain and np.any(factors > 1):
        raise EdgemlError(
            f"coordinate mode {mode!r} with {nearest!r}",
            hint="use 'asymmetric' with 'floor', as PyTorch exports it",
        )
    return [int(factor) for factor in factors]

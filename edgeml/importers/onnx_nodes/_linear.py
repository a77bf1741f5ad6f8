"""Shared by the matrix products and convolutions of ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine import linear
from edgeml.importers.affine.arrange import arranged, as_source, channels_last
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes._spatial import window
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import SourceConstant
from edgeml.ir.ops.conv import Conv


def product(assembly: Assembly, value: AffineValue, weights: SourceConstant) -> AffineValue:
    """x (..., inputs) times weights (inputs, outputs).

    A value of one row needs no order: the rows of the weights are brought into the order of its node.

    Raises:
        EdgemlError: the shapes do not fit, or the weights are not quantized.
    """
    shape = value.source_shape
    if weights.values.ndim != 2 or not shape or shape[-1] != weights.values.shape[0]:
        raise EdgemlError(f"an input of shape {shape} against weights of shape {weights.values.shape}")
    codes, scale = weights.grid("its weights")
    outputs = codes.shape[1]
    if value.index.size == shape[-1]:
        value = flat(assembly, value)
        codes, scale = _rows(codes, scale, value.index.reshape(-1), value.shape[0])
        result = linear.mat_mul(assembly, value, (codes, scale))
        return result.with_index(np.arange(outputs, dtype=np.int64).reshape(*shape[:-1], outputs))
    value = as_source(assembly, value)
    result = linear.mat_mul(assembly, value, (codes, scale))
    index = np.arange(int(np.prod(result.shape)), dtype=np.int64)
    return result.with_index(index.reshape(*shape[:-1], outputs))


def flat(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The value on a node of one axis, in the node's own order."""
    size = int(np.prod(value.shape, dtype=np.int64))
    return arranged(assembly, value, np.arange(size, dtype=np.int64), value.index)


def convolved(
    assembly: Assembly, node: SourceNode, value: AffineValue, weights: SourceConstant
) -> AffineValue:
    """x (1, channels, *space) with weights (filters, channels / group, *kernel).

    Raises:
        EdgemlError: the shapes do not fit, or the weights are not quantized.
    """
    rank = len(value.source_shape) - 2
    if weights.values.ndim != rank + 2:
        raise EdgemlError(
            f"an input of shape {value.source_shape} against weights of shape {weights.values.shape}"
        )
    kernel = tuple(weights.values.shape[2:])
    value = channels_last(assembly, value)
    geometry = window(node, value.source_shape[2:], kernel)
    codes, scale = weights.grid("its weights")
    order = (*range(2, rank + 2), 1, 0)  # filters and channels behind the kernel
    spread = scale if scale.size == 1 else np.broadcast_to(scale, codes.shape).transpose(order)
    op = Conv(geometry.strides, geometry.padding, geometry.dilations, node.integer("group", 1))
    result = linear.conv(assembly, value, (codes.transpose(order), spread), op)
    index = np.arange(int(np.prod(result.shape)), dtype=np.int64).reshape(result.shape)
    return result.with_index(np.moveaxis(index, -1, 0)[np.newaxis])


def biased(value: AffineValue, bias: SourceConstant | None) -> AffineValue:
    """A sum plus a bias of one number per output channel.

    Raises:
        EdgemlError: the bias has another number of channels.
    """
    if bias is None:
        return value
    if bias.values.size not in (1, value.shape[-1]):
        raise EdgemlError(f"a bias of shape {bias.values.shape} for {value.shape[-1]} outputs")
    flat_bias = bias.moved(lambda array: array.reshape(-1))
    return linear.with_bias(value, flat_bias.numbers(), flat_bias.codes, flat_bias.scale)


def _rows(codes: IntArray, scale: NDArray[Any], places: IntArray, size: int) -> tuple[IntArray, NDArray[Any]]:
    """Weights with a row for every element of the node; elements that are not read get zeros."""
    result = np.zeros((size, codes.shape[1]), np.int64)
    np.add.at(result, places, codes)
    spread = np.broadcast_to(scale, codes.shape) if scale.ndim == 2 else scale
    if spread.ndim == 2 and not np.all(spread == spread[:1]):
        if np.unique(places).size < places.size:
            raise EdgemlError("an element is read twice by weights of different scales")
        rows = np.broadcast_to(spread[:1], result.shape).copy()
        rows[places] = spread
        return result, rows
    return result, spread[:1] if spread.ndim == 2 else spread

"""Channels of a float network that are scaled together, and the networks with other scales.

A positive factor per channel passes through ReLU, pooling, additions and whatever moves values: the rows of
the layers that write a channel are multiplied by it, the columns of those that read it divided. An addition
ties the channels of its terms together. What is no such operator, and both ends of the network, fixes the
channels that it touches.

Source of the factors: M. Nagel et al., Data-Free Quantization Through Weight Equalization and Bias
Correction, ICCV 2019, section 4.1.

Invariant: the network computes the same with every choice of factors, but for the order of float operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.ptq.net import FloatNet, LinearLayer
from edgeml.ptq.tensors import TensorRunner

Ids = NDArray[np.int64]
Floats64 = NDArray[np.float64]

_SAME = frozenset(("Relu", "LeakyRelu", "Identity", "Dropout"))
_POOLS = frozenset(("MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool"))
_SHAPES = frozenset(("Reshape", "Flatten", "Squeeze", "Unsqueeze"))


@dataclass(frozen=True, eq=False)
class ChannelMap:
    """The channel of every element of every tensor; channels that are tied have one number.

    Args:
        ids: by tensor, numbers of the shape of one sample.
        free: by number, true if the channel can have a factor.
    """

    ids: dict[str, Ids]
    free: NDArray[np.bool_]

    def groups(self, tensors: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The tensors that share channels, directly or through others; only such that are free in all."""
        links = _Links()
        for name in tensors:
            numbers = np.unique(self.ids[name])
            links.join(np.full(len(numbers), numbers[0]), numbers)
        roots = links.roots(len(self.free))
        groups: dict[int, list[str]] = {}
        fixed = set(roots[~self.free].tolist())
        for name in tensors:
            root = int(roots[self.ids[name].flat[0]])
            if root not in fixed:
                groups.setdefault(root, []).append(name)
        return tuple(map(tuple, groups.values()))

    def mean(self, tensor: str, values: Floats64) -> Floats64:
        """By number, the mean of the values of a tensor's elements; 0 where it has none of them."""
        ids = self.ids[tensor].reshape(-1)
        counts = np.bincount(ids, minlength=len(self.free))
        return np.bincount(ids, values.reshape(-1), len(self.free)) / np.maximum(counts, 1)

    def read(self, layer: LinearLayer) -> Ids:
        """The number of each column, or input channel, of a layer's weights."""
        return _axis_ids(self.ids[layer.source], layer)

    def written(self, layer: LinearLayer) -> Ids:
        """The number of each row, or output channel, of a layer's weights."""
        return _axis_ids(self.ids[layer.output], layer)


def _axis_ids(ids: Ids, layer: LinearLayer) -> Ids:
    """The numbers along the axis of the channels: the first of a convolution, the last of a product."""
    return ids.reshape(len(ids), -1)[:, 0] if layer.op_type == "Conv" else ids.reshape(-1, ids.shape[-1])[0]


class _Links:
    """Pairs of numbers that belong together."""

    def __init__(self) -> None:
        self._pairs: list[NDArray[np.int64]] = []

    def join(self, some: Ids, others: Ids) -> None:
        self._pairs.append(np.stack([some.reshape(-1), others.reshape(-1)]))

    def roots(self, count: int) -> Ids:
        """By number, the smallest number that it belongs together with."""
        roots = np.arange(count)
        pairs = np.unique(np.concatenate([np.zeros((2, 0), np.int64), *self._pairs], axis=1), axis=1)
        while True:
            before = roots.copy()
            least = np.minimum(roots[pairs[0]], roots[pairs[1]])
            np.minimum.at(roots, pairs[0], least)
            np.minimum.at(roots, pairs[1], least)
            roots = roots[roots]
            if np.array_equal(before, roots):
                return roots


def channel_map(net: FloatNet) -> ChannelMap:
    """The channels of a network.

    Raises:
        EdgemlError: ONNX Runtime does not run it.
    """
    names = tuple(node.outputs[0] for node in net.nodes)
    values = TensorRunner(net.model(), net.name, names).run(np.zeros((1, *net.shape), np.float32), names)
    shapes = {name: value.shape[1:] for name, value in zip(names, values, strict=True)}
    walk = _Walk(net, shapes)
    for node in net.nodes:
        walk.step(node)
    for layer in net.layers:
        walk.need_uniform(layer)
    walk.fix(*net.outputs)
    return walk.done()


class _Walk:
    """Numbers the elements of a network's tensors from its input to its outputs."""

    def __init__(self, net: FloatNet, shapes: dict[str, tuple[int, ...]]) -> None:
        self._net, self._shapes = net, shapes
        self._count, self._links, self._fixed = 1, _Links(), [np.zeros(1, np.int64)]
        self._ids: dict[str, Ids] = {net.source: np.zeros(net.shape, np.int64)}
        self._linear = {layer.node.outputs[0]: layer for layer in net.layers}
        self._biased = {layer.output for layer in net.layers if layer.op_type == "MatMul"}

    def step(self, node: SourceNode) -> None:
        """Number the result of a node."""
        (output,) = node.outputs
        shape = self._shapes[output]
        sources = [name for name in node.inputs if name and name not in self._net.constants]
        if output in self._linear:
            size = len(self._net.constants[self._linear[output].bias].reshape(-1))
            fresh = np.arange(self._count, self._count + size)
            self._count += size
            if self._linear[output].op_type == "Conv":
                fresh = fresh.reshape(-1, *[1] * (len(shape) - 1))
            self._ids[output] = np.broadcast_to(fresh, shape)
            return
        result = self._moved(node, [self._ids[name] for name in sources], shape, output in self._biased)
        if result is None:
            self.fix(*sources)
            result = np.zeros(shape, np.int64)
        self._ids[output] = result

    def _moved(self, node: SourceNode, ids: list[Ids], shape: tuple[int, ...], bias: bool) -> Ids | None:
        """The numbers behind an operator that factors pass through; None behind all others."""
        kind = node.op_type
        if kind in _SAME or bias:
            return ids[0]
        if kind == "Add" and len(ids) == 2 and ids[0].shape == ids[1].shape:
            self._links.join(*ids)
            return ids[0]
        if kind in _POOLS and _uniform(ids[0]):
            first = ids[0].reshape(len(ids[0]), -1)[:, 0]
            return np.broadcast_to(first.reshape(-1, *[1] * (len(shape) - 1)), shape)
        if kind in _SHAPES and ids[0].size == int(np.prod(shape)):
            return ids[0].reshape(shape)
        perm = node.integers("perm", (0,))
        if kind == "Transpose" and perm[0] == 0 and len(perm) == ids[0].ndim + 1:
            return np.transpose(ids[0], [axis - 1 for axis in perm[1:]])
        axis = node.integer("axis", 0) if kind == "Concat" else 0
        if axis and len(ids) == len(node.inputs):
            return np.concatenate(ids, axis - 1 if axis > 0 else axis)
        return None

    def need_uniform(self, layer: LinearLayer) -> None:
        """Fix what a layer reads if one of its columns sees several channels."""
        ids = self._ids[layer.source]
        moved = ids if layer.op_type == "Conv" else np.moveaxis(ids, -1, 0)
        if not _uniform(moved):
            self.fix(layer.source)

    def fix(self, *tensors: str) -> None:
        """Leave the channels of these tensors as they are."""
        self._fixed += [np.unique(self._ids[name]) for name in tensors]

    def done(self) -> ChannelMap:
        """The map, channels that are tied having one number."""
        roots = self._links.roots(self._count)
        free = np.ones(self._count, np.bool_)
        free[roots[np.concatenate(self._fixed)]] = False
        return ChannelMap({name: roots[ids] for name, ids in self._ids.items()}, free)


def _uniform(ids: Ids) -> bool:
    """True if the numbers differ along the first axis alone."""
    rows = ids.reshape(len(ids), -1) if ids.ndim else ids.reshape(1, 1)
    return bool(np.all(rows == rows[:, :1]))


def scaled(net: FloatNet, channels: ChannelMap, factors: Floats64) -> FloatNet:
    """The same network with channels multiplied by positive factors.

    Args:
        net: the network.
        channels: of it.
        factors: by number; 1 where it is not free.
    """
    changed: dict[str, NDArray[Any]] = {}
    for layer in net.layers:
        weights, bias = net.constants[layer.weights], net.constants[layer.bias]
        out, into = factors[channels.written(layer)], factors[channels.read(layer)]
        changed[layer.weights] = (weights * by_weight(layer, weights.shape, out, 1 / into)).astype(np.float32)
        changed[layer.bias] = (bias * out.reshape(bias.shape)).astype(np.float32)
    return net.with_constants(changed)


def by_weight(layer: LinearLayer, shape: tuple[int, ...], out: Floats64, into: Floats64) -> Floats64:
    """The product of a number per output and one per input channel, in the shape of a layer's weights."""
    if layer.op_type != "Conv":
        return np.outer(out, into) if layer.axis == 0 else np.outer(into, out)
    groups = layer.node.integer("group", 1)
    columns = into.reshape(groups, 1, -1).repeat(len(out) // groups, axis=1).reshape(len(out), -1)
    return (out[:, np.newaxis] * columns).reshape(*shape[:2], *[1] * (len(shape) - 2))

"""Scales and offsets per channel beside a layer with weights become part of its weights and bias.

ONNX Runtime's basic optimizer folds batch norm into convolutions in front of it and leaves it behind matrix
products (Dense layers) and behind activations, where quantization would need a wide multiplier per channel.
Behind an activation it becomes part of the next layer, also through pooling and flattening, unless that
layer pads its input, or a largest value is taken of a channel with a negative factor. What is left behind a
ReLU becomes part of the layer in front, see `edgeml.ptq.floors`.

Invariant: the folded network computes the same function; a value that is read elsewhere or is an output of
the network stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.ptq.floors import floored
from edgeml.ptq.net import FloatNet, LinearLayer

_MOVERS = (
    *("MaxPool", "GlobalMaxPool", "AveragePool", "GlobalAveragePool"),
    *("Transpose", "Flatten", "Reshape", "Identity", "Dropout"),
)
"""Operators that a scale and an offset per channel may pass."""


@dataclass(frozen=True, eq=False)
class _Affine:
    """factor * x + offset per channel, (channels,) each, computed by a node."""

    node: SourceNode
    source: str
    factor: NDArray[np.float64]
    offset: NDArray[np.float64]


def folded(net: FloatNet) -> FloatNet:
    """The network without the scales, offsets and batch norms that a layer with weights can take over."""
    while True:
        for layer in net.layers:
            behind = _behind(net, layer)
            if behind is not None:
                net = _taken_in(net, layer, behind)
                break
            front = _in_front(net, layer) or _through(net, layer)
            if front is not None:
                net = _taken_over(net, layer, front)
                break
        else:
            without = floored(net)
            if without is None:
                return net
            net = without


def _behind(net: FloatNet, layer: LinearLayer) -> _Affine | None:
    """The scale or offset that alone reads a layer's result, transposed or not."""
    if len(net.readers[layer.weights]) > 1:
        return None
    # Counted from the front for windows and Gemm, from the back for a product of any number of axes.
    axis, tensor = (-1 if layer.op_type == "MatMul" else 1), layer.output
    rank = None if layer.op_type == "MatMul" else net.constants[layer.weights].ndim
    while True:
        readers = net.readers.get(tensor, ())
        if len(readers) != 1 or tensor in net.outputs:
            return None
        (node,) = readers
        if node.op_type != "Transpose":
            return _affine(net, node, tensor, axis, rank, net.constants[layer.weights].shape[layer.axis])
        permutation = node.attributes.get("perm")
        if permutation is None:
            return None
        order = [int(place) for place in permutation]
        axis, rank = order.index(axis % len(order)), len(order)
        tensor = node.outputs[0]


def _in_front(net: FloatNet, layer: LinearLayer) -> _Affine | None:
    """The scale or offset of a value inside the network that this layer alone reads."""
    makers = {node.outputs[0]: node for node in net.nodes}
    node = makers.get(layer.source)
    if node is None or layer.source in net.outputs or len(net.readers[layer.source]) != 1:
        return None
    if any(node.outputs[0] == other.output for other in net.layers):  # the bias of a product is its own
        return None
    sources = [name for name in node.inputs if name not in net.constants]
    if len(sources) != 1 or sources[0] == net.source or len(net.readers[layer.weights]) > 1:
        return None
    weights = net.constants[layer.weights]
    if layer.op_type == "MatMul":
        return _affine(net, node, sources[0], -1, None, weights.shape[0])
    if not _reads_values_alone(layer):
        return None
    return _affine(net, node, sources[0], 1, weights.ndim, weights.shape[1 - layer.axis])


def _through(net: FloatNet, layer: LinearLayer) -> _Affine | None:
    """The batch norm in front of what moves or pools the values that this layer alone reads."""
    makers = {node.outputs[0]: node for node in net.nodes}
    movers: list[SourceNode] = []
    tensor = layer.source
    while (node := makers.get(tensor)) is not None:
        if tensor in net.outputs or len(net.readers[tensor]) != 1:
            return None
        if node.op_type not in _MOVERS:
            break
        movers.insert(0, node)
        tensor = node.inputs[0]
    if node is None or node.op_type != "BatchNormalization" or not movers:
        return None
    if node.inputs[0] == net.source or len(net.readers[layer.weights]) > 1:
        return None
    names = [name for name in node.inputs[1:] if name in net.constants]
    affine = _affine(net, node, node.inputs[0], 1, None, net.constants[names[0]].size) if names else None
    if affine is None or not _reads_values_alone(layer):
        return None
    weights = net.constants[layer.weights]
    inner = weights.shape[0 if layer.op_type == "MatMul" else 1 - layer.axis]
    channels = _channels(net, movers, affine, inner, 1 if layer.op_type == "Conv" else -1)
    if channels is None:
        return None
    return replace(affine, factor=affine.factor[channels], offset=affine.offset[channels])


def _channels(
    net: FloatNet, movers: Sequence[SourceNode], affine: _Affine, inner: int, read: int
) -> NDArray[np.int64] | None:
    """The channel of each input of a layer behind movers, (inner,); None if the scale cannot pass them.

    Args:
        net: the network.
        movers: from the scale on.
        affine: the scale; its channels are axis 1.
        inner: inputs of the layer.
        read: the axis that the layer sums over: 1, or -1 for the last one.
    """
    count = affine.factor.size
    axis, last, flat = 1, None, False  # `last`: whether the channels are the last axis, where that is known
    channels = np.arange(count)
    for node in movers:
        match node.op_type:
            case "MaxPool" | "GlobalMaxPool" if np.any(affine.factor < 0) or axis != 1 or flat:
                return None
            case "AveragePool" if axis != 1 or flat or (_pads(node) and node.integer("count_include_pad", 0)):
                return None
            case "GlobalAveragePool" if axis != 1 or flat:
                return None
            case "Transpose":
                order = [int(place) for place in node.attributes.get("perm", ())]
                if flat or len(order) <= axis or order[0] != 0:
                    return None
                axis = order.index(axis)
                last = axis == len(order) - 1
            case "Flatten" | "Reshape":
                if flat or not _flattens(net, node, inner) or inner % count or (axis != 1 and not last):
                    return None
                around = inner // count
                channels = np.tile(channels, around) if axis != 1 else np.repeat(channels, around)
                flat = True
            case _:
                pass
    here = flat or axis == 1 == read or (read == -1 and last is True)
    return channels if here and channels.size == inner else None


def _flattens(net: FloatNet, node: SourceNode, inner: int) -> bool:
    """True if a node makes one axis of all of a sample's elements."""
    if node.op_type == "Flatten":
        return node.integer("axis", 1) == 1
    shape = net.constants.get(node.inputs[1])
    return shape is not None and shape.size == 2 and int(shape.reshape(-1)[1]) in (-1, inner)


def _reads_values_alone(layer: LinearLayer) -> bool:
    """True unless a convolution pads its input, or its filters read a part of the channels."""
    return layer.op_type != "Conv" or not (_pads(layer.node) or layer.node.integer("group", 1) != 1)


def _pads(node: SourceNode) -> bool:
    """True if a convolution adds zeros around its input, which no scale or offset has passed."""
    stated = node.attributes.get("auto_pad", b"NOTSET")
    kind = stated.decode() if isinstance(stated, bytes) else str(stated)
    return kind not in ("NOTSET", "VALID") or any(int(pad) for pad in node.attributes.get("pads", ()))


def _affine(
    net: FloatNet, node: SourceNode, tensor: str, axis: int, rank: int | None, size: int
) -> _Affine | None:
    """A node as a scale and an offset of each of `size` channels; None if it computes something else."""
    ones, zeros = np.ones(size), np.zeros(size)
    if node.op_type == "BatchNormalization":
        numbers = net.norm_numbers(node)
        if node.inputs[0] != tensor or axis != 1 or numbers is None:
            return None
        return _Affine(node, tensor, *numbers)
    if node.op_type not in ("Mul", "Div", "Add", "Sub"):
        return None
    first, second = node.inputs
    other = first if second == tensor else second
    if first == second or other not in net.constants:
        return None
    constant = _per_channel(net.constants[other], axis, rank, size)
    if constant is None:
        return None
    match node.op_type:
        case "Mul":
            return _Affine(node, tensor, constant, zeros)
        case "Add":
            return _Affine(node, tensor, ones, constant)
        case "Sub":
            flips = second == tensor
            return _Affine(node, tensor, -ones if flips else ones, constant if flips else -constant)
        case "Div" if first == tensor and np.all(constant):
            return _Affine(node, tensor, 1 / constant, zeros)
        case _:  # a division of a constant by the layer's result, or by zero
            return None


def _per_channel(
    constant: NDArray[np.float64], axis: int, rank: int | None, size: int
) -> NDArray[np.float64] | None:
    """A constant as one number per channel, (size,); None if it has another for other elements."""
    if constant.size == 1:
        return np.full(size, float(constant.reshape(())))
    # Axes are counted from the back, where ONNX aligns the shapes of two tensors.
    back = axis if axis < 0 else None if rank is None else axis - rank
    if back is None or constant.size != size or constant.ndim < -back or constant.shape[back] != size:
        return None
    return constant.astype(np.float64).reshape(size)


def _taken_in(net: FloatNet, layer: LinearLayer, affine: _Affine) -> FloatNet:
    """The network with a scale and an offset in a layer's weights and bias, and without their node."""
    weights, bias = net.constants[layer.weights], net.constants[layer.bias]
    shape = [1] * weights.ndim
    shape[layer.axis] = -1
    changed = {
        layer.weights: (weights * affine.factor.reshape(shape)).astype(np.float32),
        layer.bias: (bias * affine.factor + affine.offset).astype(np.float32),
    }
    return _without(net.with_constants(changed), affine)


def _taken_over(net: FloatNet, layer: LinearLayer, affine: _Affine) -> FloatNet:
    """The network with a scale and an offset of a layer's input in its weights and bias."""
    weights, bias = net.constants[layer.weights].astype(np.float64), net.constants[layer.bias]
    inner = 1 - layer.axis
    shape = [1] * weights.ndim
    shape[inner] = -1
    others = tuple(axis for axis in range(weights.ndim) if axis != layer.axis)
    moved = (weights * affine.offset.reshape(shape)).sum(axis=others)
    changed = {
        layer.weights: (weights * affine.factor.reshape(shape)).astype(np.float32),
        layer.bias: (bias + moved).astype(np.float32),
    }
    return _without(net.with_constants(changed), affine)


def _without(net: FloatNet, affine: _Affine) -> FloatNet:
    """The network without the node of a scale; what read its result reads its source."""
    result, source = affine.node.outputs[0], affine.source
    nodes = tuple(
        replace(node, inputs=tuple(source if name == result else name for name in node.inputs))
        for node in net.nodes
        if node is not affine.node
    )
    outputs = {source if name == result else name: shape for name, shape in net.outputs.items()}
    return replace(net, nodes=nodes, outputs=outputs)

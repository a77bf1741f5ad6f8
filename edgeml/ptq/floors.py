"""Batch norm behind a ReLU becomes part of the layer in front: s * relu(z) + t = max(s * z + t, t) for s > 0.

No multiplier is left, whatever reads the result: a convolution that pads its input, one of groups or of each
channel, an addition, or several layers. The largest of a sum and a number per channel costs what a ReLU does.

Invariant: the network computes the same function; a scale that is zero or negative stays where it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.ptq.net import FloatNet, LinearLayer


def floored(net: FloatNet) -> FloatNet | None:
    """The network without one batch norm behind a ReLU of a layer; None if there is none."""
    for layer in net.layers:
        relu = _only_reader(net, layer.output)
        if relu is None or relu.op_type != "Relu" or len(net.readers[layer.weights]) > 1:
            continue
        last = relu
        norm = _only_reader(net, relu.outputs[0])
        while norm is not None and _passes(norm):
            last, norm = norm, _only_reader(net, norm.outputs[0])
        if norm is None or norm.op_type != "BatchNormalization" or norm.inputs[0] != last.outputs[0]:
            continue
        numbers = net.norm_numbers(norm)
        if numbers is not None and _has_channels(net, layer, norm) and np.all(numbers[0] > 0):
            return _with_floor(net, layer, relu, norm, numbers)
    return None


def _only_reader(net: FloatNet, tensor: str) -> SourceNode | None:
    readers = net.readers.get(tensor, ())
    return readers[0] if len(readers) == 1 and tensor not in net.outputs else None


def _passes(node: SourceNode) -> bool:
    """True for a pooling that commutes with a rising linear function of each channel."""
    zeros = any(int(pad) for pad in node.attributes.get("pads", ())) or "auto_pad" in node.attributes
    if node.op_type == "AveragePool":
        return not (zeros and node.integer("count_include_pad", 0))
    return node.op_type in ("MaxPool", "GlobalMaxPool", "GlobalAveragePool", "Identity", "Dropout")


def _has_channels(net: FloatNet, layer: LinearLayer, norm: SourceNode) -> bool:
    """True if the channels of the norm, on axis 1, are the outputs of the layer."""
    weights = net.constants[layer.weights]
    outputs = weights.shape[layer.axis]
    return layer.op_type in ("Conv", "Gemm") and net.constants[norm.inputs[1]].size == outputs


def _with_floor(
    net: FloatNet,
    layer: LinearLayer,
    relu: SourceNode,
    norm: SourceNode,
    numbers: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> FloatNet:
    factor, offset = numbers
    weights, bias = net.constants[layer.weights], net.constants[layer.bias]
    rank = weights.ndim
    least = f"{relu.outputs[0]}.least"
    by_output = [1] * rank
    by_output[layer.axis] = -1
    changed = {
        layer.weights: (weights * factor.reshape(by_output)).astype(np.float32),
        layer.bias: (bias * factor + offset).astype(np.float32),
        least: offset.reshape(-1, *[1] * (rank - 2)).astype(np.float32),
    }
    floor = replace(relu, op_type="Max", inputs=(relu.inputs[0], least), attributes={})
    result, source = norm.outputs[0], norm.inputs[0]
    nodes = tuple(
        replace(node, inputs=tuple(source if name == result else name for name in node.inputs))
        for node in (floor if node is relu else node for node in net.nodes)
        if node is not norm
    )
    outputs = {source if name == result else name: shape for name, shape in net.outputs.items()}
    return replace(net.with_constants(changed), nodes=nodes, outputs=outputs)

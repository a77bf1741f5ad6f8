"""A float network taken apart for quantization: nodes, float constants, one input, layers with weights.

Invariant: immutable; every layer with weights has constants of its own and a bias, zero if need be, so that
corrections can change one layer and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.onnx_model import OnnxPort, OnnxVersion, OnnxWriter

_EPSILON = 1e-5
"""ONNX's default of BatchNormalization."""

OPSET = 17
"""The least version of the operators that a network is written in."""

IR_VERSION = 10
"""The version of the file format that models are written in."""

LINEAR = ("Conv", "Gemm", "MatMul")
"""Operators with weights of their own, which are quantized."""


@dataclass(frozen=True)
class LinearLayer:
    """A layer with weights.

    Args:
        name: for people; unique in the network.
        op_type: "Conv", "Gemm" or "MatMul".
        source: the tensor that it reads.
        output: the tensor behind its bias.
        weights: name of the constant.
        bias: name of the constant, one number per output channel.
        axis: of the output channels in the weights.
        node: its node.
    """

    name: str
    op_type: str
    source: str
    output: str
    weights: str
    bias: str
    axis: int
    node: SourceNode


@dataclass(frozen=True, eq=False)
class FloatNet:
    """The parts of a float network.

    Args:
        name: of the model.
        nodes: in an order in which they can be computed, each named by its one output.
        constants: by name.
        source: the input tensor.
        shape: of a sample.
        outputs: shapes of the outputs of one sample, by tensor.
        opset: version of the operators.
        ended: the softmax or other curve that was left off behind an output, by tensor: "sigmoid".
    """

    name: str
    nodes: tuple[SourceNode, ...]
    constants: Mapping[str, NDArray[Any]]
    source: str
    shape: tuple[int, ...]
    outputs: Mapping[str, tuple[int, ...]]
    opset: int = OPSET
    ended: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def readers(self) -> Mapping[str, tuple[SourceNode, ...]]:
        """The nodes that read each tensor."""
        readers: dict[str, list[SourceNode]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                readers.setdefault(name, []).append(node)
        return {name: tuple(nodes) for name, nodes in readers.items()}

    @cached_property
    def layers(self) -> tuple[LinearLayer, ...]:
        """The layers with weights, in order."""
        return tuple(self._layers())

    def _layers(self) -> Iterator[LinearLayer]:
        for node in self.nodes:
            if node.op_type not in LINEAR or node.inputs[1] not in self.constants:
                continue
            name, kind, source, weights = node.outputs[0], node.op_type, *node.inputs[:2]
            if kind == "MatMul":
                (add,) = self.readers[name]  # `edgeml.ptq.source` put it there
                yield LinearLayer(name, kind, source, add.outputs[0], weights, add.inputs[1], 1, node)
            else:
                axis = 1 if kind == "Gemm" and not node.integer("transB", 0) else 0
                yield LinearLayer(name, kind, source, name, weights, node.inputs[2], axis, node)

    def norm_numbers(self, norm: SourceNode) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Factor and offset per channel of a BatchNormalization; None unless its numbers are constants."""
        if any(name not in self.constants for name in norm.inputs[1:]):
            return None
        gamma, beta, mean, variance = (self.constants[name].astype(np.float64) for name in norm.inputs[1:])
        factor = gamma / np.sqrt(variance + norm.number("epsilon", _EPSILON))
        return factor, beta - mean * factor

    def with_constants(self, changed: Mapping[str, NDArray[Any]]) -> FloatNet:
        """The same network with other values in some constants."""
        return replace(self, constants={**self.constants, **changed})

    def model(self) -> Any:
        """The network as a ModelProto."""
        writer = OnnxWriter()
        for name in self.used_constants():
            writer.constant(self.constants[name], name)
        for node in self.nodes:
            write_node(writer, node, node.inputs)
        return self.finished(writer)

    def used_constants(self) -> tuple[str, ...]:
        """Names of the constants that a node reads."""
        return tuple(name for name in self.constants if name in self.readers)

    def finished(self, writer: OnnxWriter, domains: tuple[tuple[str, int], ...] = ()) -> Any:
        """The ModelProto of a writer that has the network's nodes, `domains` beside ONNX's own."""
        version = OnnxVersion(self.opset, IR_VERSION, domains)
        outputs = [OnnxPort(name, ("batch", *shape)) for name, shape in self.outputs.items()]
        return writer.finish(self.name, [OnnxPort(self.source, ("batch", *self.shape))], outputs, version)


def write_node(writer: OnnxWriter, node: SourceNode, inputs: tuple[str, ...]) -> None:
    """Write a node with other inputs.

    Raises:
        EdgemlError: it has more than one output.
    """
    if len(node.outputs) != 1:
        raise EdgemlError(
            f"{node.op_type} has {len(node.outputs)} outputs, which edgeml quantize does not take",
            node.name,
            "export the model with one node for each output: Slice instead of Split",
        )
    attributes = {name: _attribute(value) for name, value in node.attributes.items()}
    there = {name: value for name, value in attributes.items() if value not in ([], ())}
    writer.node(node.op_type, inputs, node.outputs[0], node.domain, **there)


def _attribute(value: Any) -> Any:
    """An attribute as the writer takes it."""
    if isinstance(value, bytes):
        return value.decode()
    return value.tolist() if isinstance(value, np.ndarray) else value

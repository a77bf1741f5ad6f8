"""The quantized network, written twice: as QONNX to be imported, and in plain ONNX to be tried fast.

Invariant: both have the same codes: scales are powers of two, rounding is half to even, and what is larger
saturates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml.onnx_model import OnnxWriter
from edgeml.ptq.net import FloatNet, write_node
from edgeml.ptq.steps import TensorType

_QONNX = "qonnx.custom_op.general"
BEHIND = "_quant"
"""The ending of a tensor's name behind its rounding."""


def qonnx(net: FloatNet, types: Mapping[str, TensorType]) -> Any:
    """The network with a Quant node at every tensor that has a type; weights stay floats in front of it.

    Args:
        net: the network.
        types: of constants, of results, and of the input.

    Returns:
        The ModelProto.
    """
    writer, names = OnnxWriter(), dict[str, str]()

    def quant(tensor: str, kind: TensorType, rank: int) -> None:
        scale = np.asarray(2.0 ** -kind.exponents(rank), np.float32)
        inputs = [tensor, writer.shared_constant(scale, "scale")]
        inputs += [
            writer.shared_constant(np.array(value, np.float32), stem)
            for value, stem in ((0, "zero"), (kind.bits, "bits"))
        ]
        attributes = {"signed": int(kind.signed), "narrow": 0, "rounding_mode": "ROUND"}
        names[tensor] = writer.node("Quant", inputs, f"{tensor}{BEHIND}", _QONNX, **attributes)

    for name in net.used_constants():
        writer.constant(net.constants[name], name)
        if name in types:
            quant(name, types[name], net.constants[name].ndim)
    if net.source in types:
        quant(net.source, types[net.source], 0)
    for node in net.nodes:
        write_node(writer, node, tuple(names.get(name, name) for name in node.inputs))
        (output,) = node.outputs
        if output in types:
            quant(output, types[output], 0)
    return net.finished(writer, ((_QONNX, 1),))


def simulated(net: FloatNet, types: Mapping[str, TensorType]) -> Any:
    """The same in standard operators on floats, constants rounded already."""
    writer, names = OnnxWriter(), dict[str, str]()

    def rounding(tensor: str, kind: TensorType) -> None:
        (frac,) = kind.fracs
        up, down = (
            writer.shared_constant(np.array(2.0**power, np.float32), "power") for power in (frac, -frac)
        )
        ends = [writer.shared_constant(np.array(end, np.float32), "end") for end in (kind.least, kind.most)]
        scaled = writer.new_node("Mul", [tensor, up], f"{tensor}_scaled")
        codes = writer.new_node("Round", [scaled], f"{tensor}_rounded")
        limited = writer.new_node("Clip", [codes, *ends], f"{tensor}_limited")
        names[tensor] = writer.node("Mul", [limited, down], f"{tensor}{BEHIND}")

    for name in net.used_constants():
        values = net.constants[name]
        writer.constant(types[name].rounded(values).astype(np.float32) if name in types else values, name)
    if net.source in types:
        rounding(net.source, types[net.source])
    for node in net.nodes:
        write_node(writer, node, tuple(names.get(name, name) for name in node.inputs))
        (output,) = node.outputs
        if output in types:
            rounding(output, types[output])
    return net.finished(writer)


def quantized_name(tensor: str, types: Mapping[str, TensorType]) -> str:
    """The name that a tensor has in both models behind its rounding."""
    return f"{tensor}{BEHIND}" if tensor in types else tensor

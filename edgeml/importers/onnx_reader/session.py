"""A session of ONNX Runtime on a user's model, in which every kernel gives the integers that are defined.

ONNX Runtime has kernels that only some processors' instructions make exact, and lacks some; what is rewritten
here computes the same integers by kernels that are there and whose sums do not saturate.

Invariant: every tensor of the user's model has the name and the integers that it had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_PRODUCTS = {"QLinearConv": (2, 7), "QLinearMatMul": (2, 7), "QGemm": (2, 8)}
"""Products of int8 by int8, and the places of the zero points of their input and result."""

_SHIFT = 128
"""Added to an int8 and its zero point to make them uint8."""


def session_of(model: Any, names: Sequence[str]) -> Any:
    """A session that gives inner tensors too; integer kernels with sums that do not saturate on any CPU.

    Args:
        model: the ModelProto, which stays as it is.
        names: of the tensors wanted.
    """
    import onnx
    import onnxruntime

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.ir_version = min(copy.ir_version, 13)
    _own_zero_points(copy.graph)
    _unsigned_products(copy.graph)
    there = {output.name for output in copy.graph.output}
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _own_zero_points(graph: Any) -> None:
    """Zero points of which several quantizers share one, as PyTorch writes them, given to each of them.

    ONNX Runtime 1.31 turns int8 into uint8 where its sums are not to saturate, and a shared one twice.
    """
    import onnx

    constants = _constants(graph)
    shared: set[str] = set()
    for number, node in enumerate(graph.node):
        if node.op_type not in ("QuantizeLinear", "DequantizeLinear") or len(node.input) < 3:
            continue
        point = constants.get(node.input[2])
        if point is None:
            continue
        if point.name in shared:
            copy = onnx.TensorProto()
            copy.CopyFrom(point)
            copy.name = f"{point.name}_of_{number}"
            graph.initializer.append(copy)
            node.input[2] = copy.name
        shared.add(point.name)


def _unsigned_products(graph: Any) -> None:
    """Convolutions and matrix products of int8 by int8 as those of uint8, both sides of them moved by 128.

    ONNX Runtime 1.31 has no kernel for them where its sums are not to saturate. Codes and zero points move
    by the same number, so the sums, and their requantization, stay what they are.
    """
    constants, nodes = _constants(graph), list[Any]()
    for number, node in enumerate(graph.node):
        points = _signed_points(node, constants)
        if points is None:
            nodes.append(node)
            continue
        stem = f"{node.output[0]}_unsigned_{number}"
        for place in points:
            graph.initializer.append(_moved(constants[node.input[place]], f"{stem}_point_{place}"))
            node.input[place] = f"{stem}_point_{place}"
        result, (source_place, result_place) = node.output[0], _PRODUCTS[node.op_type]
        if source_place in points:
            nodes += _shifted(graph, node.input[0], f"{stem}_in", _SHIFT)
            node.input[0] = f"{stem}_in"
        nodes.append(node)
        if result_place in points:
            node.output[0] = f"{stem}_out"
            nodes += _shifted(graph, f"{stem}_out", result, -_SHIFT)
    del graph.node[:]
    graph.node.extend(nodes)


def _signed_points(node: Any, constants: Mapping[str, Any]) -> tuple[int, ...] | None:
    """The places of a product's int8 zero points; None if its input is not of int8."""
    import onnx

    places = _PRODUCTS.get(node.op_type, ())
    signed = tuple(
        place
        for place in places
        if place < len(node.input)
        and node.input[place] in constants
        and constants[node.input[place]].data_type == onnx.TensorProto.INT8
    )
    return signed if places and places[0] in signed else None


def _constants(graph: Any) -> dict[str, Any]:
    """Tensors by name, those behind an Identity and in a node Constant included."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name == "value":
                constants[node.output[0]] = attribute.t
    return constants


def _moved(point: Any, name: str) -> Any:
    import onnx

    values = onnx.numpy_helper.to_array(point).astype(np.int16) + _SHIFT
    return onnx.numpy_helper.from_array(values.astype(np.uint8), name)


def _shifted(graph: Any, source: str, result: str, by: int) -> list[Any]:
    """Nodes that add a number to codes: int8 to uint8 by 128, back by -128."""
    import onnx

    number, wide, moved = f"{result}_by", f"{result}_wide", f"{result}_moved"
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(by, np.int32), number))
    kind = onnx.TensorProto.UINT8 if by > 0 else onnx.TensorProto.INT8
    return [
        onnx.helper.make_node("Cast", [source], [wide], to=onnx.TensorProto.INT32),
        onnx.helper.make_node("Add", [wide, number], [moved]),
        onnx.helper.make_node("Cast", [moved], [result], to=kind),
    ]

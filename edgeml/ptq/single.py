"""A float model of another precision, float16, bfloat16 or float64, as one of float32.

Invariant: float16 and bfloat16 numbers stay what they are; those of float64 are rounded to float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def in_float32(model: Any) -> Any:
    """The model with every float tensor in float32; the same object where there is no other.

    Args:
        model: the ModelProto, which stays as it is.
    """
    import onnx

    kinds = onnx.TensorProto
    others = {kinds.FLOAT16, kinds.BFLOAT16, kinds.DOUBLE}
    if not any(tensor.data_type in others for tensor in _tensors(model.graph)) and not any(
        port.type.tensor_type.elem_type in others for port in model.graph.input
    ):
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for tensor in _tensors(copy.graph):
        if tensor.data_type in others:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for port in (*copy.graph.input, *copy.graph.output):
        if port.type.tensor_type.elem_type in others:
            port.type.tensor_type.elem_type = kinds.FLOAT
    floats = {*others, kinds.FLOAT}
    typed_graph = onnx.shape_inference.infer_shapes(model).graph
    kind_of = {
        port.name: port.type.tensor_type.elem_type for port in (*typed_graph.input, *typed_graph.value_info)
    }
    for node in copy.graph.node:
        for attribute in list(node.attribute) if node.op_type == "Cast" else ():
            if attribute.name != "to" or attribute.i not in floats:
                continue
            attribute.i = kinds.FLOAT
            if kind_of.get(node.input[0]) in floats:  # now from float32 to float32
                node.op_type = "Identity"
                node.attribute.remove(attribute)
    del copy.graph.value_info[:]
    return copy


def _tensors(graph: Any) -> Iterator[Any]:
    """The constants of a graph, those in attributes of nodes included."""
    yield from graph.initializer
    for node in graph.node:
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))

"""Values that depend on no input, computed now by the onnx package's own reference implementation.

Invariant: the size of the result is bounded before it is computed, so that a few bytes cannot ask for
gigabytes. To fold another operator, add its name here, with the bound of its result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.reading import refusing

_POINTWISE = frozenset(
    {
        *(
            "Abs",
            "Add",
            "And",
            "Cast",
            "Ceil",
            "Div",
            "Equal",
            "Exp",
            "Floor",
            "Greater",
            "Identity",
            "Less",
            "Log",
        ),
        *(
            "Max",
            "Min",
            "Mod",
            "Mul",
            "Neg",
            "Not",
            "Or",
            "Pow",
            "Reciprocal",
            "Round",
            "Sign",
            "Sqrt",
            "Sub",
        ),
        *("Where", "Clip", "Relu"),
    }
)
"""The result is as large as the shapes broadcast to."""

_SMALLER = frozenset(
    {
        *("Concat", "Flatten", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze", "Split"),
        *("ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Size"),
    }
)
"""The result is at most as large as all inputs together."""

_SIZED = frozenset({"ConstantOfShape", "Expand", "Gather", "Tile"})
"""The result's size is stated by an input."""

FOLDED = _POINTWISE | _SMALLER | _SIZED


def folded(node: SourceNode, inputs: Sequence[NDArray[Any] | None], opset: int) -> list[NDArray[Any]]:
    """The outputs of a node of ONNX itself whose inputs are all constants.

    Raises:
        EdgemlError: the result would be too large, or the node is not valid.
    """
    arrays = [array for array in inputs if array is not None]
    limits.VALUE.check(_bound(node, arrays), "the constant result has", node.name)
    with refusing(node.name, f"the {node.op_type} of constants cannot be computed"):
        return _run(node, inputs, opset)


def _bound(node: SourceNode, arrays: Sequence[NDArray[Any]]) -> int:
    """Elements that the result has at most."""
    if node.op_type in _POINTWISE:
        with refusing(node.name, "constants do not broadcast"):
            return math.prod(np.broadcast_shapes(*(array.shape for array in arrays)))
    if node.op_type in _SMALLER:
        return sum(array.size for array in arrays)
    if node.op_type in ("ConstantOfShape", "Expand", "Tile"):
        stated = math.prod(abs(int(size)) for size in np.asarray(arrays[-1]).reshape(-1))
        return max(1, stated) * (1 if node.op_type == "ConstantOfShape" else max(1, arrays[0].size))
    if node.op_type == "Gather":
        return arrays[0].size * max(1, arrays[-1].size)
    raise EdgemlError(f"no bound is known for {node.op_type}", node.name)


def _run(node: SourceNode, inputs: Sequence[NDArray[Any] | None], opset: int) -> list[NDArray[Any]]:
    import onnx
    from onnx.reference import ReferenceEvaluator

    names = [f"i{position}" if array is not None else "" for position, array in enumerate(inputs)]
    outputs = [f"o{position}" for position in range(len(node.outputs))]
    attributes: dict[str, Any] = {
        name: onnx.numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for name, value in node.attributes.items()
    }
    proto = onnx.helper.make_node(node.op_type, names, outputs, **attributes)
    unknown = onnx.TensorProto.UNDEFINED
    graph = onnx.helper.make_graph(
        [proto],
        "folded",
        [onnx.helper.make_tensor_value_info(name, unknown, None) for name in names if name],
        [onnx.helper.make_tensor_value_info(name, unknown, None) for name in outputs],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    feeds = {name: array for name, array in zip(names, inputs, strict=True) if array is not None}
    return [np.asarray(result) for result in ReferenceEvaluator(model).run(None, feeds)]

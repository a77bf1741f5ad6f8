"""The float ONNX of operations that only move elements, read off their lowering.

The operation is lowered on stand-ins of its tensors, and every op of that small graph becomes one ONNX node.

Invariant: only ops of `_NODES` are written; each gives the same elements at the same places as in the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.ir.op import Op
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.operations._common import Operand
from edgeml.keras.operations._float_onnx import OperationWriter

Lower = Callable[[Any, LayerBuilder, list[Any], dict[str, Any]], str]

_STAND_IN = FixedType(True, 8, 0)
"""Any type does: where the elements go does not depend on it."""


def as_lowered(lower: Lower) -> OperationWriter:
    """The float ONNX of an operation whose `lower` adds only ops that move elements."""

    def write(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
        builder = LayerBuilder("moved")
        names: dict[str, str] = {}

        def stand_in(arg: Any) -> Any:
            if isinstance(arg, FloatTensor):
                value = builder.graph.add(Input(arg.shape, _STAND_IN))
                names[value] = arg.name
                return Operand(value)
            return [stand_in(part) for part in arg] if isinstance(arg, list) else arg

        operands = [stand_in(arg) for arg in args]
        try:
            result = lower(operation, builder, operands, {key: stand_in(arg) for key, arg in options.items()})
        except EdgemlError as error:
            raise build.refuse(f"an operation that {error.what}", error.hint) from None
        for node in builder.graph.nodes:
            if node.name not in names:
                onnx, constants, attributes = _NODES[type(node.op)](
                    node.op, builder.graph.info(node.inputs[0]).shape
                )
                sources = [names[name] for name in node.inputs]
                sources += [build.const(list(numbers), np.int64) for numbers in constants]
                names[node.name] = build.add(onnx, sources, **attributes)
        return names[result]

    return write


_Node = tuple[str, Sequence[Iterable[int]], dict[str, Any]]
"""An ONNX op, its constants besides the tensors, its attributes; axis 0 is the batch."""

_NODES: Mapping[type[Op], Callable[[Any, tuple[int, ...]], _Node]] = {
    Concat: lambda op, shape: ("Concat", [], {"axis": op.axis + 1}),
    Pad: lambda op, shape: ("Pad", [chain(*zip((0, 0), *op.padding, strict=True))], {}),
    Repeat: lambda op, shape: (
        "Gather",
        [(place for place in range(shape[op.axis]) for _ in range(op.times))],
        {"axis": op.axis + 1},
    ),
    Reshape: lambda op, shape: ("Reshape", [(0, *op.shape)], {}),
    Slice: lambda op, shape: ("Slice", [op.starts, op.stops, range(1, len(shape) + 1), op.steps], {}),
    Transpose: lambda op, shape: ("Transpose", [], {"perm": [0, *(axis + 1 for axis in op.order)]}),
}
"""The ONNX node of each op, for an input of that shape."""

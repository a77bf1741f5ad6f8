"""A TensorFlow Lite file taken apart by the schema that TensorFlow publishes.

Invariant: nothing outside of the given bytes is read, no code runs, and every count and size is checked
before it is believed: a FlatBuffer can name one table many times.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.reading import refusing

MAGIC = b"TFL3"
"""At the fifth byte of every file."""

_MOST = 10_000
"""Tensors, operators and buffers of a model."""

_KINDS: Mapping[str, Any] = {
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FLOAT16": np.float16,
    "FLOAT32": np.float32,
    "BOOL": np.bool_,
}
"""NumPy's types of the tensor types that are read."""


@dataclass(frozen=True, eq=False)
class TfliteTensor:
    """One tensor.

    Args:
        name: of the tensor.
        shape: batch axis included.
        kind: of TensorType, "INT8".
        scale: one, or one per slice along `axis`; empty if it is not quantized.
        zero_point: as many.
        axis: of the scales.
        values: of a constant.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int
    values: NDArray[Any] | None


@dataclass(frozen=True, eq=False)
class TfliteOperator:
    """One operator.

    Args:
        name: made of its place and kind.
        kind: of BuiltinOperator, "CONV_2D".
        inputs: places of tensors; -1 for one that is left out.
        outputs: places of tensors.
        options: the table of builtin options, or None.
    """

    name: str
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any


@dataclass(frozen=True, eq=False)
class TfliteModel:
    """The one subgraph of a model."""

    tensors: tuple[TfliteTensor, ...]
    operators: tuple[TfliteOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def taken_apart(content: bytes, where: str) -> TfliteModel:
    """The model of a file.

    Raises:
        EdgemlError: it is damaged, has several subgraphs, or a tensor of another size than its data.
        MissingToolError: TensorFlow, whose schema this reads with, is not installed.
    """
    import_keras()  # TensorFlow, without its log
    from tensorflow.lite.python import schema_py_generated as schema

    with refusing(where, "is not a TensorFlow Lite model", "convert it again"):
        if content[4:8] != MAGIC:
            raise ValueError("it does not begin as one")
        return _model(schema, schema.Model.GetRootAs(content, 0), where)


def _model(schema: Any, model: Any, where: str) -> TfliteModel:
    if model.SubgraphsLength() != 1:
        raise EdgemlError(
            f"has {model.SubgraphsLength()} subgraphs", where, "convert a model without control flow"
        )
    graph = model.Subgraphs(0)
    counts = (
        graph.TensorsLength(),
        graph.OperatorsLength(),
        model.BuffersLength(),
        model.OperatorCodesLength(),
    )
    if max(counts) > _MOST:
        raise EdgemlError(f"has {max(counts)} parts of one kind, at most {_MOST} are taken", where)
    kinds = {value: name for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
    tensors = tuple(_tensor(model, graph.Tensors(place), kinds, place) for place in range(counts[0]))
    codes = [_code(schema, model.OperatorCodes(place)) for place in range(counts[3])]
    operators = tuple(_operator(schema, graph.Operators(place), codes, place) for place in range(counts[1]))
    inputs, outputs = _places(graph.InputsAsNumpy()), _places(graph.OutputsAsNumpy())
    produced: set[int] = set(inputs) | {place for place, t in enumerate(tensors) if t.values is not None}
    for operator in operators:
        for place in (*operator.inputs, *operator.outputs):
            if not -1 <= place < len(tensors):
                raise EdgemlError(f"{operator.name} reads or writes tensor {place}", where)
        absent = [place for place in operator.inputs if place >= 0 and place not in produced]
        if absent:
            raise EdgemlError(
                f"{operator.name} reads tensor {absent[0]}, which nothing computes before it", where
            )
        if not produced.isdisjoint(operator.outputs):
            raise EdgemlError(f"{operator.name} computes a tensor again", where)
        produced.update(operator.outputs)
    if not inputs or not outputs or not produced.issuperset(outputs):
        raise EdgemlError("lacks an input or an output", where)
    return TfliteModel(tensors, operators, inputs, outputs)


def _places(values: Any) -> tuple[int, ...]:
    return tuple(int(place) for place in np.atleast_1d(values)) if isinstance(values, np.ndarray) else ()


def _tensor(model: Any, tensor: Any, kinds: Mapping[int, str], place: int) -> TfliteTensor:
    shape = _places(tensor.ShapeAsNumpy())
    kind = kinds.get(tensor.Type(), "unknown")
    name = (tensor.Name() or b"").decode("utf-8", "replace") or f"tensor_{place}"
    if len(shape) > 8 or any(size < 0 for size in shape):
        raise EdgemlError(f"a tensor of shape {shape}", name)
    limits.VALUE.check(math.prod(shape), "the tensor has", name)
    scale, zero, axis = np.zeros(0, np.float32), np.zeros(0, np.int64), 0
    quantization = tensor.Quantization()
    if quantization is not None and quantization.ScaleLength():
        if quantization.DetailsType():
            raise EdgemlError("a tensor with a quantization of its own kind", name)
        scale = np.array(quantization.ScaleAsNumpy(), np.float32)
        zero = np.zeros(scale.size, np.int64)
        if quantization.ZeroPointLength():
            zero = np.array(quantization.ZeroPointAsNumpy(), np.int64)
        axis = int(quantization.QuantizedDimension())
        if zero.size != scale.size or not np.all(np.isfinite(scale)) or np.any(scale <= 0):
            raise EdgemlError("a tensor with scales that are not positive or without zero points", name)
        if scale.size > 1 and (not 0 <= axis < len(shape) or shape[axis] != scale.size):
            raise EdgemlError(f"{scale.size} scales along axis {axis} of a tensor of shape {shape}", name)
    return TfliteTensor(name, shape, kind, scale, zero, axis, _values(model, tensor, shape, kind, name))


def _values(model: Any, tensor: Any, shape: tuple[int, ...], kind: str, name: str) -> NDArray[Any] | None:
    """The values of a constant; None for a computed tensor."""
    if not 0 <= tensor.Buffer() < model.BuffersLength():
        raise EdgemlError(f"a tensor with buffer {tensor.Buffer()}", name)
    buffer = model.Buffers(tensor.Buffer())
    if buffer is not None and buffer.Offset() > 1:
        raise EdgemlError("a tensor whose values lie outside of the model's tables", name, "convert it again")
    if buffer is None or not buffer.DataLength():
        return None
    if kind not in _KINDS:
        raise EdgemlError(f"a constant of type {kind}", name, "quantize the model to int8 in full")
    if tensor.Sparsity() is not None:
        raise EdgemlError("a sparse constant", name, "convert the model with dense weights")
    data = np.asarray(buffer.DataAsNumpy(), np.uint8)
    size = math.prod(shape) * np.dtype(_KINDS[kind]).itemsize
    if data.size != size:
        raise EdgemlError(f"{data.size} bytes for a tensor of {size}", name, "convert it again")
    return np.frombuffer(data.tobytes(), _KINDS[kind]).reshape(shape)


def _code(schema: Any, code: Any) -> str:
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    return names.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "unknown")


def _operator(schema: Any, operator: Any, codes: list[str], place: int) -> TfliteOperator:
    if not 0 <= operator.OpcodeIndex() < len(codes):
        raise EdgemlError(f"operator {place} is of no kind")
    kind = codes[operator.OpcodeIndex()]
    inputs, outputs = _places(operator.InputsAsNumpy()), _places(operator.OutputsAsNumpy())
    if len(inputs) + len(outputs) > _MOST:
        raise EdgemlError(f"operator {place} has {len(inputs) + len(outputs)} inputs and outputs")
    table = operator.BuiltinOptions()
    options = None
    if table is not None:
        names = {value: name for name, value in vars(schema.BuiltinOptions).items() if isinstance(value, int)}
        options_class = getattr(schema, names.get(operator.BuiltinOptionsType(), ""), None)
        if options_class is not None:
            options = options_class()
            options.Init(table.Bytes, table.Pos)
    return TfliteOperator(f"{kind.lower()}_{place}", kind, inputs, outputs, options)

"""TensorFlow Lite files of one or two operators, put together by TensorFlow's own schema."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np


def file_of(
    tensors: list[dict[str, Any]], operators: list[dict[str, Any]], inputs: list[int], outputs: list[int]
) -> bytes:
    """A file.

    Args:
        tensors: name, shape, kind ("INT8"), scale, zero, axis, values.
        operators: kind ("ADD"), inputs, outputs, options (an object of the schema) and its type's name.
        inputs: places of tensors.
        outputs: places of tensors.
    """
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT()
    model.version, model.buffers = 3, [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], inputs, outputs
    for entry in tensors:
        tensor: Any = schema.TensorT()
        tensor.name, tensor.shape = entry["name"], list(entry["shape"])
        tensor.type = getattr(schema.TensorType, entry.get("kind", "INT8"))
        if "scale" in entry:
            quantization: Any = schema.QuantizationParametersT()
            tensor.quantization = quantization
            scale = np.atleast_1d(entry["scale"]).astype(np.float32)
            quantization.scale = scale
            quantization.zeroPoint = np.full(scale.size, entry.get("zero", 0), np.int64)
            quantization.quantizedDimension = entry.get("axis", 0)
        tensor.buffer = 0
        if "values" in entry:
            buffer: Any = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(entry["values"]).tobytes(), np.uint8)
            tensor.buffer = len(model.buffers)
            model.buffers.append(buffer)
        graph.tensors.append(tensor)
    model.operatorCodes = []
    for entry in operators:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, entry["kind"])
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), entry.get("version", 1)
        model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(model.operatorCodes) - 1
        operator.inputs, operator.outputs = entry["inputs"], entry["outputs"]
        if "options" in entry:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, entry["type"])
            operator.builtinOptions = entry["options"]
        graph.operators.append(operator)
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def options(name: str, **fields: Any) -> Any:
    """A table of options, by the schema's name without its T."""
    from tensorflow.lite.python import schema_py_generated as schema

    found = getattr(schema, f"{name}T")()
    for field, value in fields.items():
        assert hasattr(found, field), field
        setattr(found, field, value)
    return found


def fully_connected(seed: int, per_channel: bool = False) -> bytes:
    """(1, 12) times (12, 7), bias, ReLU."""
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.002, 0.01, 7 if per_channel else 1)
    x, y = rng.uniform(0.01, 0.05), rng.uniform(0.02, 0.1)
    tensors = [
        {"name": "x", "shape": (1, 12), "scale": x, "zero": int(rng.integers(-20, 20))},
        {"name": "w", "shape": (7, 12), "scale": scale, "values": rng.integers(-127, 128, (7, 12), np.int8)},
        {
            "name": "b",
            "shape": (7,),
            "kind": "INT32",
            "scale": x * scale,
            "values": rng.integers(-900, 900, 7, np.int32),
        },
        {"name": "y", "shape": (1, 7), "scale": y, "zero": -128},
    ]
    fused = {
        "kind": "FULLY_CONNECTED",
        "inputs": [0, 1, 2],
        "outputs": [3],
        "type": "FullyConnectedOptions",
        "version": 12 if per_channel else 4,
        "options": options("FullyConnectedOptions", fusedActivationFunction=1),
    }
    return file_of(tensors, [fused], [0], [3])


def repeated(version: int) -> bytes:
    """(1, 4) three times, times (12, 3) with a scale per output and without a bias."""
    rng = np.random.default_rng(0)
    x = {"scale": 0.007613719906657934, "zero": -1}
    weights = rng.integers(-127, 128, (3, 12), np.int8)
    tensors: list[dict[str, Any]] = [
        {"name": "x", "shape": (1, 4), **x},
        {"name": "times", "shape": (2,), "kind": "INT32", "values": np.array([1, 3], np.int32)},
        {"name": "copies", "shape": (1, 12), **x},
        {"name": "w", "shape": (3, 12), "scale": [0.00487855, 0.00473927, 0.00482409], "values": weights},
        {"name": "y", "shape": (1, 3), "scale": 0.012944414280354977, "zero": -4},
    ]
    product = {"kind": "FULLY_CONNECTED", "inputs": [2, 3, -1], "outputs": [4], "version": 12}
    product |= {"type": "FullyConnectedOptions", "options": options("FullyConnectedOptions")}
    tile = {"kind": "TILE", "inputs": [0, 1], "outputs": [2], "version": version}
    tile |= {"type": "TileOptions", "options": options("TileOptions")}
    return file_of(tensors, [tile, product], [0], [4])


def window(kind: str, seed: int, stride: int = 1) -> bytes:
    """CONV_2D, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D or MAX_POOL_2D of (1, 6, 6, 3), padding SAME."""
    rng = np.random.default_rng(seed)
    x, zero = rng.uniform(0.01, 0.05), int(rng.integers(-60, 60))
    size = -(-6 // stride)
    inputs: list[dict[str, Any]] = [{"name": "x", "shape": (1, 6, 6, 3), "scale": x, "zero": zero}]
    if kind.endswith("POOL_2D"):
        output = {"name": "y", "shape": (1, size, size, 3), "scale": x, "zero": zero}
        table = options(
            "Pool2DOptions", padding=0, strideH=stride, strideW=stride, filterHeight=3, filterWidth=2
        )
        operator = {
            "kind": kind,
            "inputs": [0],
            "outputs": [1],
            "type": "Pool2DOptions",
            "options": table,
            "version": 2,
        }
        return file_of([*inputs, output], [operator], [0], [1])
    deep = kind == "DEPTHWISE_CONV_2D"
    filters = 6 if deep else 4
    scale = rng.uniform(0.002, 0.01, filters)
    shape = (1, 3, 3, filters) if deep else (filters, 3, 3, 3)
    weights = {
        "name": "w",
        "shape": shape,
        "scale": scale,
        "axis": 3 if deep else 0,
        "values": rng.integers(-127, 128, shape, np.int8),
    }
    bias = {
        "name": "b",
        "shape": (filters,),
        "kind": "INT32",
        "scale": x * scale,
        "values": rng.integers(-900, 900, filters, np.int32),
    }
    output = {
        "name": "y",
        "shape": (1, size, size, filters),
        "scale": rng.uniform(0.03, 0.2),
        "zero": int(rng.integers(-60, 60)),
    }
    name = "DepthwiseConv2DOptions" if deep else "Conv2DOptions"
    more = {"depthMultiplier": 2} if deep else {}
    table = options(
        name, padding=0, strideH=stride, strideW=stride, dilationHFactor=1, dilationWFactor=1, **more
    )
    operator = {
        "kind": kind,
        "inputs": [0, 1, 2],
        "outputs": [3],
        "type": name,
        "options": table,
        "version": 3,
    }
    return file_of([*inputs, weights, bias, output], [operator], [0], [3])


def paired(kind: str, seed: int) -> bytes:
    """ADD, SUB, MUL, MAXIMUM or MINIMUM of (1, 3, 9): two inputs, or one and constants on either side."""
    rng = np.random.default_rng(seed)
    tensors: list[dict[str, Any]] = [
        {
            "name": name,
            "shape": (1, 3, 9),
            "scale": rng.uniform(0.01, 0.1),
            "zero": int(rng.integers(-60, 60)),
        }
        for name in ("a", "b", "y")
    ]
    if kind == "MUL":
        tensors[2]["scale"] *= 3
    if kind in ("MAXIMUM", "MINIMUM"):
        tensors = [{**tensors[0], "name": entry["name"]} for entry in tensors]
    inputs = [0, 1]
    if seed % 3:
        inputs.remove(seed % 3 - 1)
        tensors[seed % 3 - 1] |= {"shape": (9,), "values": rng.integers(-128, 128, 9, np.int8)}
    name = "MaximumMinimumOptions" if "IMUM" in kind else f"{kind.title()}Options"
    table = options(name, **({"potScaleInt16": True} if kind in ("ADD", "SUB") else {}))
    operator = {"kind": kind, "inputs": [0, 1], "outputs": [2], "type": name, "version": 2, "options": table}
    return file_of(tensors, [operator], inputs, [2])


def one_to_one(kind: str, seed: int) -> bytes:
    """A function of each of 256 elements: LOGISTIC, TANH, LEAKY_RELU, HARD_SWISH, RELU and others."""
    rng = np.random.default_rng(seed)
    ends = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
    scale, zero = ends.get(kind, (rng.uniform(0.02, 0.05), int(rng.integers(-60, 0))))
    tensors = [
        {
            "name": "x",
            "shape": (1, 256),
            "scale": rng.uniform(0.02, 0.06),
            "zero": int(rng.integers(-60, 60)),
        },
        {"name": "y", "shape": (1, 256), "scale": scale, "zero": zero},
    ]
    operator: dict[str, Any] = {"kind": kind, "inputs": [0], "outputs": [1], "version": 2}
    if kind == "LEAKY_RELU":
        operator |= {
            "type": "LeakyReluOptions",
            "options": options("LeakyReluOptions", alpha=rng.uniform(0.05, 0.4)),
        }
    if kind == "GELU":
        operator |= {"type": "GeluOptions", "options": options("GeluOptions", approximate=bool(seed % 2))}
    if kind in ("HARD_SWISH", "ELU"):
        operator["version"] = 1
    return file_of(tensors, [operator], [0], [1])


def moved(kind: str, seed: int) -> bytes:
    """PAD, MEAN, REDUCE_MAX, RESHAPE, SQUEEZE, EXPAND_DIMS, CONCATENATION or SOFTMAX of (1, 4, 3, 2)."""
    rng = np.random.default_rng(seed)
    scale, zero = rng.uniform(0.01, 0.05), int(rng.integers(-60, 60))
    shapes = {
        "PAD": (1, 6, 4, 2),
        "MEAN": (1, 2),
        "REDUCE_MAX": (1, 2),
        "RESHAPE": (1, 24),
        "SQUEEZE": (4, 3, 2),
        "EXPAND_DIMS": (1, 1, 4, 3, 2),
        "CONCATENATION": (1, 4, 3, 4),
        "SOFTMAX": (1, 4, 3, 2),
        "TRANSPOSE": (1, 2, 4, 3),
        "TILE": (1, 4, 6, 2),
        "SLICE": (1, 2, 3, 1),
        "STRIDED_SLICE": (1, 2, 3, 2),
        "RESIZE_NEAREST_NEIGHBOR": (1, 8, 9, 2),
    }
    numbers = {
        "PAD": np.array([[0, 0], [2, 0], [0, 1], [0, 0]], np.int32),
        "MEAN": np.array([1, 2], np.int32),
        "REDUCE_MAX": np.array([1, 2], np.int32),
        "RESHAPE": np.array([1, 24], np.int32),
        "EXPAND_DIMS": np.array([1], np.int32),
        "TILE": np.array([1, 1, 2, 1], np.int32),
        "TRANSPOSE": np.array([0, 3, 1, 2], np.int32),
        "SLICE": np.array([0, 1, 0, 1], np.int32),
        "STRIDED_SLICE": np.array([0, 1, 0, 0], np.int32),
        "RESIZE_NEAREST_NEIGHBOR": np.array([8, 9], np.int32),
    }
    more = {
        "SLICE": [np.array([1, 2, -1, 1], np.int32)],
        "STRIDED_SLICE": [np.array([1, 4, 3, 2], np.int32), np.array([1, 2, 1, 1], np.int32)],
    }
    tables: dict[str, tuple[str, dict[str, Any]]] = {
        "PAD": ("PadOptions", {}),
        "MEAN": ("ReducerOptions", {"keepDims": False}),
        "REDUCE_MAX": ("ReducerOptions", {"keepDims": False}),
        "RESHAPE": ("ReshapeOptions", {"newShape": [1, 24]}),
        "SQUEEZE": ("SqueezeOptions", {"squeezeDims": [0]}),
        "EXPAND_DIMS": ("ExpandDimsOptions", {}),
        "CONCATENATION": ("ConcatenationOptions", {"axis": 3}),
        "SOFTMAX": ("SoftmaxOptions", {"beta": 1.0}),
        "TRANSPOSE": ("TransposeOptions", {}),
        "TILE": ("TileOptions", {}),
        "SLICE": ("SliceOptions", {}),
        "STRIDED_SLICE": ("StridedSliceOptions", {}),
        "RESIZE_NEAREST_NEIGHBOR": ("ResizeNearestNeighborOptions", {"halfPixelCenters": seed % 2 == 1}),
    }
    same = {"scale": scale, "zero": zero}
    ends = {"SOFTMAX": {"scale": 1 / 256, "zero": -128}, "MEAN": {"scale": scale * 0.7, "zero": zero + 5}}
    tensors: list[dict[str, Any]] = [
        {"name": "x", "shape": (1, 4, 3, 2), **same},
        {"name": "y", "shape": shapes[kind], **ends.get(kind, same)},
    ]
    inputs = [0]
    if kind in numbers:
        tensors.append({"name": "n", "shape": numbers[kind].shape, "kind": "INT32", "values": numbers[kind]})
        inputs.append(2)
    for array in more.get(kind, ()):
        inputs.append(len(tensors))
        tensors.append({"name": f"n{len(tensors)}", "shape": array.shape, "kind": "INT32", "values": array})
    if kind == "CONCATENATION":
        tensors.append({"name": "z", "shape": (1, 4, 3, 2), **same})
        inputs = [0, 2]
    name, fields = tables[kind]
    operator = {"kind": kind, "inputs": inputs, "outputs": [1], "type": name}
    operator["version"] = 1 if kind in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS") else 2
    operator["options"] = options(name, **fields)
    return file_of(tensors, [operator], [0, 2] if kind == "CONCATENATION" else [0], [1])


def halves(seed: int) -> bytes:
    """SPLIT of (1, 4, 6) along its last axis into two outputs."""
    rng = np.random.default_rng(seed)
    same = {"scale": rng.uniform(0.01, 0.1), "zero": int(rng.integers(-60, 60))}
    tensors = [
        {"name": "axis", "shape": (), "kind": "INT32", "values": np.array(2 - 3 * (seed % 2), np.int32)},
        {"name": "x", "shape": (1, 4, 6), **same},
        *({"name": name, "shape": (1, 4, 3), **same} for name in ("left", "right")),
    ]
    table = options("SplitOptions", numSplits=2)
    operator = {"kind": "SPLIT", "inputs": [0, 1], "outputs": [2, 3], "type": "SplitOptions", "version": 2}
    return file_of(tensors, [{**operator, "options": table}], [1], [2, 3])


def dequantized(seed: int) -> bytes:
    """DEQUANTIZE of (1, 5), at the end of a model."""
    rng = np.random.default_rng(seed)
    tensors = [
        {"name": "x", "shape": (1, 5), "scale": rng.uniform(0.01, 0.1), "zero": int(rng.integers(-60, 60))},
        {"name": "y", "shape": (1, 5), "kind": "FLOAT32"},
    ]
    return file_of(tensors, [{"kind": "DEQUANTIZE", "inputs": [0], "outputs": [1]}], [0], [1])


SAMPLES: dict[str, Callable[[int], bytes]] = {
    "FULLY_CONNECTED": fully_connected,
    **{kind: partial(paired, kind) for kind in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")},
    "SPLIT": halves,
    "DEQUANTIZE": dequantized,
    **{
        kind: partial(window, kind)
        for kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")
    },
    **{
        kind: partial(one_to_one, kind)
        for kind in (
            "LOGISTIC",
            "TANH",
            "ELU",
            "EXP",
            "GELU",
            "LEAKY_RELU",
            "HARD_SWISH",
            "RELU",
            "RELU6",
            "QUANTIZE",
        )
    },
    **{
        kind: partial(moved, kind)
        for kind in (
            "PAD",
            "MEAN",
            "REDUCE_MAX",
            "RESHAPE",
            "SQUEEZE",
            "EXPAND_DIMS",
            "CONCATENATION",
            "SOFTMAX",
            "TRANSPOSE",
            "SLICE",
            "TILE",
            "STRIDED_SLICE",
            "RESIZE_NEAREST_NEIGHBOR",
        )
    },
}
"""A model of each operator that is read, by a seed."""


def behind_a_softmax(kind: str) -> bytes:
    """A softmax of (1, 4, 4, 3) probabilities, and an operator that reads them."""
    value = {"shape": (1, 4, 4, 3), "scale": 1 / 256, "zero": -128}
    tensors = [{**value, "name": name} for name in ("x", "p", "y")]
    operators = [
        {"kind": "SOFTMAX", "inputs": [0], "outputs": [1], "options": options("SoftmaxOptions", beta=1.0)}
    ]
    operators[0]["type"] = "SoftmaxOptions"
    inputs, others = [1], {}
    if kind in ("ADD", "MUL", "SUB", "MAXIMUM"):
        inputs = [1, 0]
    if kind == "CONCATENATION":
        inputs, others = [1, 0], {"options": options("ConcatenationOptions", axis=3)}
        others["type"], tensors[2]["shape"] = "ConcatenationOptions", (1, 4, 4, 6)
    if kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        pool = options("Pool2DOptions", padding=1, strideW=2, strideH=2, filterWidth=2, filterHeight=2)
        others, tensors[2]["shape"] = {"options": pool, "type": "Pool2DOptions"}, (1, 2, 2, 3)
    if kind == "PAD":
        pads = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
        tensors.append({"name": "pads", "shape": (4, 2), "kind": "INT32", "values": pads})
        inputs, tensors[2]["shape"] = [1, 3], (1, 6, 6, 3)
    operators.append({"kind": kind, "inputs": inputs, "outputs": [2], **others})
    return file_of(tensors, operators, [0], [2])

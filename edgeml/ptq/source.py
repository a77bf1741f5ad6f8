"""From the file of a float model to the network that is quantized.

Keras models come through their float ONNX form, so that one representation serves every source. ONNX
Runtime's basic optimizer folds batch norm, scales and biases into the convolutions in front of them and
leaves standard operators; `edgeml.ptq.folding` does the same for matrix products.

Invariant: the network computes what the file computes, but for the order of float additions; this is tried
on random samples before anything else is done with it.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.session import available, runtime_errors
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.importers.onnx_reader.model import SourceGraph, SourceNode, is_quantized, parse, taken_apart
from edgeml.ir.graph import valid_name
from edgeml.ptq.folding import folded
from edgeml.ptq.net import IR_VERSION, LINEAR, OPSET, FloatNet
from edgeml.ptq.places import ENDS
from edgeml.ptq.single import in_float32
from edgeml.ptq.tensors import TensorRunner
from edgeml.reading import refusing
from edgeml.scratch import scratch_folder

_WINDOWS = frozenset(
    ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization")
)
_ELEMENTWISE = frozenset(("Add", "Sub", "Mul", "Div", "Relu", "Clip", "Max", "Min", "Identity", "Pad"))
_TRIED = 4
_NEAR = 1e-3
_KERAS_HEADS = (b"PK", b"\x89HDF\r\n\x1a\n")
_FLOAT = 1
_TURN = "_channels_first"
_PARTS = ("input", "weights", "bias")
_SEVERAL = (
    "train it with QKeras layers, or round a Keras model as it is, without calibration: "
    "edgeml import FILE --float-type 'fixed<16,6>' --input-type 'fixed<16,6>'"
)


def read_float(content: bytes, where: str, name: str, weights: bytes | None = None) -> FloatNet:
    """The network in a file.

    Args:
        content: of a Keras model (.keras, .h5, or .json with weights) or of an ONNX model.
        where: the file, for messages.
        name: of the network.
        weights: of the file with the weights of an architecture in .json.

    Raises:
        EdgemlError: it is no such model, damaged, quantized already, has several inputs, or a layer
            that is not covered (named).
        MissingToolError: a package is not installed.
    """
    if content.lstrip()[:1] == b"{" and weights is None:
        raise EdgemlError(
            "holds an architecture and no weights", where, "give its weights as --weights-file FILE"
        )
    if content.startswith(_KERAS_HEADS) or content.lstrip()[:1] == b"{":
        content = _of_keras(content, where, weights)
    elif weights is not None:
        raise EdgemlError("an ONNX file has its weights itself", where, "leave --weights out")
    return _of_onnx(content, where, name)


def _of_keras(content: bytes, where: str, weights: bytes | None) -> bytes:
    from edgeml.keras.load import model_of

    return keras_as_onnx(model_of(content, where, weights), where)


def keras_as_onnx(model: Any, where: str) -> bytes:
    """The float ONNX form of a Keras model.

    Args:
        model: the Keras model.
        where: its name or file, for messages.

    Raises:
        EdgemlError: a layer is not covered, or the model is quantized already.
    """
    from edgeml.keras.float_onnx import float_onnx
    from edgeml.keras.registry import is_quantized

    if any(is_quantized(type(layer).__module__) for layer in model._flatten_layers()):
        raise _quantized_already(where)
    return float_onnx(model, unrolled=True)


def _quantized_already(where: str) -> EdgemlError:
    return EdgemlError(
        "is quantized already: its layers state their types",
        where,
        f"edgeml import {where} takes it as it is",
    )


def _of_onnx(content: bytes, where: str, name: str) -> FloatNet:
    if missing := available():
        raise MissingToolError(missing, where)
    model = parse(content, where)
    with refusing(where, "is not a valid ONNX model", "export it again, in one file"):
        model = in_float32(model)
    apart = taken_apart(model, where)
    if is_quantized(apart):
        raise _quantized_already(where)
    with refusing(where, "is not a valid ONNX model", "export it again, in one file"):
        free = _free_batch(model, apart, where)
        graph = taken_apart(_optimized(free, where), where)
    port, axes = _input(graph, where)
    names = tuple(output.name for output in graph.outputs)
    sample = np.zeros((1, *axes), np.float32)
    shapes = (value.shape[1:] for value in TensorRunner(free, where).run(sample, names))
    outputs = dict(zip(names, shapes, strict=True))
    opset = max(graph.opset, OPSET)
    net = FloatNet(valid_name(name), graph.nodes, graph.constants, port, axes, outputs, opset)
    _need_one_output(net)
    net = _named(folded(_with_biases(net)))
    if _channels_first(net):
        net = _channels_last(net)
    if _differs(net, free, where):
        raise EdgemlError(
            "computes something else with a batch of several samples than with one",
            where,
            "export the model with a batch of any size (dynamic_axes)",
        )
    return _without_end(net)


def _free_batch(model: Any, apart: SourceGraph, where: str) -> bytes:
    """The model with a batch of any size, its constants no inputs, in operators of `OPSET` or later."""
    import onnx
    from onnx import version_converter

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    constants = {tensor.name for tensor in copy.graph.initializer}
    ports = [port for port in copy.graph.input if port.name not in constants]
    del copy.graph.input[:], copy.graph.value_info[:]
    copy.graph.input.extend(ports)
    copy.ir_version = IR_VERSION
    if apart.opset < OPSET:
        copy = version_converter.convert_version(copy, OPSET)
        copy.ir_version = IR_VERSION
    one = [port.name for port in ports if _batch(port) == 1]
    for port in (*copy.graph.input, *copy.graph.output):
        dims = port.type.tensor_type.shape.dim
        if len(dims):
            if dims[0].dim_value > 1:
                raise EdgemlError(
                    f"{port.name!r} has a batch of {dims[0].dim_value}",
                    where,
                    "export the model with a batch of one, or of any size",
                )
            dims[0].dim_param = "batch"
    if one:
        _free_reshapes(copy)
    return copy.SerializeToString()


def _batch(port: Any) -> int:
    dims = port.type.tensor_type.shape.dim
    return int(dims[0].dim_value) if len(dims) else 0


def _free_reshapes(model: Any) -> None:
    """Shapes that begin with a batch of one take the batch from the data; 0 copies it."""
    import onnx

    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = node.attribute[0].t
    for node in list(model.graph.node):
        shape = constants.get(node.input[1]) if node.op_type == "Reshape" else None
        if shape is None or node.input[0] in constants:
            continue
        sizes = onnx.numpy_helper.to_array(shape).copy()
        if sizes.size > 1 and sizes[0] == 1:
            sizes[0] = 0
            name = f"{node.output[0]}.shape"
            model.graph.initializer.append(onnx.numpy_helper.from_array(sizes, name))
            node.input[1] = name


def _optimized(content: bytes, where: str) -> Any:
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with scratch_folder() as folder:
        path = Path(folder) / "basic.onnx"
        options.optimized_model_filepath = str(path)
        with runtime_errors(where):
            onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return onnx.load(path)


def _input(graph: SourceGraph, where: str) -> tuple[str, tuple[int, ...]]:
    if len(graph.inputs) != 1:
        raise EdgemlError(
            f"has {len(graph.inputs)} inputs, and edgeml quantize takes models with one", where, _SEVERAL
        )
    (port,) = graph.inputs
    if port.elem_type != _FLOAT:
        raise EdgemlError(f"the input {port.name!r} is not of float32", where, "export the model in float32")
    sizes = tuple(size for size in port.shape[1:] if size is not None)
    if len(port.shape) < 2 or len(sizes) != len(port.shape) - 1:
        shape = ", ".join("?" if size is None else str(size) for size in port.shape)
        raise EdgemlError(
            f"the input {port.name!r} has the shape ({shape})",
            where,
            "export the model with all sizes but the batch's fixed",
        )
    return port.name, sizes


def _need_one_output(net: FloatNet) -> None:
    """Refuse a node with several outputs or with a state.

    Raises:
        EdgemlError: there is one; names it.
    """
    for node in net.nodes:
        if node.op_type in ("GRU", "LSTM", "RNN"):
            raise EdgemlError(
                f"{node.op_type} is not quantized after training",
                node.name,
                "give the model as a Keras file, whose recurrent layers are unrolled, or train it for its "
                "types: edgeml train FILE.py, with a PRESET whose build function returns it",
            )
        if len(node.outputs) != 1 or node.domain:
            raise EdgemlError(
                f"{node.op_type} is not quantized after training",
                node.name,
                "export the model in ONNX's own operators with one output each: Slice instead of Split",
            )


def _without_end(net: FloatNet) -> FloatNet:
    """The network up to its logits: a softmax or sigmoid at the end changes no class."""
    makers = {node.outputs[0]: node for node in net.nodes}
    outputs: dict[str, tuple[int, ...]] = {}
    left_off, curves = set[str](), dict[str, str]()
    for name, shape in net.outputs.items():
        node = makers.get(name)
        if (
            node is not None
            and node.op_type in ENDS
            and name not in net.readers
            and node.inputs[0] not in outputs
        ):
            left_off.add(name)
            outputs[node.inputs[0]] = shape
            curves[node.inputs[0]] = node.op_type.lower()
        else:
            outputs[name] = shape
    nodes = tuple(node for node in net.nodes if node.outputs[0] not in left_off)
    return replace(net, nodes=nodes, outputs=outputs, ended=curves)


def _with_biases(net: FloatNet) -> FloatNet:
    """Every layer with weights has a bias; a matrix product has it in an addition behind it."""
    constants = dict(net.constants)
    nodes: list[SourceNode] = []
    renamed: dict[str, str] = {}
    for node in net.nodes:
        inputs = tuple(renamed.get(name, name) for name in node.inputs)
        if node.op_type == "Add" and inputs[0] in constants:
            inputs = inputs[::-1]
        node = replace(node, inputs=inputs)
        if node.op_type not in LINEAR or len(inputs) < 2 or inputs[1] not in constants:
            nodes.append(node)
            continue
        output, weights = node.outputs[0], constants[inputs[1]]
        bias = f"{output}.bias"
        if node.op_type == "MatMul":
            if weights.ndim != 2:
                raise EdgemlError("a stack of matrices as weights", node.name, "use one matrix per layer")
            nodes.append(node)
            if not _adds_bias(net, node, weights.shape[1]):
                constants[bias] = np.zeros(weights.shape[1], np.float32)
                total = f"{output}.sum"
                nodes.append(SourceNode(total, "Add", "", (output, bias), (total,), {}))
                renamed[output] = total
            continue
        size = weights.shape[1 if node.op_type == "Gemm" and not node.integer("transB", 0) else 0]
        own = constants[inputs[2]] if len(inputs) > 2 and inputs[2] else np.zeros(size, np.float32)
        scale = node.number("beta", 1.0) if node.op_type == "Gemm" else 1.0
        constants[bias] = np.broadcast_to(own * scale, (size,) if own.ndim < 2 else (1, size)).reshape(size)
        attributes = dict(node.attributes)
        if node.op_type == "Gemm":
            constants[f"{output}.weights"] = weights * np.float32(node.number("alpha", 1.0))
            inputs = (inputs[0], f"{output}.weights", bias)
            attributes = {"transB": node.integer("transB", 0)}
            if node.integer("transA", 0):
                raise EdgemlError("a Gemm whose input is transposed", node.name, "export it with transA=0")
        nodes.append(replace(node, inputs=(*inputs[:2], bias), attributes=attributes))
    outputs = {renamed.get(name, name): shape for name, shape in net.outputs.items()}
    return replace(net, nodes=tuple(nodes), constants=constants, outputs=outputs)


def _adds_bias(net: FloatNet, node: SourceNode, size: int) -> bool:
    """True if nothing but the addition of one number per column reads a product."""
    readers = net.readers.get(node.outputs[0], ())
    if len(readers) != 1 or readers[0].op_type != "Add" or node.outputs[0] in net.outputs:
        return False
    biases = [net.constants[name] for name in readers[0].inputs if name in net.constants]
    return any(bias.size == size == bias.shape[-1] for bias in biases if bias.ndim)


def _named(net: FloatNet) -> FloatNet:
    """Nodes and tensors by short names of layers: "conv1", and "conv1_relu" for what belongs to it."""
    names: dict[str, str] = {}
    used = {net.source}
    for node in sorted(net.nodes, key=lambda node: node.op_type not in LINEAR):
        stem = _stem(node)
        wished = (stem, f"{stem}_{node.op_type.lower()}")
        numbered = (f"{wished[1]}_{count}" for count in itertools.count(2))
        name = next(one for one in itertools.chain(wished, numbered) if one not in used)
        used.add(name)
        names[node.outputs[0]] = name
    constants: dict[str, NDArray[Any]] = {}
    nodes: list[SourceNode] = []
    for node in net.nodes:
        name, inputs = names[node.outputs[0]], list[str]()
        for place, tensor in enumerate(node.inputs):
            if tensor in net.constants:
                part = _PARTS[place] if node.op_type in LINEAR else f"constant{place}"
                inputs.append(f"{name}.{part}")
                constants[inputs[-1]] = net.constants[tensor]
            else:
                inputs.append(names.get(tensor, tensor))
        outputs = tuple(names.get(output, output) for output in node.outputs)
        nodes.append(replace(node, name=name, inputs=tuple(inputs), outputs=outputs))
    outputs_ = {names.get(name, name): shape for name, shape in net.outputs.items()}
    return replace(net, nodes=tuple(nodes), constants=constants, outputs=outputs_)


def _stem(node: SourceNode) -> str:
    """The layer in a node's name, as exporters write it.

    >>> _stem(SourceNode("/layer1/conv1/Conv", "Conv", "", (), ("y",), {}))
    'layer1_conv1'
    >>> _stem(SourceNode("fc1.t0.MatMul.7", "Gemm", "", (), ("y",), {}))
    'fc1_t0'
    """
    text = re.sub(r"/(MatMulAddFusion|GemmActivationFusion|[A-Za-z]*Fusion[A-Za-z_]*)", "", node.name)
    text = text.removesuffix(f"/{node.op_type}").removesuffix(f".{node.op_type}").strip("/")
    text = re.sub(r"\.[A-Z]\w*\.\d+$", "", text) or node.op_type.lower()
    return valid_name(text).replace(".", "_")


def _channels_first(net: FloatNet) -> bool:
    """True if the first operator that tells axes apart has the channels on the second axis."""
    if len(net.shape) not in (2, 3):
        return False
    level, visited = [net.source], {net.source}
    while level:
        following: list[str] = []
        for node in (reader for name in level for reader in net.readers.get(name, ())):
            if node.op_type in _WINDOWS:
                return True
            if node.op_type not in _ELEMENTWISE:
                return False
            following += [name for name in node.outputs if name not in visited]
            visited.update(node.outputs)
        level = following
    return False


def _channels_last(net: FloatNet) -> FloatNet:
    """The same network for samples with the channels last."""
    turned, rank = f"{net.source}{_TURN}", len(net.shape)
    permutation = {"perm": [0, rank, *range(1, rank)]}
    turn = SourceNode(turned, "Transpose", "", (net.source,), (turned,), permutation)
    nodes = (
        replace(node, inputs=tuple(turned if name == net.source else name for name in node.inputs))
        for node in net.nodes
    )
    return replace(net, nodes=(turn, *nodes), shape=(*net.shape[1:], net.shape[0]))


def _differs(net: FloatNet, content: bytes, where: str) -> bool:
    """True if the network gives other numbers than the model in its file, on random samples."""
    ours, theirs = TensorRunner(net.model(), where), TensorRunner(content, where)
    x = np.random.default_rng(0).uniform(0, 1, (_TRIED, *net.shape)).astype(np.float32)
    turned = np.moveaxis(x, -1, 1) if net.nodes[0].name.endswith(_TURN) else x
    for ours_, theirs_ in zip(
        ours.run(x, tuple(net.outputs)), theirs.run(turned, theirs.outputs), strict=True
    ):
        if np.abs(ours_ - theirs_).max(initial=0) > _NEAR * max(1.0, float(np.abs(theirs_).max(initial=0))):
            return True
    return False

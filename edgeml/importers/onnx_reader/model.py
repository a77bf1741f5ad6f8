"""An ONNX file taken apart: nodes in an order they can be computed in, constants, inputs and outputs.

Invariant: nothing outside of the given bytes is read, no code runs, and what a tensor declares of its size is
checked before memory is taken for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.onnx_model import parse_onnx
from edgeml.reading import refusing

QONNX_DOMAINS = frozenset(
    {"onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general", "qonnx.custom_op.channels_last"}
)
"""Domains of the nodes that QONNX adds to ONNX, under the names that exporters have given them."""

_INTEGER = frozenset(
    ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger", "QGemm")
)
"""Nodes of ONNX itself, beside QLinear..., that state integers."""

INTEGER_TYPES: Mapping[int, type[np.integer[Any]]] = {2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16}
"""Integer types of TensorProto that codes have."""

_MOST_NODES = 20_000


@dataclass(frozen=True)
class SourceNode:
    """One node of an ONNX graph.

    Args:
        name: its name, or that of its first output.
        op_type: of the operator.
        domain: "" for ONNX itself.
        inputs: names of tensors; "" for one that is left out.
        outputs: names of tensors.
        attributes: plain Python values, arrays for tensors.
    """

    name: str
    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def integer(self, name: str, otherwise: int) -> int:
        """An integer attribute."""
        return int(self.attributes.get(name, otherwise))

    def number(self, name: str, otherwise: float) -> float:
        """A float attribute; float32 as it is stored."""
        return float(self.attributes.get(name, otherwise))

    def text(self, name: str, otherwise: str) -> str:
        """A text attribute."""
        value = self.attributes.get(name, otherwise)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def integers(self, name: str, otherwise: tuple[int, ...]) -> tuple[int, ...]:
        """An attribute of several integers; of one integer that one."""
        value = self.attributes.get(name, otherwise)
        return tuple(int(number) for number in (value if isinstance(value, list | tuple) else [value]))


@dataclass(frozen=True)
class SourceTensor:
    """An input or output of the model; None stands for a size that is not stated."""

    name: str
    shape: tuple[int | None, ...]
    elem_type: int


@dataclass(frozen=True)
class SourceGraph:
    """The parts of an ONNX model that are needed for its outputs."""

    name: str
    nodes: tuple[SourceNode, ...]
    constants: Mapping[str, NDArray[Any]]
    inputs: tuple[SourceTensor, ...]
    outputs: tuple[SourceTensor, ...]
    opsets: Mapping[str, int]

    @property
    def opset(self) -> int:
        """Version of ONNX's own operators."""
        return self.opsets.get("", 1)


def is_quantized(graph: SourceGraph) -> bool:
    """True if any node states integers."""
    return any(
        node.domain in QONNX_DOMAINS or node.op_type.startswith("QLinear") or node.op_type in _INTEGER
        for node in graph.nodes
    )


def parse(content: bytes, where: str) -> Any:
    """The ModelProto of a file.

    Raises:
        EdgemlError: it is none, or has no graph with an output.
    """
    hint = "export it again, in one file"
    model = parse_onnx(content, where, hint)
    if not model.HasField("graph") or not model.graph.output:
        raise EdgemlError("is not an ONNX model: it has no graph with an output", where, hint)
    return model


def taken_apart(model: Any, where: str) -> SourceGraph:
    """The graph of a ModelProto.

    Raises:
        EdgemlError: it has external data, functions, subgraphs, sparse tensors, a cycle, a tensor of another
            size than its data, or a node reads what nothing computes.
    """
    with refusing(where, "is not a valid ONNX model", "export it again, in one file"):
        return _graph(model, where)


def _graph(model: Any, where: str) -> SourceGraph:
    if len(model.functions):
        raise EdgemlError(
            "has functions of its own",
            where,
            "inline them: onnx.inliner.inline_local_functions(model)",
        )
    graph = model.graph
    if len(graph.node) > _MOST_NODES:
        raise EdgemlError(f"has {len(graph.node)} nodes, at most {_MOST_NODES} are taken", where)
    if len(graph.sparse_initializer):
        raise EdgemlError("has sparse constants", where, "export the model with dense weights")
    constants = {tensor.name: array(tensor, where) for tensor in graph.initializer}
    nodes = [_node(proto, where) for proto in graph.node]
    _need_wide_codes(nodes, {tensor.name for tensor in graph.initializer if _is_narrow(tensor)}, where)
    _need_one_source(nodes, constants, where)
    inputs = tuple(_tensor(value) for value in graph.input if value.name not in constants)
    outputs = tuple(_tensor(value) for value in graph.output)
    needed = _needed(nodes, {output.name for output in outputs})
    ordered = _ordered(needed, {*constants, *(value.name for value in inputs)}, outputs, where)
    opsets = {_domain(entry.domain): int(entry.version) for entry in model.opset_import}
    return SourceGraph(graph.name or "model", ordered, constants, inputs, outputs, opsets)


def _need_one_source(nodes: Sequence[SourceNode], constants: Mapping[str, Any], where: str) -> None:
    """Refuse a tensor that two nodes compute, or a node and a constant: which of them is meant nothing says.

    Raises:
        EdgemlError: there is one; names it.
    """
    there = set(constants)
    for name in (name for node in nodes for name in node.outputs if name):
        if name in there:
            raise EdgemlError(f"the tensor {name!r} is computed twice", where, "export it again, in one file")
        there.add(name)


def array(tensor: Any, where: str) -> NDArray[Any]:
    """The values of a TensorProto, its size checked first.

    Raises:
        EdgemlError: the values lie in another file, are of no number type, or fewer than declared.
    """
    import onnx

    if tensor.data_location == onnx.TensorProto.EXTERNAL or len(tensor.external_data):
        raise EdgemlError(
            f"the values of {tensor.name!r} lie in another file",
            where,
            "save it in one file: onnx.save(onnx.load(file), 'model.onnx'), or torch.onnx.export(..., "
            "external_data=False)",
        )
    if any(size < 0 for size in tensor.dims):
        raise EdgemlError(f"the tensor {tensor.name!r} has a negative size", where)
    limits.VALUE.check(math.prod(tensor.dims), f"the tensor {tensor.name!r} has", where)
    values = np.asarray(onnx.numpy_helper.to_array(tensor))
    if _is_narrow(tensor):
        values = values.astype(np.int8)  # NumPy itself has no integers of 4 bits
    if values.dtype.kind not in "fiub" or values.dtype.itemsize > 8:
        raise EdgemlError(
            f"the tensor {tensor.name!r} is of type {values.dtype}", where, "export it as float32 or integers"
        )
    return values


def _is_narrow(tensor: Any) -> bool:
    """True for integers of 4 bits, in which weights are stored from opset 21 on."""
    import onnx

    return tensor.data_type in (onnx.TensorProto.INT4, onnx.TensorProto.UINT4)


def _need_wide_codes(nodes: list[SourceNode], narrow: set[str], where: str) -> None:
    """Refuse quantizers to 4 bits: of these integers only stored ones are read.

    Raises:
        EdgemlError: a zero point or an attribute states such a quantizer; names it.
    """
    import onnx

    for node in nodes:
        stated = node.integer("output_dtype", 0) in (onnx.TensorProto.INT4, onnx.TensorProto.UINT4)
        if node.op_type == "QuantizeLinear" and (stated or not narrow.isdisjoint(node.inputs)):
            raise EdgemlError(
                "a quantizer to integers of 4 bits",
                f"{where}: {node.name}",
                "store weights as integers in front of DequantizeLinear; quantize activations to 8 bits",
            )


def _node(proto: Any, where: str) -> SourceNode:
    import onnx

    texts = (proto.name, proto.op_type, proto.domain, *proto.input, *proto.output)
    if not all(isinstance(text, str) for text in texts):  # protobuf gives bytes where it is no UTF-8
        raise ValueError("a name in it is no text")
    attributes: dict[str, Any] = {}
    label = proto.name or (proto.output[0] if proto.output else proto.op_type)
    for attribute in proto.attribute:
        kinds = onnx.AttributeProto
        if attribute.type in (kinds.GRAPH, kinds.GRAPHS, kinds.SPARSE_TENSOR, kinds.SPARSE_TENSORS):
            raise EdgemlError(
                f"the node {proto.op_type} has a subgraph or a sparse tensor",
                f"{where}: {label}",
                "export the model without control flow",
            )
        if attribute.type == kinds.TENSOR:
            attributes[attribute.name] = array(attribute.t, where)
        else:
            attributes[attribute.name] = onnx.helper.get_attribute_value(attribute)
    return SourceNode(
        label, proto.op_type, _domain(proto.domain), tuple(proto.input), tuple(proto.output), attributes
    )


def _domain(domain: str) -> str:
    return "" if domain == "ai.onnx" else domain


def _tensor(value: Any) -> SourceTensor:
    kind = value.type.tensor_type
    sizes = tuple(
        int(dim.dim_value) if dim.WhichOneof("value") == "dim_value" and dim.dim_value > 0 else None
        for dim in kind.shape.dim
    )
    return SourceTensor(value.name, sizes, int(kind.elem_type))


def _needed(nodes: list[SourceNode], outputs: set[str]) -> list[SourceNode]:
    """The nodes that an output depends on."""
    makers = {name: node for node in nodes for name in node.outputs if name}
    pending, needed = list(outputs), set(outputs)
    used: set[int] = set()
    while pending:
        node = makers.get(pending.pop())
        if node is None or id(node) in used:
            continue
        used.add(id(node))
        for name in node.inputs:
            if name and name not in needed:
                needed.add(name)
                pending.append(name)
    return [node for node in nodes if id(node) in used]


def _ordered(
    nodes: list[SourceNode], sources: set[str], outputs: tuple[SourceTensor, ...], where: str
) -> tuple[SourceNode, ...]:
    """The nodes so that each reads only what stands before it."""
    outputs_ = [name for node in nodes for name in node.outputs if name]
    if len(set(outputs_)) != len(outputs_) or not sources.isdisjoint(outputs_):
        raise EdgemlError("computes a tensor twice", where)
    everything = sources.union(outputs_)
    for name, reader in (*_reads(nodes), *((output.name, "the model") for output in outputs)):
        if name not in everything:
            raise EdgemlError(f"{reader} reads {name!r}, which nothing computes", where)
    available, left = set(sources), list(nodes)
    done: list[SourceNode] = []
    while left:
        ready = [node for node in left if all(not name or name in available for name in node.inputs)]
        if not ready:
            raise EdgemlError(f"has a cycle through {left[0].name!r}", where)
        done.extend(ready)
        available.update(name for node in ready for name in node.outputs)
        chosen = {id(node) for node in ready}
        left = [node for node in left if id(node) not in chosen]
    return tuple(done)


def _reads(nodes: list[SourceNode]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        for name in node.inputs:
            if name:
                yield name, node.name

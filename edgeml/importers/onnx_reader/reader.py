"""Node by node from an ONNX graph to the exact graph.

Invariant: what stands for a tensor of the source is that tensor's exact value, or a note of its layer says
what is rounded; a node that no file of `onnx_nodes` reads is refused with its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray
from edgeml.importers import onnx_nodes
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.inputs import InputPort, model_input
from edgeml.importers.affine.outputs import LEFT_OFF, OutputPort, finished_output, need_last
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_reader.folding import FOLDED, folded
from edgeml.importers.onnx_reader.model import (
    INTEGER_TYPES,
    QONNX_DOMAINS,
    SourceGraph,
    SourceNode,
    SourceTensor,
)
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant, shape_of

_CHANNELS_FIRST = frozenset(
    {
        *("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization"),
        *(
            "QLinearConv",
            "ConvInteger",
            "DepthToSpace",
            "Resize",
            "Upsample",
            "ConvTranspose",
            "QuantAvgPool2d",
        ),
    }
)
"""Operators whose input has its channels on the second axis."""

_KEEP_SHAPE = frozenset(
    {
        *(
            "Quant",
            "IntQuant",
            "BipolarQuant",
            "Trunc",
            "Relu",
            "Clip",
            "LeakyRelu",
            "Identity",
            "QuantizeLinear",
        ),
        *("DequantizeLinear", "Add", "Sub", "Mul", "Div", "Cast", "Dropout", "MultiThreshold", "Pad"),
    }
)
"""Operators behind which the axes of a tensor are the same."""


_OTHERS = "docs/importing.md lists those that are: build the model of these, train it again and export it"
_RECURRENT = "quantize the Keras model that it comes from: edgeml quantize MODEL.keras unrolls its steps"
_REMEDIES = {
    "ConvTranspose": "put Upsample or UpSampling2D (nearest) and a convolution in its place and train again",
    "InstanceNormalization": "use batch normalization, whose statistics are constants, and train again",
    "LayerNormalization": "use batch normalization, whose statistics are constants, and train again",
    "LSTM": _RECURRENT,
    "GRU": _RECURRENT,
    "RNN": _RECURRENT,
    "Einsum": "write it as a product with a constant, nn.Linear or Dense, and export again",
    "Pow": "write a square as x * x, and export again",
    "Where": "write the choice as relu, clip, maximum or minimum, and export again",
    "Greater": "write the choice as relu, clip, maximum or minimum, and export again",
    "Less": "write the choice as relu, clip, maximum or minimum, and export again",
    "FloatQuant": "quantize to integers: Int8ActPerTensorFloat and Int8WeightPerTensorFloat of Brevitas",
}
"""Substitutes of operators that are known and not read."""
_STATIC = (
    "it is of dynamic quantization, whose scales follow each sample; quantize the float model it came from "
    "statically: edgeml quantize FLOAT.onnx --data DATA, or onnxruntime's quantize_static"
)


_SUMS_IN_FLOATS = ("ConvInteger", "MatMulInteger")
"""Integer products whose sums the model itself scales, in float32 and step by step."""


class OnnxReader:
    """The state of one import; `outputs` has those that depend on an input, `labels` their names.

    Args:
        source: the model.
        assembly: where the graph is built.
    """

    def __init__(self, source: SourceGraph, assembly: Assembly) -> None:
        self.source = source
        self.assembly = assembly
        self.inputs: list[InputPort] = []
        self.outputs: list[OutputPort] = []
        self.labels: list[str] = []
        self.integer_kernels = any(
            node.op_type.startswith(("QLinear", "QuantizeLinear", "QGemm")) for node in source.nodes
        ) and not any(
            node.domain in QONNX_DOMAINS or node.op_type in _SUMS_IN_FLOATS for node in source.nodes
        )
        self._left_off: set[str] = set()
        self._code_meanings: dict[str, tuple[float, float]] = {}
        self._operands: dict[str, Operand] = {
            name: SourceConstant(values) for name, values in source.constants.items()
        }

    def read(self) -> None:
        """Read everything.

        Raises:
            EdgemlError: a node is not covered, not valid, or not quantized; names it.
        """
        if not self.source.inputs:
            raise EdgemlError("the model has no input")
        for tensor in self.source.inputs:
            self._input(tensor)
        for node in self.source.nodes:
            self.assembly.at(node.name)
            try:
                results = self._lowered(node)
            except EdgemlError as error:
                where = f"node {node.name} ({node.op_type})"
                raise EdgemlError(error.what, where, error.hint) from error
            self._keep(node, results)
        for tensor in self.source.outputs:
            self._output(tensor)

    def operand(self, name: str) -> Operand:
        """The operand behind a tensor's name.

        Raises:
            EdgemlError: the node reads an input that it does not state.
        """
        if name not in self._operands:
            raise EdgemlError(f"reads {name!r}, which nothing computes")
        return self._operands[name]

    def has(self, node: SourceNode, position: int) -> bool:
        """True if a node states its input at a position."""
        return position < len(node.inputs) and bool(node.inputs[position])

    def at(self, node: SourceNode, position: int) -> Operand:
        """The input of a node at a position.

        Raises:
            EdgemlError: it is left out.
        """
        if not self.has(node, position):
            raise EdgemlError(f"lacks its input {position + 1}")
        return self.operand(node.inputs[position])

    def value(self, node: SourceNode, position: int = 0) -> AffineValue:
        """An input that depends on the model's input.

        Raises:
            EdgemlError: it is a constant.
        """
        operand = self.at(node, position)
        if isinstance(operand, SourceConstant):
            raise EdgemlError(
                f"the input {node.inputs[position]!r} is a constant, which is not covered here",
                hint="export the model with constants folded (onnx-simplifier), or without this node",
            )
        return operand

    def constant(self, node: SourceNode, position: int, what: str) -> SourceConstant:
        """An input that has to be a constant.

        Raises:
            EdgemlError: it depends on the model's input.
        """
        operand = self.at(node, position)
        if not isinstance(operand, SourceConstant):
            raise EdgemlError(
                f"its {what} {node.inputs[position]!r} is computed from the model's input",
                hint="only a constant is read here; products of two computed values (attention) are not",
            )
        return operand

    def optional(self, node: SourceNode, position: int, what: str) -> SourceConstant | None:
        """A constant input, or None if it is left out."""
        return self.constant(node, position, what) if self.has(node, position) else None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor that was read, with a batch of one."""
        return {name: shape_of(operand) for name, operand in self._operands.items()}

    def is_read(self, tensor: str) -> bool:
        """True if a node reads a tensor, or it is an output of the model."""
        return any(tensor in node.inputs for node in self.source.nodes) or any(
            tensor == output.name for output in self.source.outputs
        )

    def leave_off_quantizer(self, node: SourceNode) -> bool:
        """Pass over the quantizer behind a node, if nothing but its floats follows at the model's end.

        Returns:
            True if nothing but quantizers follows the node.
        """
        ends = {output.name for output in self.source.outputs}
        tensor, kind, passed = node.outputs[0], "", set[str]()
        while tensor not in ends:
            readers = [reader for reader in self.source.nodes if tensor in reader.inputs]
            following = readers[0].op_type
            if len(readers) != 1 or following not in ("QuantizeLinear", "DequantizeLinear", "Identity"):
                return False
            kind = kind if following == "Identity" else following
            tensor = readers[0].outputs[0]
            passed.add(tensor)
        if kind == "DequantizeLinear":
            self._left_off |= passed
            self.assembly.note("the quantizer behind this function at the end is left off with it")
        return True

    def output_is_codes(self, node: SourceNode, scale: float, zero: int) -> None:
        """Keep the meaning of the codes that a function takes, for one that is left off at the end."""
        self._code_meanings[node.inputs[0]] = (scale, -zero * scale)

    def _lowered(self, node: SourceNode) -> Sequence[Operand]:
        if node.outputs[0] in self._left_off:
            return [self.operand(node.inputs[0])]
        if node.op_type == "Constant":
            return [SourceConstant(_constant_values(node))]
        operands = [self.operand(name) if name else None for name in node.inputs]
        plain = [operand.values if isinstance(operand, SourceConstant) else None for operand in operands]
        constant = all(operand is None or isinstance(operand, SourceConstant) for operand in operands)
        quantized = any(isinstance(o, SourceConstant) and o.codes is not None for o in operands)
        if constant and node.domain == "" and node.op_type in FOLDED and not quantized:
            return [SourceConstant(values) for values in folded(node, plain, self.source.opset)]
        results = self._lowering(node)(node, self)
        return [results] if isinstance(results, AffineValue | SourceConstant) else results

    def _lowering(self, node: SourceNode) -> onnx_nodes.OnnxLowering:
        name = onnx_nodes.file_name(node.op_type)
        if name in onnx_nodes.names() and node.domain in onnx_nodes.domains(name):
            return onnx_nodes.lowering(name)
        label = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        hint = _STATIC if node.op_type.startswith("Dynamic") else _REMEDIES.get(node.op_type, _OTHERS)
        raise EdgemlError(f"the operator {label} is not read", hint=hint)

    def _keep(self, node: SourceNode, results: Sequence[Operand]) -> None:
        for name, result in zip(node.outputs, results, strict=False):
            if not name:
                continue
            self._operands[name] = result
            size = result.values.size if isinstance(result, SourceConstant) else result.index.size
            limits.VALUE.check(size, "the result has", node.name)
            if isinstance(result, AffineValue):
                self.assembly.watch(name, result)

    def _input(self, tensor: SourceTensor) -> None:
        shape = _sample_shape(tensor)
        limits.VALUE.check(int(np.prod(shape, dtype=np.float64)), "the input has", tensor.name)
        first = len(shape) in (3, 4) and self._channels_first(tensor.name)
        axes = shape[1:]
        if first:
            axes = (*shape[2:], shape[1])
        index: IntArray = np.arange(int(np.prod(axes, dtype=np.int64)), dtype=np.int64).reshape(axes)
        index = (np.moveaxis(index, -1, 0) if first else index)[np.newaxis]
        self.assembly.at(tensor.name)
        own = INTEGER_TYPES.get(tensor.elem_type)
        kind = None if own is None else FixedType(np.dtype(own).kind == "i", np.dtype(own).itemsize * 8, 0)
        value, port = model_input(self.assembly, tensor.name, tuple(axes), index, kind)
        self._operands[tensor.name] = value
        self.inputs.append(port)

    def _channels_first(self, tensor: str) -> bool:
        """True if the first operators that tell axes apart have channels on the second axis."""
        readers: dict[str, list[SourceNode]] = {}
        for node in self.source.nodes:
            for name in node.inputs[:1] if node.op_type not in ("Add", "Mul", "Sub", "Div") else node.inputs:
                readers.setdefault(name, []).append(node)
        level, visited = [tensor], {tensor}
        while level:
            following: list[str] = []
            for node in (reader for name in level for reader in readers.get(name, [])):
                if node.op_type in _CHANNELS_FIRST and node.domain != "qonnx.custom_op.channels_last":
                    return True
                if node.op_type not in _KEEP_SHAPE:
                    return False
                following.extend(name for name in node.outputs if name not in visited)
                visited.update(node.outputs)
            level = following
        return False

    def _output(self, tensor: SourceTensor) -> None:
        result = self.operand(tensor.name)
        self.assembly.at(tensor.name)
        if isinstance(result, SourceConstant):
            if all(isinstance(self.operand(other.name), SourceConstant) for other in self.source.outputs):
                raise EdgemlError(f"the output {tensor.name!r} does not depend on any input")
            self.assembly.note(f"the output {tensor.name!r} is a constant and left off")
            return
        before = self._before_function(tensor.name)
        source = self._operands[before]
        if result.function_name in LEFT_OFF and isinstance(source, AffineValue):
            need_last(result, source, tensor.name)
        port = finished_output(self.assembly, before, result)
        numbers = self._code_meanings.get(port.tensor) if port.function else None
        if numbers is not None:
            self.assembly.note(
                f"the output's value is {numbers[0]:.9g} times the graph's code, plus {numbers[1]:.9g}"
            )
        self.outputs.append(replace(port, numbers=numbers))
        self.labels.append(tensor.name)

    def _before_function(self, tensor: str) -> str:
        """The tensor that a function at the end is applied to, which stands for its result."""
        makers = {name: node for node in self.source.nodes for name in node.outputs}
        while True:
            operand = self._operands[tensor]
            if isinstance(operand, SourceConstant) or operand.function is None:
                return tensor
            tensor = makers[tensor].inputs[0]


def _constant_values(node: SourceNode) -> NDArray[Any]:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in node.attributes:
            value = node.attributes[name]
            kind = np.float32 if "float" in name else None if name == "value" else np.int64
            return np.asarray(value, kind)
    raise EdgemlError("a constant without a value that is a number")


def _sample_shape(tensor: SourceTensor) -> tuple[int, ...]:
    """The shape with a batch of one.

    Raises:
        EdgemlError: a size but the batch's is not stated, or the batch is fixed to more than one.
    """
    if not tensor.shape:
        raise EdgemlError(
            f"the input {tensor.name!r} has no stated shape", hint="export it with fixed shapes"
        )
    batch, *rest = tensor.shape
    if batch not in (None, 1):
        raise EdgemlError(
            f"the input {tensor.name!r} of shape {tensor.shape} has a batch of {batch}",
            hint="export the model with a batch of one, or of any size",
        )
    if any(size is None for size in rest):
        sizes = ", ".join("?" if size is None else str(size) for size in tensor.shape)
        raise EdgemlError(
            f"the input {tensor.name!r} has the shape ({sizes})",
            hint="export the model with all sizes but the batch's fixed",
        )
    return (1, *(size for size in rest if size is not None))

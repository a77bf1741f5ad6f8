"""Operator by operator from a TensorFlow Lite model to the exact graph.

Invariant: the node that stands for a quantized tensor has its int8 codes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray
from edgeml.importers import tflite_ops
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.inputs import InputPort, model_input
from edgeml.importers.affine.outputs import OutputPort, finished_output, need_last
from edgeml.importers.affine.quantizer import SourceQuantizer
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.settle import softmax_within
from edgeml.importers.affine.value import AffineValue, natural_index, of_node
from edgeml.importers.tflite_reader.model import TfliteModel, TfliteOperator, TfliteTensor
from edgeml.ir.ops.input import Input

REMEDY = (
    "quantize the model to int8 in full: "
    "converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
)
"""The way to a file of int8, for messages."""

BYTES = ("INT8", "UINT8")
"""Kinds of tensors at a model's ends; within it all are int8."""


_OTHERS = (
    "docs/importing.md lists those that are: put such a layer in the place of the one that it comes from, "
    "train again, and convert again"
)
_RECURRENT = (
    "quantize the Keras model that it comes from, whose steps are unrolled: edgeml quantize MODEL.keras"
)
_REMEDIES = {
    "TRANSPOSE_CONV": "put UpSampling2D (nearest) and a convolution in its place, and train again",
    "RESIZE_BILINEAR": "put UpSampling2D with interpolation='nearest' in its place, and train again",
    "PRELU": "put LeakyReLU in its place, and train again",
    "BATCH_MATMUL": "only products with constants are read, no attention: put Dense or Conv in its place",
    "SQUARE": "write it as Multiply of the value by itself",
    "SUM": "put a mean (GlobalAveragePooling) in its place, and train again",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _RECURRENT,
    "UNPACK": _RECURRENT,
    "WHILE": _RECURRENT,
}
"""Substitutes of operators that are known and not read."""


class TfliteReader:
    """The state of one import.

    Args:
        source: the model.
        assembly: where the graph is built.
    """

    def __init__(self, source: TfliteModel, assembly: Assembly) -> None:
        self.source = source
        self.assembly = assembly
        self.inputs: list[InputPort] = []
        self.outputs: list[OutputPort] = []
        self._values: dict[int, AffineValue] = {}

    def read(self) -> None:
        """Read everything.

        Raises:
            EdgemlError: an operator is not covered, not valid, or not of int8; names it.
        """
        for place in self.source.inputs:
            self._input(place)
        for operator in self.source.operators:
            self.assembly.at(operator.name)
            try:
                self._read(operator)
            except EdgemlError as error:
                raise EdgemlError(error.what, f"operator {operator.name}", error.hint) from error
        for place in self.source.outputs:
            self._output(place)

    def tensor(self, operator: TfliteOperator, place: int) -> TfliteTensor:
        """An input tensor of an operator.

        Raises:
            EdgemlError: it is left out.
        """
        if not self.has(operator, place):
            raise EdgemlError(f"lacks its input {place + 1}")
        return self.source.tensors[operator.inputs[place]]

    def has(self, operator: TfliteOperator, place: int) -> bool:
        """True if an operator states its input at a place."""
        return place < len(operator.inputs) and operator.inputs[place] >= 0

    def result(self, operator: TfliteOperator) -> TfliteTensor:
        """The output tensor of an operator.

        Raises:
            EdgemlError: it has none, or several.
        """
        if len(operator.outputs) != 1:
            raise EdgemlError(f"{len(operator.outputs)} outputs, one expected")
        return self.source.tensors[operator.outputs[0]]

    def value(self, operator: TfliteOperator, place: int = 0, moves: bool = False) -> AffineValue:
        """A computed input of an operator: its codes times the scale, less the zero point.

        Args:
            operator: that reads it.
            place: among the operator's inputs.
            moves: the operator passes elements on as they are, so that a softmax may wait in front of it.

        Raises:
            EdgemlError: it is a constant, or a softmax that the operator would compute with.
        """
        tensor = self.tensor(operator, place)
        value = self._values.get(operator.inputs[place])
        if value is None:
            raise EdgemlError(f"its input {tensor.name!r} is a constant, which is not covered here")
        if value.function is not None and not moves:
            raise softmax_within()
        return value

    def constant(self, operator: TfliteOperator, place: int, what: str) -> np.ndarray:
        """The values of a constant input.

        Raises:
            EdgemlError: it is computed.
        """
        tensor = self.tensor(operator, place)
        if tensor.values is None:
            raise EdgemlError(f"its {what} {tensor.name!r} is computed")
        return tensor.values

    def computed_and_constant(self, operator: TfliteOperator) -> tuple[AffineValue, IntArray, int] | None:
        """Of an operator of two inputs, one a constant: the computed one, and the codes of the other.

        Returns:
            The value, the codes in the order of its node, and the place of the value among the inputs. None
            if both are computed.

        Raises:
            EdgemlError: both are constants, or the constant has more elements than the value.
        """
        constants = [self.tensor(operator, place).values for place in (0, 1)]
        for place in (0, 1):
            numbers = constants[1 - place]
            if numbers is not None:
                value = self.value(operator, place)
                return value, value.spread_places(numbers.astype(np.int64)), place
        return None

    def quantizer(self, tensor: TfliteTensor) -> SourceQuantizer:
        """The quantizer of an int8 tensor.

        Raises:
            EdgemlError: it is of another type, or has several scales.
        """
        scale, zero = one_scale(tensor, BYTES)
        low, high = (0, 255) if tensor.kind == "UINT8" else (-128, 127)
        return SourceQuantizer(ex.exact([scale]), ex.exact([zero]), low, high, SourceRounding.HALF_UP)

    def _read(self, operator: TfliteOperator) -> None:
        name = operator.kind.lower()
        if name not in tflite_ops.names():
            raise EdgemlError(
                f"the operator {operator.kind} is not read", hint=_REMEDIES.get(operator.kind, _OTHERS)
            )
        results = tflite_ops.lowering(name)(operator, self)
        results = (results,) if isinstance(results, AffineValue) else results
        if len(results) != len(operator.outputs):
            raise EdgemlError(f"{len(operator.outputs)} outputs, {len(results)} expected")
        for place, result in zip(operator.outputs, results, strict=True):
            self._keep(operator, place, result)

    def _keep(self, operator: TfliteOperator, place: int, result: AffineValue) -> None:
        """A result at the place of its tensor, whose shape it has."""
        tensor = self.source.tensors[place]
        limits.VALUE.check(result.index.size, "the result has", operator.name)
        if result.source_shape != tensor.shape and result.index.size == int(np.prod(tensor.shape)):
            result = result.with_index(result.index.reshape(tensor.shape))
        if result.source_shape != tensor.shape:
            raise EdgemlError(f"gives the shape {result.source_shape}, the model states {tensor.shape}")
        self._values[place] = result
        self._watch(place, result)

    def _watch(self, place: int, value: AffineValue) -> None:
        """The node has the tensor's own codes, so that integers are compared."""
        if (
            value.plain
            and value.whole
            and value.only.node not in self.assembly.tensors
            and self.source.tensors[place].kind in BYTES
        ):
            self.assembly.tensors[value.only.node] = (str(place), _as_codes(value))

    def _input(self, place: int) -> None:
        tensor = self.source.tensors[place]
        self.assembly.at(tensor.name)
        if not tensor.shape or tensor.shape[0] != 1:
            raise EdgemlError(
                f"the input {tensor.name!r} of shape {tensor.shape} has no batch of one",
                hint="convert the model with a batch of one",
            )
        shape = tensor.shape[1:]
        index = natural_index(shape)
        if tensor.kind == "FLOAT32":
            value, port = model_input(self.assembly, tensor.name, shape, index)
        else:
            scale, zero = one_scale(tensor, BYTES)
            codes = FixedType(tensor.kind == "INT8", 8, 0)
            node = self.assembly.graph.add(Input(shape, codes), name=tensor.name)
            value = replace(
                of_node(node, shape, index, ex.exact([scale])), offset=ex.exact([-zero]) * ex.exact([scale])
            )
            port = InputPort(tensor.name, index, shape)
            self._watch(place, value)
        self._values[place] = value
        self.inputs.append(port)

    def _output(self, place: int) -> None:
        tensor = self.source.tensors[place]
        self.assembly.at(f"{tensor.name}_output")
        value = self._values.get(place)
        if value is None:
            raise EdgemlError(f"the output {tensor.name!r} does not depend on any input")
        before = self._before_function(place)
        source_tensor, function = self.source.tensors[before], value.function_name
        numbers: tuple[float, float] | None = None
        if value.function is not None:
            need_last(value, self._values[before], tensor.name)
            self.assembly.note(
                f"the {value.function_name} at the end is left off: the output is what it is applied to"
            )
            value = self._values[before]
        if source_tensor.kind in BYTES and value.plain:
            scale, zero = one_scale(source_tensor, BYTES)
            self.assembly.note(f"the output's value is (code {-zero:+d}) * {scale:.9g}")
            value, numbers = _as_codes(value), (scale, -zero * scale)
        port = finished_output(self.assembly, str(before), value)
        self.outputs.append(replace(port, function=function, numbers=numbers))

    def _before_function(self, place: int) -> int:
        makers = {result: operator for operator in self.source.operators for result in operator.outputs}
        while self._values[place].function is not None:
            place = makers[place].inputs[0]
        return place


def _as_codes(value: AffineValue) -> AffineValue:
    """The node itself."""
    return of_node(value.only.node, value.shape, value.index)


def one_scale(tensor: TfliteTensor, kinds: tuple[str, ...] = ("INT8",)) -> tuple[float, int]:
    """Scale and zero point of a tensor of int8, or of another of the kinds.

    Raises:
        EdgemlError: it is of another type, or has several scales or none.
    """
    if tensor.kind not in kinds or tensor.scale.size != 1:
        what = f"{tensor.scale.size} scales" if tensor.kind in kinds else f"type {tensor.kind}"
        raise EdgemlError(f"the tensor {tensor.name!r} has {what}, int8 with one scale is read", hint=REMEDY)
    return float(tensor.scale[0]), int(tensor.zero_point[0])

"""The declaration of a layer, an operation or a quantizer: one object whose fields have no default.

    layers/max_pooling2d.py     LAYER = LayerHandler(...)
    operations/clip.py          OPERATION = OperationHandler(...)
    quantizers/ternary.py       QUANTIZER = QuantizerHandler(...)

Invariant: a file that leaves a field out cannot be imported. What a class deliberately does not have is
`Absent`, with the reason, which becomes part of the message where somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import ModuleType
from typing import TYPE_CHECKING, Any

from edgeml.ir.kind import Kind

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder
    from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
    from edgeml.keras.quantizers._common import QuantizedWeights


OperationExample = Callable[[ModuleType, Any, Any], Any]
"""(keras, x, y) to the tensor that an operation gives, x and y of shape (None, 4, 3)."""


@dataclass(frozen=True)
class Absent:
    """Stands for a function that a class does not have.

    Args:
        because: the reason, as the end of the sentence "none, because ...".

    Raises:
        ValueError: there is no reason.
    """

    because: str

    def __post_init__(self) -> None:
        """Refuse an empty reason."""
        if not self.because.strip():
            raise ValueError("say why it is absent")


class LayerKind(Enum):
    """The inputs that a layer takes, and its effect on them."""

    QUANTIZED = "quantized"
    """It reads one value that is quantized."""

    ANY = "any"
    """It reads one value, quantized or not yet, and decides itself."""

    MOVES = "moves"
    """It only moves or keeps elements, so that it commutes with a quantizer and may stand before one."""

    AUGMENTS = "augments"
    """It changes samples during training and nothing afterwards; Keras writes training=True in its calls."""

    MERGES = "merges"
    """It reads several quantized values."""


@dataclass(frozen=True)
class LayerExample:
    """A layer that the contract tests build, of the class that the file is named after.

    Args:
        shape: of each input, without the batch axis.
        settings: arguments of the class; quantizers as text, "quantized_bits(6, 1, alpha=1.0)".
        inputs: how many tensors it is called on.
        refused: a part of the message with which lowering refuses it; empty if it is lowered.
    """

    shape: tuple[int, ...]
    settings: Mapping[str, Any]
    inputs: int = 1
    refused: str = ""


def example(shape: tuple[int, ...], inputs: int = 1, refused: str = "", **settings: Any) -> LayerExample:
    """A `LayerExample`, its settings given by name."""
    return LayerExample(shape, settings, inputs, refused)


@dataclass(frozen=True)
class InnerLayer:
    """A layer that an example's layer wraps.

    Args:
        name: of its class in `keras.layers` or QKeras.
        settings: arguments of the class.
    """

    name: str
    settings: Mapping[str, Any]


LayerLowering = Callable[[Any, "LayerBuilder", tuple[str, ...]], str]
FloatLayerWriter = Callable[["FloatOnnxBuilder", Any, list["FloatTensor"]], "FloatTensor"]


@dataclass(frozen=True, kw_only=True)
class LayerHandler:
    """All that edgeml does with a layer class of Keras or QKeras.

    Args:
        kind: what it can be given.
        lower: (layer, builder, inputs) to the value that carries its output: the float32 output of the layer
            for every input, unless a note says `exact=False` or float32 itself was not exact.
        float_layer: (layer) to a Keras layer of its name without quantizers, see `edgeml.keras.float_model`.
        float_onnx: (builder, layer, inputs) to the tensor that carries its output, see
            `edgeml.keras.float_onnx`.
        examples: at least one.
    """

    kind: LayerKind
    lower: LayerLowering
    float_layer: Callable[[Any], Any] | Absent
    float_onnx: FloatLayerWriter | Absent
    examples: tuple[LayerExample, ...]

    def on(self, *examples: LayerExample) -> LayerHandler:
        """The handler of a class that differs in nothing but the examples, as a twin on one spatial axis."""
        return replace(self, examples=examples)


@dataclass(frozen=True, kw_only=True)
class OperationHandler:
    """All that edgeml does with an operation of `keras.ops`.

    Args:
        kind: MOVES if it only moves elements of its one tensor, POINTWISE if of one tensor it is a function
            element by element, else the kind that fits.
        lower: (operation, builder, args, options) to a value; args are what the operation was called with, an
            `Operand` for each value, all else as it was written.
        float_onnx: (builder, operation, args, options) to the name of an ONNX tensor; args hold a
            `FloatTensor` in Keras' order for each value.
        examples: (keras, x, y) to the tensor that such an operation gives, x and y of shape (None, 4, 3); at
            least one.
        real: its results are real numbers whatever it is given, for the quantizer that follows.
    """

    kind: Kind
    lower: Callable[[Any, LayerBuilder, list[Any], dict[str, Any]], str]
    float_onnx: Callable[[FloatOnnxBuilder, Any, list[Any], dict[str, Any]], str] | Absent
    examples: tuple[OperationExample, ...]
    real: bool = False

    def on(self, *examples: OperationExample) -> OperationHandler:
        """The handler of a class that differs in nothing but the examples."""
        return replace(self, examples=examples)


@dataclass(frozen=True, kw_only=True)
class QuantizerHandler:
    """All that edgeml does with a quantizer class of QKeras.

    Args:
        quantize_weights: (quantizer, values, where) to codes and type, for constants.
        lower_activation: (quantizer, builder, value, name) to a value, for values that depend on the input.
            `_table.tabulate` is right for every deterministic quantizer that works element by element.
        float_activation: the activation that it approximates: an identifier of Keras, or a function of the
            quantizer that gives one, or a Keras layer that works element by element.
        examples: arguments of the class, at least one set.
    """

    quantize_weights: Callable[[Any, Any, str], QuantizedWeights] | Absent
    lower_activation: Callable[[Any, LayerBuilder, str, str], str]
    float_activation: str | Callable[[Any], Any] | Absent
    examples: tuple[Mapping[str, Any], ...]

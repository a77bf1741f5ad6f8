"""One call of an operation of `keras.ops` (or of Python's operators) in a functional model.

Invariant: a tensor reaches the operation's file as an exact value, or the operation was applied to a real
function of one and waits for the quantizer as that function does.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from edgeml.keras import operations
from edgeml.keras.builder import LayerBuilder, PendingFunction
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.operations import _real
from edgeml.keras.operations._common import Operand
from edgeml.keras.registry import module_for
from edgeml.keras.topology import Call, InputSlot

_REMEDIES = {
    "Split": "use slices, as in x[:, :4]",
    "Where": "use relu, keras.ops.maximum and minimum",
    "Greater": "use relu, keras.ops.maximum and minimum",
    "Less": "use relu, keras.ops.maximum and minimum",
    "Argmax": "end the model in the values; their largest is the class",
    "Einsum": "use x @ c with a constant c, or keras.layers",
    "Tensordot": "use x @ c with a constant c",
    "Conv": "use QConv1D or QConv2D, whose kernels are quantized",
    "MaxPool": "use keras.layers.MaxPooling1D or MaxPooling2D",
    "AveragePool": "use keras.layers.AveragePooling1D or AveragePooling2D",
    "BatchNorm": "use keras.layers.BatchNormalization",
    "Var": "use BatchNormalization, whose statistics are constants",
    "Std": "use BatchNormalization, whose statistics are constants",
}
"""What to use instead of an operation that is known and not covered."""


def lower_operation(builder: LayerBuilder, call: Call, inputs: tuple[str, ...]) -> str:
    """The value of one call.

    Args:
        builder: where to add ops; its layer is the call.
        call: with `arguments`.
        inputs: the values of its tensors.

    Raises:
        EdgemlError: the operation is not covered, or not in this form.
    """
    operation = call.layer
    module = _module(operation, call.name)
    _check_settings(operation, builder)
    assert call.arguments is not None
    args, options = call.arguments
    if len(inputs) == 1 and inputs[0] in builder.floats:
        (value,) = inputs
        if getattr(module, "MOVES", False):

            def move(again: LayerBuilder, source: str) -> str:
                return module.lower(operation, again, _filled(list(args), (Operand(source),)), options)

            return builder.moved(value, move)
        pending = builder.floats[value]
        if (
            getattr(module, "POINTWISE", False)
            and isinstance(pending, PendingFunction)
            and not pending.vector
        ):

            def apply(x: Any) -> Any:
                return operation(*_filled(list(args), (x,)), **options)

            return builder.function(value, keras_function(apply), type(operation).__name__.lower())
    exact = tuple(Operand(builder.exact(value)) for value in inputs)
    builder.layer = call.name
    return module.lower(operation, builder, _filled(list(args), exact), _filled(options, exact))


def _check_settings(operation: Any, builder: LayerBuilder) -> None:
    """Refuse settings that depend on the input, such as a slope.

    Raises:
        EdgemlError: names the setting.
    """
    import keras

    for name, value in vars(operation).items():
        if isinstance(value, keras.KerasTensor):
            raise builder.refuse(
                f"the setting {name} of {type(operation).__name__} is a value of the model",
                "use a constant, or write it with sums, products, maximum and minimum",
            )


def _module(operation: Any, where: str) -> ModuleType:
    if type(operation).__name__ in _real.NAMES:
        return _real
    return module_for(operations, "operation", operation, where, _REMEDIES.get(type(operation).__name__, ""))


def _filled(value: Any, inputs: tuple[Any, ...]) -> Any:
    """The arguments with an input in each slot."""
    if isinstance(value, InputSlot):
        return inputs[value.input]
    if isinstance(value, dict):
        return {key: _filled(part, inputs) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_filled(part, inputs) for part in value)
    return value

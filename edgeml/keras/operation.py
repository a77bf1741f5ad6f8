"""One call of an operation of `keras.ops` (or of Python's operators) in a functional model.

Invariant: a tensor reaches the operation's file as an exact value, or the operation was applied to a real
function of one and waits for the quantizer as that function does.
"""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras import operations
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.operations._common import Operand
from edgeml.keras.pending import PendingFunction
from edgeml.keras.topology import Call, filled, tensor_setting


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
    name = type(operation).__name__
    handler = operations.handler(operation, call.name)
    if setting := tensor_setting(operation):
        raise builder.refuse(
            f"the setting {setting} of {name} is a value of the model",
            "use a constant, or write it with sums, products, maximum and minimum",
        )
    assert call.arguments is not None
    args, options = call.arguments
    if len(inputs) == 1 and inputs[0] in builder.floats:
        (value,) = inputs
        if handler.kind is Kind.MOVES:

            def move(again: LayerBuilder, source: str) -> str:
                return handler.lower(operation, again, filled(list(args), (Operand(source),)), options)

            return builder.moved(value, move)
        pending = builder.floats[value]
        if handler.kind is Kind.POINTWISE and isinstance(pending, PendingFunction) and not pending.vector:

            def apply(x: Any) -> Any:
                return operation(*filled(list(args), (x,)), **options)

            return builder.function(value, keras_function(apply), name.lower())
    exact = tuple(Operand(builder.exact(value)) for value in inputs)
    builder.layer = call.name
    return handler.lower(operation, builder, filled(list(args), exact), filled(options, exact))

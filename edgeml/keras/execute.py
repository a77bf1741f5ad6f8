"""Run a model eagerly and keep what every call of a layer gives, inside nested models as well.

The model outside of a nested one has no tensor for what lies within, so no `keras.Model` can return it. Here
the model's own list of nodes is followed, as Keras follows it, and each result is noted as it is made.

Invariant: results stand in the order of `edgeml.keras.topology.topology(model).calls`, one for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from edgeml.keras.topology import functional_of


def every_call(
    model: Any, inputs: Sequence[Any], adjust: Callable[[int, Any], Any] = lambda _, result: result
) -> list[Any]:
    """The result of each call of a layer, at inference.

    Args:
        model: a sequential or functional Keras model.
        inputs: arrays (samples, ...) of the model's float type, one per input.
        adjust: gives another result for a call, by its number and result, before other layers read it.

    Returns:
        Tensors (samples, ...) in the order of the calls.

    Raises:
        EdgemlError: the model is of another kind, or not built.
    """
    import keras

    results: list[Any] = []

    def hook(operation: Any) -> Callable[..., Any]:
        if isinstance(operation, keras.Model):
            return within(operation)

        def call(*args: Any, **kwargs: Any) -> Any:
            if _takes_training(operation):
                kwargs["training"] = False  # as model(x, training=False) has it, whatever a call says
            with _runnable(operation, args) as arguments:
                result = adjust(len(results), operation(*arguments, **kwargs))
            results.append(result)
            return result

        return call

    def within(model: Any) -> Callable[..., Any]:
        def call(arguments: Any, **kwargs: Any) -> Any:
            del kwargs  # training=False, which is said of every layer below
            return run(functional_of(model), arguments)

        return call

    def run(functional: Any, arguments: Any) -> Any:
        return functional._run_through_graph(arguments, operation_fn=hook)

    run(functional_of(model), [keras.ops.convert_to_tensor(array) for array in inputs])
    return results


@contextmanager
def _runnable(operation: Any, arguments: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The arguments of a layer, in a context in which it runs: QConv1D of QKeras 1.2 cannot pad for "causal".

    Keras' own Conv1D pads so too: (kernel_size - 1) * dilation_rate zeros in front, and then "valid".
    """
    if getattr(operation, "padding", "") != "causal" or not type(operation).__module__.startswith("qkeras"):
        yield arguments
        return
    import keras

    (size,), (dilation,) = operation.kernel_size, operation.dilation_rate
    padded = keras.ops.pad(arguments[0], ((0, 0), ((size - 1) * dilation, 0), (0, 0)))
    operation.padding = "valid"
    try:
        yield (padded, *arguments[1:])
    finally:
        operation.padding = "causal"


def _takes_training(operation: Any) -> bool:
    """True if a layer's call has the argument; Keras 3.13 and later versions say so in two ways."""
    arguments = getattr(operation, "_call_context_args", ())
    return "training" in arguments or bool(getattr(operation, "_call_has_training_arg", False))

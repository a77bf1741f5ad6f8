"""A Keras model as a list of calls: which layer is applied to which tensors, nested models flattened.

A call is named after its layer; the second call of a shared layer is "layer_2". Names are those the graph
uses, so that a graph value and a Keras tensor of the same call can be compared.

Invariant: every tensor a call reads is a model input or was produced by an earlier call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from edgeml.errors import EdgemlError


@dataclass(frozen=True)
class Call:
    """One application of a layer.

    Args:
        name: unique in the model.
        layer: the Keras layer.
        inputs: keys of the tensors it reads, in order.
        output: key of the tensor it makes.
        tensor: the symbolic Keras tensor it makes; None inside a nested model, where the outer model
            has no tensor for it.
        training: whether training=True was written in its call.
        arguments: of an operation that is no layer (x + y), what it was called with, positional and by
            name, with a `InputSlot` in place of each tensor; None for a layer.
    """

    name: str
    layer: Any
    inputs: tuple[int, ...]
    output: int
    tensor: Any
    training: bool = False
    arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None


@dataclass(frozen=True)
class InputSlot:
    """The place of a tensor among the arguments of an operation: which of the call's inputs it is."""

    input: int


@dataclass(frozen=True)
class Topology:
    """The calls in order, the keys of the model's input tensors with their names, and of its outputs."""

    calls: tuple[Call, ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[int, ...]


def topology(model: Any) -> Topology:
    """The calls of a sequential or functional model.

    Raises:
        EdgemlError: the model is of another kind, not built, or calls something that is not a layer.
    """
    walk = _CallCollector()
    functional = functional_of(model)
    inputs: list[tuple[str, int]] = []
    for tensor in functional.inputs:
        key = walk.key()
        walk.keys[id(tensor)] = key
        inputs.append((walk.unique(_input_name(tensor)), key))
    outputs = walk.run(functional, nested=False)
    return Topology(tuple(walk.calls), tuple(inputs), tuple(outputs))


def several_outputs(operation: Any, count: int) -> EdgemlError:
    """The refusal of a layer or operation with so many results."""
    import keras

    kind = "layer" if isinstance(operation, keras.layers.Layer) else "operation"
    merges = getattr(operation, "merge_mode", "") is None
    return EdgemlError(
        f"the {kind} {type(operation).__name__} has {count} outputs",
        operation.name,
        "set its merge_mode to concat, sum, ave or mul"
        if merges
        else "use layers with one, and slices such as x[:, :4] to split a value",
    )


class _CallCollector:
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.keys: dict[int, int] = {}  # id(KerasTensor) -> key
        self._next = 0
        self._names: set[str] = set()

    def key(self) -> int:
        self._next += 1
        return self._next

    def unique(self, text: str) -> str:
        stem = re.sub(r"[^A-Za-z0-9_]", "_", text)
        stem = stem if re.match(r"[A-Za-z_]", stem) else f"_{stem}"
        name, count = stem, 1
        while name in self._names:
            count += 1
            name = f"{stem}_{count}"
        self._names.add(name)
        return name

    def run(self, functional: Any, nested: bool) -> list[int]:
        """Add the calls of one functional model whose input tensors have keys; the keys of its outputs.

        Raises:
            EdgemlError: a layer gives several tensors.
        """
        import keras

        for depth in sorted(functional._nodes_by_depth, reverse=True):
            for node in functional._nodes_by_depth[depth]:
                layer = node.operation
                if isinstance(layer, keras.layers.InputLayer):
                    continue
                is_layer = isinstance(layer, keras.layers.Layer)
                sources = tuple(self.keys[id(tensor)] for tensor in node.input_tensors)
                if isinstance(layer, keras.Model):
                    results = self._nested(layer, sources)
                elif len(node.output_tensors) == 1:
                    results = [self.key()]
                    tensor = None if nested else node.output_tensors[0]
                    self.calls.append(
                        Call(
                            self.unique(layer.name),
                            layer,
                            sources,
                            results[0],
                            tensor,
                            bool(node.arguments.kwargs.get("training")),
                            None if is_layer else _arguments(node.arguments),
                        )
                    )
                else:
                    raise several_outputs(layer, len(node.output_tensors))
                for tensor, result in zip(node.output_tensors, results, strict=True):
                    self.keys[id(tensor)] = result
        return [self.keys[id(tensor)] for tensor in functional.outputs]

    def _nested(self, model: Any, sources: tuple[int, ...]) -> list[int]:
        functional = functional_of(model)
        outer = dict(self.keys)
        for tensor, source in zip(functional.inputs, sources, strict=True):
            self.keys[id(tensor)] = source
        results = self.run(functional, nested=True)
        self.keys = outer
        return results


def _arguments(arguments: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of an operation's call, each tensor replaced by its place among the inputs."""
    import keras

    places = iter(range(len(arguments.keras_tensors)))

    def slots(value: Any) -> Any:
        if isinstance(value, keras.KerasTensor):
            return InputSlot(next(places))
        if isinstance(value, list | tuple):
            return type(value)(slots(part) for part in value)
        return value

    args = tuple(slots(value) for value in arguments.args)
    return args, {key: slots(value) for key, value in arguments.kwargs.items()}


def functional_of(model: Any) -> Any:
    """The functional model behind a sequential or functional one.

    Raises:
        EdgemlError: the model is of another kind, or not built.
    """
    import keras

    if isinstance(model, keras.Sequential):
        if not model.built or model._functional is None:
            raise EdgemlError(
                "the model is not built, its input shape is unknown",
                model.name,
                "start it with keras.Input(shape)",
            )
        return model._functional
    if isinstance(model, keras.Model) and hasattr(model, "_nodes_by_depth"):
        return model
    if isinstance(model, keras.Model):
        raise EdgemlError(
            "a subclassed model has no list of layers to lower",
            model.name,
            "build it with keras.Sequential or keras.Model",
        )
    raise EdgemlError(f"a {type(model).__name__} is not a Keras model", "model", "pass a keras.Model")


def _input_name(tensor: Any) -> str:
    """The name of the InputLayer (in a sequential model the tensor may have another)."""
    history = getattr(tensor, "_keras_history", None)
    return history.operation.name if history is not None else tensor.name


def filled(value: Any, inputs: tuple[Any, ...]) -> Any:
    """The arguments of an operation with an input in each slot."""
    if isinstance(value, InputSlot):
        return inputs[value.input]
    if isinstance(value, dict):
        return {key: filled(part, inputs) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(filled(part, inputs) for part in value)
    return value


def tensor_setting(operation: Any) -> str:
    """The name of a setting that is a value of the model, such as a computed slope; "" if none is."""
    import keras

    return next((name for name, value in vars(operation).items() if isinstance(value, keras.KerasTensor)), "")

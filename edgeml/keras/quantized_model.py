"""The quantized twin of a plain Keras model: same topology and layer names, quantizers by a preset's formats.

    Dense, Conv1D, Conv2D, ...      the layer of QKeras with kernel and bias quantizers; an inline ReLU inside
    ReLU, activation="relu"         a quantized ReLU
    tanh, sigmoid, ELU, ...         the function, and behind it a quantizer, NAME.quantized, which has a sign
                                    where results may be negative, whatever `activations.signed` says
    a mean of 12 values, 49, ...    the same; a mean of a power of two of values is exact without
    Conv1D, padding "causal"        zeros in front, NAME.pad, and padding "valid"
    SimpleRNN, LSTM, GRU            the layer of QKeras with quantized gates and states, a quantizer behind it
    Bidirectional, TimeDistributed  the wrapper around the quantized twins of what it wraps
    an input of the model           a quantizer behind it and behind its Rescaling or Normalization
    all else                        as it is; layers that are quantized already stay

A function directly in front of a quantizer gets no second one, and one at the model's end stays in float:
lowering leaves it off or makes a table of it.

Invariant: every weight of the plain model is in its twin, by layer and name, with its value.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgeml.errors import EdgemlError
from edgeml.keras import layers, operations
from edgeml.keras.backend import import_keras
from edgeml.keras.float_model import copy_weights
from edgeml.keras.holders import holders, is_recurrent, wrapped
from edgeml.keras.layers._float import settings_of
from edgeml.keras.registry import snake_case
from edgeml.keras.topology import functional_of, several_outputs

if TYPE_CHECKING:
    import keras

    from edgeml.presets import Quantizers

QUANTIZED = ".quantized"
"""The end of the name of a quantizer that the twin adds, behind the name of the layer in front of it."""

_BEFORE_INPUT = ("Rescaling", "Normalization")  # they stand in front of the input's quantizer
_FUNCTIONS = ("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
_POSITIVE = (
    "exponential",
    "hard_sigmoid",
    "relu",
    "relu6",
    "sigmoid",
    "softmax",
    "softplus",
    "sparse_sigmoid",
)
_KEEP_SIGN = (
    "AveragePooling",
    "Dropout",
    "Flatten",
    "GlobalAverage",
    "GlobalMax",
    "MaxPooling",
    "Permute",
    "Reshape",
)


def quantized(model: keras.Model, quantizers: Quantizers) -> keras.Model:
    """The quantization-aware twin of a model of plain Keras layers.

    Args:
        model: sequential or functional, trained or not; left as it is.
        quantizers: formats of input, weights, biases and activations, with exceptions by layer name.

    Returns:
        A functional model with the values of `model`'s weights; `model` itself if every layer with a kernel
        is quantized already.

    Raises:
        EdgemlError: the model is subclassed, its input's shape is unknown, or a layer has several outputs.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    if isinstance(model, import_keras().Model) and not model.built:
        raise EdgemlError(
            "the model's input shape is unknown", model.name, "start it with keras.Input(shape)"
        )
    functional_of(model)  # or an error that says what is wrong with it
    if not any(_is_plain(layer) for layer in _leaves(model)):
        return model
    twin = _Twin(quantizers).of(model)
    copy_weights(model, twin)
    return twin


class _Twin:
    """Makes one model's twin, nested models included."""

    def __init__(self, quantizers: Quantizers) -> None:
        self.quantizers = quantizers

    def of(self, model: Any, nested: bool = False, last: bool = True) -> Any:
        """The twin of a model.

        Args:
            model: sequential or functional.
            nested: it is a layer of another model, from which its inputs come quantized.
            last: its outputs are those of the outermost model.
        """
        import keras

        functional = functional_of(model)
        entrance = keras.tree.map_structure(
            lambda tensor: keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name),
            functional.input,
        )
        values = {
            id(old): new for old, new in zip(functional.inputs, keras.tree.flatten(entrance), strict=True)
        }
        raw = set() if nested else set(values)  # inputs that no quantizer has read yet
        nodes = _nodes(functional)
        readers = _readers(nodes)
        ends = {id(tensor) for tensor in functional.outputs} if last else set[int]()
        twins: dict[Any, Any] = {}
        for node in nodes:
            operation, sources = node.operation, [id(tensor) for tensor in node.input_tensors]
            in_front = type(operation).__name__ in _BEFORE_INPUT and sources[0] in raw
            for source in sources:
                if source in raw and not in_front:
                    raw.discard(source)
                    if not _quantize(readers[source]):
                        name = f"{_maker(values[source]).name}{QUANTIZED}"
                        values[source] = _activation(self.quantizers.input(), name)(values[source])
            if len(node.output_tensors) > 1 and not isinstance(operation, keras.Model):
                raise several_outputs(operation, len(node.output_tensors))
            old = id(node.output_tensors[0])
            if id(operation) not in twins:
                twins[id(operation)] = self._twin(operation, old in ends)
            arguments, options = node.arguments.fill_in(values)
            if _is_causal(operation):
                arguments = (self._padded(operation, twins, arguments[0]), *arguments[1:])
            result = twins[id(operation)](*arguments, **options)
            if in_front:
                raw.add(old)
            elif _is_real(node) and old not in ends and not _quantize(readers.get(old, [])):
                signed = not _is_positive(node.output_tensors[0])
                form = self.quantizers.linear(operation.name, signed)
                result = _activation(form, f"{operation.name}{QUANTIZED}")(result)
            for tensor, value in zip(node.output_tensors, keras.tree.flatten(result), strict=True):
                values[id(tensor)] = value
        output = keras.tree.map_structure(lambda tensor: values[id(tensor)], functional.output)
        return keras.Model(entrance, output, name=model.name)

    def _padded(self, layer: Any, twins: dict[Any, Any], value: Any) -> Any:
        """The value with zeros in front, as a convolution with padding "causal" has them."""
        import keras

        pad = twins.get((id(layer), "pad"))
        if pad is None:
            (size,), (dilation,) = layer.kernel_size, layer.dilation_rate
            pad = keras.layers.ZeroPadding1D(((size - 1) * dilation, 0), name=f"{layer.name}.pad")
            twins[id(layer), "pad"] = pad
        return pad(value)

    def _twin(self, operation: Any, last: bool) -> Any:
        import keras

        if _is_relu(operation):
            return _activation(self.quantizers.relu(operation.name), operation.name)
        if not isinstance(operation, keras.layers.Layer):
            return operation
        if isinstance(operation, keras.Model):
            return self.of(operation, nested=True, last=last)
        if _is_plain(operation):
            return self._quantized(operation, operation.name)
        return type(operation).from_config(operation.get_config())

    def _quantized(self, layer: Any, owner: str) -> Any:
        """The layer of QKeras, its kernels and bias quantized; a ReLU inside it too.

        Args:
            layer: of Keras.
            owner: the layer of the model that it is or that wraps it, whose formats it takes.
        """
        import qkeras

        inner = wrapped(layer)
        if inner:
            return self._wrapper(layer, [self._quantized(part, owner) for part in inner])
        if not _is_plain(layer):
            return type(layer).from_config(layer.get_config())
        cls, forms = getattr(qkeras, f"Q{type(layer).__name__}"), self.quantizers
        if is_recurrent(layer):
            return self._recurrent(layer, cls, owner)
        settings = settings_of(layer, cls)
        if _is_causal(layer):  # QConv1D of QKeras 1.2 cannot pad so
            settings["padding"] = "valid"
        for name in inspect.signature(cls).parameters:
            if name.endswith("_quantizer"):
                settings[name] = forms.bias(owner) if name.startswith("bias") else forms.kernel(owner)
        if _plain_function(layer) == "relu":
            settings["activation"] = forms.relu(owner)
        return cls.from_config(settings)

    def _recurrent(self, layer: Any, cls: Any, owner: str) -> Any:
        """The layer of QKeras with quantized weights, gates and states.

        Raises:
            EdgemlError: a gate's function has no quantizer of QKeras.
        """
        import qkeras

        forms = self.quantizers
        settings = settings_of(layer, getattr(qkeras, f"{cls.__name__}Cell")) | settings_of(layer, cls)
        settings |= {
            "kernel_quantizer": forms.kernel(owner),
            "recurrent_quantizer": forms.kernel(owner),
            "bias_quantizer": forms.bias(owner),
            "state_quantizer": forms.state(owner),
        }
        for attribute in ("activation", "recurrent_activation"):
            if attribute in settings:
                settings[attribute] = self._gate(getattr(layer, attribute), attribute, owner)
        return cls(**settings)

    def _gate(self, function: Any, attribute: str, owner: str) -> str:
        forms, name = self.quantizers, getattr(function, "__name__", type(function).__name__)
        quantized = {"tanh": forms.tanh, "sigmoid": forms.sigmoid, "relu": forms.relu, "linear": forms.state}
        if not _of_keras(function) or name not in quantized:
            raise EdgemlError(
                f"the {attribute} {name} of a recurrent layer has no quantized twin",
                owner,
                f"use {', '.join(quantized)}, or a recurrent layer of QKeras with its own quantizers",
            )
        return quantized[name](owner)

    def _wrapper(self, layer: Any, inner: list[Any]) -> Any:
        import keras

        if len(inner) == 1:
            return keras.layers.TimeDistributed(inner[0], name=layer.name)
        forward, backward = inner
        return keras.layers.Bidirectional(
            forward, merge_mode=layer.merge_mode, backward_layer=backward, name=layer.name
        )


def _nodes(functional: Any) -> list[Any]:
    """The calls of a functional model but those of its inputs, each behind what it reads."""
    depths = functional._nodes_by_depth
    return [node for depth in sorted(depths, reverse=True) for node in depths[depth] if not node.is_input]


def _readers(nodes: Sequence[Any]) -> dict[int, list[Any]]:
    """The operations that read each tensor."""
    readers: dict[int, list[Any]] = {}
    for node in nodes:
        for tensor in node.input_tensors:
            readers.setdefault(id(tensor), []).append(node.operation)
    return readers


def _quantize(operations: Sequence[Any]) -> bool:
    """True if all of them are quantizers; false if there is none."""
    return bool(operations) and all(type(operation).__name__ == "QActivation" for operation in operations)


def _maker(tensor: Any) -> Any:
    return tensor._keras_history.operation


def _activation(form: str, name: str) -> Any:
    from qkeras import QActivation

    return QActivation(form, name=name)


def _leaves(model: Any) -> list[Any]:
    return [
        leaf for layer in model.layers for leaf in (_leaves(layer) if hasattr(layer, "layers") else [layer])
    ]


def _is_plain(layer: Any) -> bool:
    """True for a layer of Keras with a kernel for which QKeras has a layer."""
    if inner := wrapped(layer):
        return any(_is_plain(part) for part in inner)
    twin = snake_case(f"Q{type(layer).__name__}")
    if not _of_keras(type(layer)) or twin not in layers.names():
        return False
    return any(hasattr(part, kernel) for part in holders(layer) for kernel in ("kernel", "depthwise_kernel"))


def _has_state(operation: Any) -> bool:
    """True for a recurrent layer, and for one that wraps recurrent layers."""
    return any(is_recurrent(layer) for layer in (operation, *wrapped(operation)))


def _is_relu(operation: Any) -> bool:
    """True for a plain ReLU: without bound, slope or threshold."""
    kind = type(operation).__name__
    if kind == "Activation":
        return getattr(operation.activation, "__name__", "") == "relu"
    if kind == "ReLU":
        return operation.max_value is None and not operation.negative_slope and not operation.threshold
    return kind == "Relu"


def _is_causal(operation: Any) -> bool:
    """True for a plain Conv1D with padding "causal"."""
    return getattr(operation, "padding", "") == "causal" and _is_plain(operation)


def _is_real(node: Any) -> bool:
    """True for a call whose results have no exact form in fixed point: a function, or a mean."""
    return _is_function(node.operation) or _divides(node)


def _divides(node: Any) -> bool:
    """True for a mean over a number of values that is no power of two, at some position at least."""
    kind, (source, *_), (result, *_) = type(node.operation).__name__, node.input_tensors, node.output_tensors
    if kind.startswith("AveragePooling"):
        pool, size = node.operation.pool_size, source.shape[1:-1]
        count = math.prod(pool)
        if node.operation.padding == "same" and any(n % k and k > 2 for n, k in zip(size, pool, strict=True)):
            return True  # windows at the border hold fewer
    elif kind.startswith("GlobalAveragePooling") or kind in ("Mean", "Average"):
        if len(node.input_tensors) > 1 or None in (*source.shape[1:], *result.shape[1:]):
            return False
        count = math.prod(source.shape[1:]) // math.prod(result.shape[1:])
    else:
        return False
    return _of_keras(type(node.operation)) and count & (count - 1) != 0


def _is_positive(tensor: Any) -> bool:
    """True for results that are never negative: of a ReLU, a sigmoid and the like, or pools of them."""
    operation, index, _ = tensor._keras_history
    function = _plain_function(operation) or snake_case(type(operation).__name__)
    if function == "re_lu":
        return not getattr(operation, "negative_slope", 0)
    if function in _POSITIVE:
        return True
    node = operation._inbound_nodes[index]
    inner = function == "mean" or type(operation).__name__.startswith(_KEEP_SIGN)
    return inner and all(_is_positive(source) for source in node.input_tensors)


def _is_function(operation: Any) -> bool:
    """True for a layer or operation that is a function without an exact form, or a layer that ends in one."""
    if not hasattr(operation, "get_weights"):
        name = snake_case(type(operation).__name__)
        return _of_keras(type(operation)) and name in operations.names() and operations.load(name).real
    if _has_state(operation):
        return _is_plain(operation)
    if type(operation).__name__ in _FUNCTIONS:
        return not _is_relu(operation)
    return _plain_function(operation) not in ("", "linear", "relu")


def _plain_function(layer: Any) -> str:
    """The name of Keras' function that a layer ends in; "" if it has none or a quantizer."""
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", "") if _of_keras(activation) else ""


def _of_keras(thing: Any) -> bool:
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return module.split(".")[0] == "keras"

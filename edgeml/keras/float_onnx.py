"""The float baseline as ONNX: plain float32, standard ops, as a user who never quantizes would have it.

It is what the quantized network is compared with, in accuracy and in speed, so it is written as fast as it
can be without changing the network: images become channels-first once, and a Flatten in front of a Dense
layer permutes the weights instead of the data.

Invariant: input and output have the names and shapes of the Keras model, and the values are Keras' but for
the order of float additions. To cover another layer, add a function to `_LAYERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.datasets import Array
from edgeml.errors import EdgemlError
from edgeml.keras.onnx_builder import Builder, Value
from edgeml.keras.topology import Call, topology
from edgeml.onnx_model import OnnxPort, OnnxVersion

if TYPE_CHECKING:
    import keras

_VERSION = OnnxVersion(opset=17, ir_version=10)


def float_onnx(model: keras.Model) -> bytes:
    """A Keras model as ONNX.

    Args:
        model: sequential or functional, of float layers; see `edgeml.keras.float_model`.

    Returns:
        The bytes of an .onnx file: opset 17, float32, batch size free.

    Raises:
        EdgemlError: a layer is not covered; names it.
        MissingToolError: onnx is not installed.
    """
    plan = topology(model)
    build = Builder()
    values: dict[int, Value] = {}
    inputs: list[OnnxPort] = []
    for (name, key), tensor in zip(plan.inputs, model.inputs, strict=True):
        values[key] = Value(name, tuple(tensor.shape[1:]))
        inputs.append(OnnxPort(name, ("batch", *tensor.shape[1:])))
    for call in plan.calls:
        values[call.output] = _emitted(build, call, [values[key] for key in call.inputs])
    outputs: list[OnnxPort] = []
    for key in plan.outputs:
        name = next((call.name for call in plan.calls if call.output == key), "output")
        value = build.last(values[key])
        build.writer.node("Identity", [value.name], name)
        outputs.append(OnnxPort(name, ("batch", *value.shape)))
    proto = build.writer.finish(model.name, inputs, outputs, _VERSION)
    from onnx import checker

    checker.check_model(proto, full_check=True)
    return proto.SerializeToString()


_Emit = Callable[[Builder, Any, list[Value]], Value]


def _emitted(build: Builder, call: Call, inputs: list[Value]) -> Value:
    """One layer and its inline activation."""
    layer = call.layer
    build.begin(call.name)
    kind = type(layer).__name__
    if kind not in _LAYERS or type(layer).__module__.split(".")[0] != "keras":
        raise EdgemlError(
            f"the layer class {kind} cannot be written as float ONNX",
            call.name,
            f"covered: {', '.join(sorted(_LAYERS))}",
        )
    value = _LAYERS[kind](build, layer, inputs)
    wanted = layer.compute_output_shape(
        [(None, *v.shape) for v in inputs] if len(inputs) > 1 else (None, *inputs[0].shape)
    )
    assert value.shape == tuple(wanted[1:]), (call.name, value.shape, wanted)
    if kind != "Activation" and getattr(layer, "activation", None) is not None:
        value = _activated(build, layer.activation, value, call.name)
    return value


def _activated(build: Builder, function: Any, value: Value, layer: str) -> Value:
    name = getattr(function, "__name__", type(function).__name__)
    if name == "linear":
        return value
    if name == "softmax":
        value = build.last(value)
        return replace(value, name=build.add("Softmax", [value.name], axis=-1))
    if name == "silu":
        gate = build.add("Sigmoid", [value.name])
        return replace(value, name=build.add("Mul", [value.name, gate]))
    if name == "relu6":
        return replace(value, name=build.add("Clip", [value.name, build.const(0), build.const(6)]))
    if name not in _FUNCTIONS:
        known = ", ".join(sorted([*_FUNCTIONS, "linear", "relu6", "silu", "softmax"]))
        raise EdgemlError(
            f"the activation {name} cannot be written as float ONNX", layer, f"covered: {known}"
        )
    op, attributes = _FUNCTIONS[name]
    return replace(value, name=build.add(op, [value.name], **attributes))


_FUNCTIONS: dict[str, tuple[str, dict[str, float]]] = {
    "relu": ("Relu", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "elu": ("Elu", {"alpha": 1.0}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "softplus": ("Softplus", {}),
}
"""Keras' name and default parameters, and the ONNX op that is the same function."""


def _activation(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    return _activated(build, layer.activation, inputs[0], layer.name)


def _relu(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    value = inputs[0]
    if layer.threshold:
        raise EdgemlError("a ReLU with a threshold cannot be written as float ONNX", layer.name)
    slope, highest = float(layer.negative_slope or 0), layer.max_value
    name = build.add("LeakyRelu", [value.name], alpha=slope) if slope else build.add("Relu", [value.name])
    if highest is not None:
        name = build.add("Min", [name, build.const(highest)])
    return replace(value, name=name)


def _leaky_relu(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    return replace(
        inputs[0], name=build.add("LeakyRelu", [inputs[0].name], alpha=float(layer.negative_slope))
    )


def _same(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    del build, layer
    return inputs[0]


def _dense(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    value, kernel = inputs[0], np.asarray(layer.kernel)
    bias = np.asarray(layer.bias) if layer.use_bias else np.zeros(layer.units, np.float32)
    if value.flat is not None:
        kernel = _channels_first(kernel.reshape(*value.flat, -1)).reshape(kernel.shape)
        value = replace(value, flat=None)
    value = build.last(value)
    shape = (*value.shape[:-1], layer.units)
    if len(shape) == 1:
        return Value(build.add("Gemm", [value.name, build.const(kernel), build.const(bias)]), shape)
    product = build.add("MatMul", [value.name, build.const(kernel)])
    return Value(build.add("Add", [product, build.const(bias)]) if layer.use_bias else product, shape)


def _channels_first(array: Array) -> Array:
    """(*space, channels, n) as (channels, *space, n)."""
    return np.moveaxis(array, -2, 0)


def _conv(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    """Kernel (*window, in, out) becomes (out, in, *window)."""
    kernel = np.asarray(layer.kernel)
    kernel = np.moveaxis(kernel, (-1, -2), (0, 1))
    return _convolved(build, layer, inputs[0], kernel, layer.groups)


def _depthwise(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    """Kernel (*window, channels, multiplier) becomes (channels * multiplier, 1, *window)."""
    kernel = np.moveaxis(np.asarray(layer.kernel), (-2, -1), (0, 1))
    channels, multiplier, *window = kernel.shape
    return _convolved(build, layer, inputs[0], kernel.reshape(channels * multiplier, 1, *window), channels)


def _convolved(build: Builder, layer: Any, value: Value, kernel: Array, groups: int) -> Value:
    _channels_last(layer)
    value = build.first(value)
    window = kernel.shape[2:]
    strides, dilations = tuple(layer.strides), tuple(layer.dilation_rate)
    reach = tuple((size - 1) * step + 1 for size, step in zip(window, dilations, strict=True))
    pads, space = _padding(layer.padding, value.shape[:-1], reach, strides)
    constants = [build.const(kernel)]
    if layer.use_bias:
        constants.append(build.const(layer.bias))
    name = build.add(
        "Conv",
        [value.name, *constants],
        strides=strides,
        dilations=dilations,
        group=groups,
        pads=pads,
        kernel_shape=window,
    )
    return Value(name, (*space, kernel.shape[0]), first=True)


def _pool(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    _channels_last(layer)
    value = build.first(inputs[0])
    window, strides = tuple(layer.pool_size), tuple(layer.strides)
    pads, space = _padding(layer.padding, value.shape[:-1], window, strides)
    op = "MaxPool" if "Max" in type(layer).__name__ else "AveragePool"  # neither counts the padding
    name = build.add(op, [value.name], kernel_shape=window, strides=strides, pads=pads)
    return Value(name, (*space, value.shape[-1]), first=True)


def _global_pool(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    _channels_last(layer)
    value = build.first(inputs[0])
    name = build.add("GlobalMaxPool" if "Max" in type(layer).__name__ else "GlobalAveragePool", [value.name])
    channels, rank = value.shape[-1], len(value.shape) - 1
    pooled = Value(name, (*[1] * rank, channels), first=True)
    if layer.keepdims:
        return pooled
    return Value(build.add("Flatten", [name]), (channels,))


def _padding(
    how: str, space: tuple[int, ...], reach: tuple[int, ...], strides: tuple[int, ...]
) -> tuple[list[int], tuple[int, ...]]:
    """ONNX's pads (all begins, then all ends) and the size of the result, as TensorFlow has them."""
    begins, ends, sizes = [], [], []
    for size, window, stride in zip(space, reach, strides, strict=True):
        if how == "valid":
            before = after = 0
        elif how == "causal":
            before, after = window - 1, 0
        else:
            total = max((-(-size // stride) - 1) * stride + window - size, 0)
            before, after = total // 2, total - total // 2
        begins.append(before)
        ends.append(after)
        sizes.append((size + before + after - window) // stride + 1)
    return begins + ends, tuple(sizes)


def _batch_norm(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    value = inputs[0]
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    if axis not in {-1, len(value.shape)}:
        raise EdgemlError(f"batch normalization over axis {axis} cannot be written as float ONNX", layer.name)
    value = build.first(value)
    count = value.shape[-1]
    gamma = layer.gamma if layer.scale else np.ones(count)
    beta = layer.beta if layer.center else np.zeros(count)
    constants = [build.const(array) for array in (gamma, beta, layer.moving_mean, layer.moving_variance)]
    return replace(
        value, name=build.add("BatchNormalization", [value.name, *constants], epsilon=layer.epsilon)
    )


def _flatten(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    _channels_last(layer)
    value = inputs[0]
    size = int(np.prod(value.shape))
    flat = build.add("Flatten", [value.name], axis=1)
    return Value(flat, (size,), flat=value.shape if value.first else value.flat)


def _reshape(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    value = build.last(inputs[0])
    return build.reshaped(value, tuple(layer.compute_output_shape((None, *value.shape))[1:]))


def _merge(op: str) -> _Emit:
    def emit(build: Builder, layer: Any, inputs: list[Value]) -> Value:
        values = [build.last(value) for value in inputs]
        if len({value.shape for value in values}) > 1:
            raise EdgemlError(
                "merges tensors of different shapes", layer.name, "give it tensors of one shape"
            )
        name = values[0].name
        for value in values[1:]:
            name = build.add(op, [name, value.name])
        if type(layer).__name__ == "Average":
            name = build.add("Div", [name, build.const(len(values))])
        return replace(values[0], name=name)

    return emit


def _concatenate(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    values = [build.last(value) for value in inputs]
    axis = layer.axis % (len(values[0].shape) + 1)
    shape = list(values[0].shape)
    shape[axis - 1] = sum(value.shape[axis - 1] for value in values)
    return Value(build.add("Concat", [value.name for value in values], axis=axis), tuple(shape))


def _zero_padding(build: Builder, layer: Any, inputs: list[Value]) -> Value:
    _channels_last(layer)
    value = build.first(inputs[0])
    pairs = [layer.padding] if isinstance(layer.padding[0], int) else list(layer.padding)
    pads = [0, 0, *(before for before, _ in pairs), 0, 0, *(after for _, after in pairs)]
    space = [size + before + after for size, (before, after) in zip(value.shape, pairs, strict=False)]
    name = build.add("Pad", [value.name, build.const(pads, np.int64)])
    return Value(name, (*space, value.shape[-1]), first=True)


def _channels_last(layer: Any) -> None:
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise EdgemlError(
            "is channels_first", layer.name, "build the model with channels_last, Keras' default"
        )


_LAYERS: dict[str, _Emit] = {
    "Activation": _activation,
    "Add": _merge("Add"),
    "Average": _merge("Add"),
    "AveragePooling1D": _pool,
    "AveragePooling2D": _pool,
    "BatchNormalization": _batch_norm,
    "Concatenate": _concatenate,
    "Conv1D": _conv,
    "Conv2D": _conv,
    "Dense": _dense,
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "Dropout": _same,
    "Flatten": _flatten,
    "GaussianDropout": _same,
    "GaussianNoise": _same,
    "GlobalAveragePooling1D": _global_pool,
    "GlobalAveragePooling2D": _global_pool,
    "GlobalMaxPooling1D": _global_pool,
    "GlobalMaxPooling2D": _global_pool,
    "Identity": _same,
    "LeakyReLU": _leaky_relu,
    "MaxPooling1D": _pool,
    "MaxPooling2D": _pool,
    "Maximum": _merge("Max"),
    "Minimum": _merge("Min"),
    "Multiply": _merge("Mul"),
    "ReLU": _relu,
    "Reshape": _reshape,
    "SpatialDropout1D": _same,
    "SpatialDropout2D": _same,
    "Subtract": _merge("Sub"),
    "ZeroPadding1D": _zero_padding,
    "ZeroPadding2D": _zero_padding,
}

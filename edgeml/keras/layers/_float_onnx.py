"""Float ONNX of layers, the shared parts: activations, convolutions, pooling, merges.

Kernels of convolutions become (filters, channels, *window), images channels first, as ONNX wants them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.keras.layers._functions import FUNCTIONS
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor

_NAMED = ("linear", "relu", "softmax")
"""Functions with an op of their own in the graph; all others are in `FUNCTIONS`."""


def unchanged(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """The one input itself: the layer does nothing at inference."""
    return inputs[0]


def activated(build: FloatOnnxBuilder, activation: Any, value: FloatTensor) -> FloatTensor:
    """The value after an inline activation: a function of Keras, or a layer that works element by element.

    Raises:
        EdgemlError: the activation is not covered.
    """
    import keras

    from edgeml.keras import layers

    if activation is None:
        return value
    if isinstance(activation, keras.layers.Layer):
        write = layers.handler(activation, activation.name).float_onnx
        assert callable(write)  # a layer of Keras that works element by element
        return write(build, activation, [value])
    name = getattr(activation, "__name__", type(activation).__name__)
    if name == "linear":
        return value
    if name == "relu":
        return build.pointwise("Relu", value)
    if name == "softmax":
        return softmax_node(build, value)
    home = getattr(activation, "__module__", "").split(".")[0]
    if home != "keras" or name not in FUNCTIONS:
        raise build.refuse(f"the activation {name}", f"covered: {', '.join(sorted([*FUNCTIONS, *_NAMED]))}")
    return replace(value, name=FUNCTIONS[name](build, value.name))


def softmax_node(build: FloatOnnxBuilder, value: FloatTensor, axis: int = -1) -> FloatTensor:
    """Softmax along an axis, counted as Keras does."""
    value = build.channels_last(value)
    return build.pointwise("Softmax", value, axis=axis)


def convolved(
    build: FloatOnnxBuilder,
    layer: Any,
    value: FloatTensor,
    kernel: NDArray[np.float32],
    groups: int,
    bias: Any = None,
) -> FloatTensor:
    """A convolution with the strides, dilation and padding of the layer.

    Args:
        build: where to add nodes.
        layer: gives the window's settings.
        value: an image.
        kernel: (filters, channels / groups, *window).
        groups: of channels.
        bias: (filters,), or None.
    """
    only_channels_last(build, layer)
    value = build.channels_first(value)
    window = kernel.shape[2:]
    strides, dilations = _each(layer.strides, window), _each(layer.dilation_rate, window)
    reach = tuple((size - 1) * step + 1 for size, step in zip(window, dilations, strict=True))
    pads, space = padding(layer.padding, value.shape[:-1], reach, strides)
    constants = [build.const(kernel)]
    if bias is not None:
        constants.append(build.const(bias))
    name = build.add(
        "Conv",
        [value.name, *constants],
        strides=strides,
        dilations=dilations,
        group=groups,
        pads=pads,
        kernel_shape=window,
    )
    return FloatTensor(name, (*space, kernel.shape[0]), first=True)


def depthwise_kernel(kernel: Any) -> tuple[NDArray[np.float32], int]:
    """(*window, channels, multiplier) as (channels * multiplier, 1, *window), and the channels."""
    moved = np.moveaxis(np.asarray(kernel), (-2, -1), (0, 1))
    channels, multiplier, *window = moved.shape
    return moved.reshape(channels * multiplier, 1, *window), channels


def full_kernel(kernel: Any) -> NDArray[np.float32]:
    """(*window, channels, filters) as (filters, channels, *window)."""
    return np.moveaxis(np.asarray(kernel), (-1, -2), (0, 1))


def bias_of(layer: Any) -> Any:
    """The layer's bias, or None."""
    return layer.bias if layer.use_bias else None


def transposed(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """A transposed convolution, 1-D or 2-D; kernel (*window, filters, channels).

    Raises:
        EdgemlError: the layer has an output padding.
    """
    only_channels_last(build, layer)
    if getattr(layer, "output_padding", None) is not None:
        raise build.refuse("a transposed convolution with output_padding", "leave it at None")
    value = build.channels_first(inputs[0])
    kernel = np.asarray(layer.kernel)
    window = kernel.shape[:-2]
    strides, dilations = _each(layer.strides, window), _each(layer.dilation_rate, window)
    begins, ends, more, space = [], [], [], []
    for size, points, stride, step in zip(value.shape[:-1], window, strides, dilations, strict=True):
        reach = (points - 1) * step + 1
        surplus = max(reach - stride, 0)
        cut = surplus if layer.padding == "same" else 0
        begins.append(cut // 2)
        ends.append(cut - cut // 2)
        more.append(max(stride - reach, 0))
        space.append(size * stride + surplus - cut)
    bias = bias_of(layer)
    constants = [build.const(np.moveaxis(kernel, (-1, -2), (0, 1)))]
    name = build.add(
        "ConvTranspose",
        [value.name, *constants, *([] if bias is None else [build.const(bias)])],
        strides=strides,
        dilations=dilations,
        pads=begins + ends,
        output_padding=more,
        kernel_shape=window,
    )
    result = FloatTensor(name, (*space, kernel.shape[-2]), first=True)
    return activated(build, layer.activation, result)


def pooled(op: str) -> Callable[[FloatOnnxBuilder, Any, list[FloatTensor]], FloatTensor]:
    """A pooling layer as MaxPool or AveragePool; neither counts the padding."""

    def write(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
        only_channels_last(build, layer)
        value = build.channels_first(inputs[0])
        window, strides = tuple(layer.pool_size), tuple(layer.strides)
        pads, space = padding(layer.padding, value.shape[:-1], window, strides)
        name = build.add(op, [value.name], kernel_shape=window, strides=strides, pads=pads)
        return FloatTensor(name, (*space, value.shape[-1]), first=True)

    return write


def pooled_whole(op: str) -> Callable[[FloatOnnxBuilder, Any, list[FloatTensor]], FloatTensor]:
    """A global pooling layer as GlobalMaxPool or GlobalAveragePool."""

    def write(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
        only_channels_last(build, layer)
        value = build.channels_first(inputs[0])
        name = build.add(op, [value.name])
        channels, rank = value.shape[-1], len(value.shape) - 1
        if layer.keepdims:
            return FloatTensor(name, (*[1] * rank, channels), first=True)
        return FloatTensor(build.add("Flatten", [name]), (channels,))

    return write


def padding(
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


def merged(op: str) -> Callable[[FloatOnnxBuilder, Any, list[FloatTensor]], FloatTensor]:
    """A merging layer: one op after the other, shapes broadcast."""

    def write(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
        values = [build.channels_last(value) for value in inputs]
        if len({len(value.shape) for value in values}) > 1:
            raise build.refuse("a merge of tensors of different ranks", "give it tensors of one rank")
        name = values[0].name
        for value in values[1:]:
            name = build.add(op, [name, value.name])
        return FloatTensor(name, np.broadcast_shapes(*(value.shape for value in values)))

    return write


def spatial(build: FloatOnnxBuilder, value: FloatTensor) -> tuple[FloatTensor, int]:
    """The value with axes of its own, and the ONNX axis where its spatial axes begin."""
    value = build.channels_last(value) if value.flat is not None else value
    return value, 2 if value.first else 1


def only_channels_last(build: FloatOnnxBuilder, layer: Any) -> None:
    """Refuse channels_first.

    Raises:
        EdgemlError: the layer's data format is channels_first.
    """
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise build.refuse("a layer that is channels_first", "build the model with channels_last")


def _each(value: Any, window: tuple[int, ...]) -> tuple[int, ...]:
    return (value,) * len(window) if isinstance(value, int) else tuple(value)

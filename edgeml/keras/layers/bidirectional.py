"""Bidirectional: one recurrent layer over the sequence and one against it, their results merged."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.keras import layers
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import InnerLayer, LayerHandler, LayerKind, example
from edgeml.keras.layers._recurrent_float import backwards, recurrent_example
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor

_WAYS = ("forward", "backward")


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Both layers, and the merge; a sequence of the second is turned round."""
    results: list[str] = []
    for way in _WAYS:
        inner = getattr(layer, f"{way}_layer")
        handler = layers.handler(inner, builder.layer, "wrap QSimpleRNN, QLSTM or QGRU")
        with builder.within(way):
            results.append(handler.lower(inner, builder, inputs))
    forward, backward = results
    if layer.return_sequences:
        node = builder.graph.node(backward)
        assert node is not None and isinstance(node.op, Concat)
        backward = builder.add(Concat(0), *reversed(node.inputs), part="backward.turned")
    if layer.merge_mode == "concat":
        axis = len(builder.info(forward).shape) - 1
        return builder.add(Concat(axis), forward, backward, part="concat")
    if layer.merge_mode == "mul":
        return builder.add(Mul(), forward, backward, part="product")
    total = builder.add(Add(), forward, backward, part="sum")
    return total if layer.merge_mode == "sum" else builder.add(Scale(-1), total, part="mean")


def float_layer(layer: Any) -> Any:
    """A Bidirectional of the float counterparts of its two layers."""
    import keras

    ways = [getattr(layer, f"{way}_layer") for way in _WAYS]
    forward, backward = (layers.handler(way, layer.name).float_layer(way) for way in ways)  # type: ignore[operator]
    return keras.layers.Bidirectional(
        forward, merge_mode=layer.merge_mode, backward_layer=backward, name=layer.name
    )


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Two recurrent layers."""
    results: list[FloatTensor] = []
    for way in _WAYS:
        inner = getattr(layer, f"{way}_layer")
        write = layers.handler(inner, layer.name).float_onnx
        if not callable(write):
            raise build.refuse(f"the layer class {type(inner).__name__}", write.because)
        with build.within(way):
            results.append(write(build, inner, inputs))
    forward, backward = results
    second = backwards(build, backward.name, 1) if layer.return_sequences else backward.name
    names = [forward.name, second]
    if layer.merge_mode == "concat":
        shape = (*forward.shape[:-1], forward.shape[-1] + backward.shape[-1])
        return FloatTensor(build.add("Concat", names, axis=-1), shape)
    merged = FloatTensor(build.add("Mul" if layer.merge_mode == "mul" else "Add", names), forward.shape)
    return build.pointwise("Mul", merged, 0.5) if layer.merge_mode == "ave" else merged


_SIMPLE = InnerLayer(
    "QSimpleRNN", recurrent_example(activation="quantized_tanh(6, use_real_tanh=True)").settings
)
SEQUENCE = InnerLayer("QSimpleRNN", {**_SIMPLE.settings, "return_sequences": True})

LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=float_layer,
    float_onnx=float_onnx,
    examples=(
        example((5, 3), layer=_SIMPLE),
        example((5, 3), layer=SEQUENCE, merge_mode="ave"),
        example((5, 3), layer=SEQUENCE),
        example((5, 3), layer=InnerLayer("LSTM", {"units": 3}), merge_mode="sum", refused="use QLSTM("),
    ),
)

"""TimeDistributed: one layer on every step of a sequence.

A Dense layer works on the last axis and takes the sequence as it is; any other is written once for each step,
with one set of weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.lookup import MAX_INDEX_BITS
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.slice import Slice
from edgeml.keras import layers
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import Absent, InnerLayer, LayerHandler, LayerKind, example
from edgeml.keras.layers._families import quantizers
from edgeml.keras.layers._recurrent import MAX_STEPS
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor

_ON_LAST_AXIS = ("Dense", "QDense")
_REMEDY = "wrap each layer of Keras or QKeras on its own"


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The layer, for each step where it has to be."""
    inner, value = layer.layer, inputs[0]
    handler = layers.handler(inner, builder.layer, _REMEDY)
    if type(inner).__name__ in _ON_LAST_AXIS:
        return handler.lower(inner, builder, inputs)
    steps, *shape = builder.info(value).shape
    if steps > MAX_STEPS:
        raise builder.refuse(f"{steps} steps, at most {MAX_STEPS} are unrolled", "shorten the sequence")
    rows: list[str] = []
    rest = (0,) * len(shape)
    for step in range(steps):
        with builder.within(f"t{step}", MAX_INDEX_BITS):
            cut = Slice((step, *rest), (step + 1, *shape), (1, *(1 for _ in shape)))
            part = builder.add(Reshape(tuple(shape)), builder.add(cut, value, part="row"), part="input")
            result = handler.lower(inner, builder, (part,))
            if result in builder.floats:
                raise builder.refuse(
                    f"its {type(inner).__name__} ends in a real function",
                    "give it a quantizer as activation, quantized_tanh(8, use_real_tanh=True) for example",
                )
            size = builder.info(result).shape
            rows.append(builder.add(Reshape((1, *size)), result, part="output"))
    return builder.add(Concat(0), *rows, part="sequence")


def float_layer(layer: Any) -> Any:
    """A TimeDistributed of the float counterpart."""
    import keras

    make = layers.handler(layer.layer, layer.name, _REMEDY).float_layer
    assert not isinstance(make, Absent)
    return keras.layers.TimeDistributed(make(layer.layer), name=layer.name)


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """A Dense layer on the last axis as it is; another layer on a batch of all steps of all samples.

    Where all steps are written out, it stands once for each.
    """
    inner = layer.layer
    write = layers.handler(inner, layer.name, _REMEDY).float_onnx
    if isinstance(write, Absent):
        raise build.refuse(f"the layer class {type(inner).__name__}", write.because)
    if type(inner).__name__ in _ON_LAST_AXIS:
        return write(build, inner, inputs)
    value = build.channels_last(inputs[0])
    steps, *shape = value.shape
    if build.unrolled:
        if steps > MAX_STEPS:
            raise build.refuse(f"{steps} steps, at most {MAX_STEPS} are unrolled", "shorten the sequence")
        return _each_step(build, value, lambda part: write(build, inner, [part]))
    merged = FloatTensor(_shaped(build, value.name, [-1, *shape]), tuple(shape))
    result = build.channels_last(write(build, inner, [merged]))
    return FloatTensor(_shaped(build, result.name, [-1, steps, *result.shape]), (steps, *result.shape))


def _each_step(
    build: FloatOnnxBuilder, value: FloatTensor, write: Callable[[FloatTensor], FloatTensor]
) -> FloatTensor:
    """A layer on one step after the other."""
    import numpy as np

    steps, *shape = value.shape
    rows: list[FloatTensor] = []
    for step in range(steps):
        with build.within(f"t{step}"):
            ends = [build.const([number], np.int64) for number in (step, step + 1, 1)]
            cut = FloatTensor(build.add("Slice", [value.name, *ends]), (1, *shape))
            result = build.channels_last(write(build.reshaped(cut, tuple(shape))))
            rows.append(build.reshaped(result, (1, *result.shape)))
    return FloatTensor(build.add("Concat", [row.name for row in rows], axis=1), (steps, *rows[0].shape[1:]))


def _shaped(build: FloatOnnxBuilder, name: str, shape: list[int]) -> str:
    import numpy as np

    return build.add("Reshape", [name, build.const(shape, np.int64)])


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=float_layer,
    float_onnx=float_onnx,
    examples=(
        example((4, 6), layer=InnerLayer("QDense", {"units": 3, **quantizers("kernel")})),
        example(
            (2, 5, 4, 2),
            layer=InnerLayer("QConv2D", {"filters": 3, "kernel_size": 2, **quantizers("kernel")}),
        ),
        example((3, 6, 2), layer=InnerLayer("MaxPooling1D", {"pool_size": 2})),
    ),
)

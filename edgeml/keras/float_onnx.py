"""The float baseline as ONNX: plain float32, standard ops, as a user who never quantizes would have it.

It is what the quantized network is compared with, in accuracy and in speed, so it is written as fast as it
can be without changing the network: images become channels-first once, and a Flatten in front of a Dense
layer permutes the weights instead of the data. Every layer and every operation is written by its own file.

Invariant: input and output have the names and shapes of the Keras model, and the values are Keras' but for
the order of float additions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeml.keras import layers, operations
from edgeml.keras.handlers import Absent
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.topology import Call, filled, tensor_setting, topology
from edgeml.onnx_model import OnnxPort, OnnxVersion

if TYPE_CHECKING:
    import keras

_VERSION = OnnxVersion(opset=17, ir_version=10)


def float_onnx(model: keras.Model, unrolled: bool = False) -> bytes:
    """A Keras model as ONNX.

    Args:
        model: sequential or functional, of float layers; see `edgeml.keras.float_model`.
        unrolled: recurrent layers are written step by step, not as nodes with a state.

    Returns:
        The bytes of an .onnx file: opset 17, float32, batch size free.

    Raises:
        EdgemlError: a layer is not covered; names it.
        MissingToolError: onnx is not installed.
    """
    network = topology(model)
    build = FloatOnnxBuilder(unrolled)
    tensors: dict[int, FloatTensor] = {}
    inputs: list[OnnxPort] = []
    for (name, key), tensor in zip(network.inputs, model.inputs, strict=True):
        tensors[key] = FloatTensor(name, tuple(tensor.shape[1:]))
        inputs.append(OnnxPort(name, ("batch", *tensor.shape[1:])))
    for call in network.calls:
        tensors[call.output] = _written(build, call, [tensors[key] for key in call.inputs])
    outputs: list[OnnxPort] = []
    for key in network.outputs:
        name = next((call.name for call in network.calls if call.output == key), "output")
        value = build.channels_last(tensors[key])
        build.writer.node("Identity", [value.name], name)
        outputs.append(OnnxPort(name, ("batch", *value.shape)))
    proto = build.writer.finish(model.name, inputs, outputs, _VERSION)
    from onnx import checker

    checker.check_model(proto, full_check=True)
    return proto.SerializeToString()


def _written(build: FloatOnnxBuilder, call: Call, inputs: list[FloatTensor]) -> FloatTensor:
    """The tensor of one call."""
    build.begin(call.name)
    if call.arguments is not None:
        return _operation(build, call, inputs)
    layer = call.layer
    write = layers.handler(layer, call.name).float_onnx
    if isinstance(write, Absent):
        raise build.refuse(f"the layer class {type(layer).__name__}", write.because)
    value = write(build, layer, inputs)
    shapes = [(None, *tensor.shape) for tensor in inputs]
    expected = layer.compute_output_shape(shapes if len(shapes) > 1 else shapes[0])
    assert value.shape == tuple(expected[1:]), (call.name, value.shape, expected)
    return value


def _operation(build: FloatOnnxBuilder, call: Call, inputs: list[FloatTensor]) -> FloatTensor:
    """The tensor of one operation; every tensor is in Keras' order, so that axes are those of Keras."""
    import keras

    operation = call.layer
    write = operations.handler(operation, call.name).float_onnx
    if isinstance(write, Absent):
        raise build.refuse(f"the operation {type(operation).__name__}", write.because)
    if setting := tensor_setting(operation):
        raise build.refuse(f"{type(operation).__name__} whose {setting} is computed", "use a constant")
    assert call.arguments is not None
    args, options = call.arguments
    tensors = tuple(build.channels_last(tensor) for tensor in inputs)
    symbols: tuple[Any, ...] = tuple(keras.KerasTensor((None, *tensor.shape)) for tensor in tensors)
    spec = operation.compute_output_spec(*filled(list(args), symbols), **filled(options, symbols))
    name = write(build, operation, filled(list(args), tensors), filled(options, tensors))
    return FloatTensor(name, tuple(spec.shape[1:]))

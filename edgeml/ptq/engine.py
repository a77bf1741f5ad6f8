"""Quantization of a float network after training: types by calibration, then corrections layer by layer.

Layers are corrected in order; each sees what the quantized layers in front of it give, so that later ones
make up for the errors of earlier ones.

Invariant: the same network, samples and settings give the same integers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.ptq import corrections as corrections_
from edgeml.ptq.choice import Widths, activation_types, bias_type, grid_of, weight_type
from edgeml.ptq.corrections import ExpectedRounding, LayerState
from edgeml.ptq.emit import qonnx, quantized_name, simulated
from edgeml.ptq.histogram import TensorHistogram, histograms
from edgeml.ptq.moments import moments
from edgeml.ptq.net import FloatNet, LinearLayer
from edgeml.ptq.places import QuantizedPlace, places
from edgeml.ptq.steps import TensorType
from edgeml.ptq.tensors import TensorRunner

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class QuantizedNet:
    """A network with the types of its tensors; its weights are rounded, its biases not yet.

    Args:
        net: with corrected constants.
        types: of constants, results and the input.
    """

    net: FloatNet
    types: Mapping[str, TensorType]

    def model(self) -> Any:
        """As QONNX."""
        return qonnx(self.net, self.types)

    def runner(self, inner: tuple[str, ...] = ()) -> TensorRunner:
        """In ONNX Runtime, its values those of the exact graph."""
        return TensorRunner(simulated(self.net, self.types), self.net.name, inner)


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A float network with everything that choices are made on.

    Args:
        net: the network, after the corrections that go before.
        points: where its results are quantized.
        histograms: of the input and of these results.
        x: the calibration samples.
        method: of calibration.
        per_channel: see `edgeml.presets.PostTraining`.
        corrections: names of those that change layers.
    """

    net: FloatNet
    points: tuple[QuantizedPlace, ...]
    histograms: Mapping[str, TensorHistogram]
    x: NDArray[np.float32]
    method: str
    per_channel: bool
    corrections: tuple[str, ...]

    @cached_property
    def float_inputs(self) -> Mapping[str, NDArray[np.float32]]:
        """The float tensor that each layer with weights reads, by name."""
        names = tuple(dict.fromkeys(layer.source for layer in self.net.layers))
        runner = TensorRunner(self.net.model(), self.net.name, names)
        return dict(zip(names, runner.run(self.x, names), strict=True))

    def uniform(self, weights: int, activations: int, inputs: int, terms: int = 0) -> Widths:
        """The same widths for all layers, `terms` bits more for what additions alone read."""
        return Widths(
            inputs,
            {layer.name: weights for layer in self.net.layers},
            {point.tensor: activations + terms * point.term for point in self.points},
        )


def calibrated(
    net: FloatNet,
    x: Any,
    method: str,
    corrections: tuple[str, ...],
    per_channel: bool = True,
    where: str = "",
    bits: int = 8,
) -> Calibrated:
    """Look at a network on calibration samples.

    Args:
        net: the float network.
        x: samples (samples, ...) of the training part.
        method: name of the calibration method.
        corrections: names; those that change the network are applied here, the first of what they give.
        per_channel: as `Calibrated`.
        where: the model, for messages.
        bits: that most results are going to have.

    Raises:
        EdgemlError: an unknown method or correction, an operator that is not covered, no samples, or values
            that are not finite.
    """
    if not len(x):
        raise EdgemlError("there are no samples to calibrate with", where, "give --data with samples")
    if not net.layers:
        raise EdgemlError("has no layer with weights, so nothing to quantize", where)
    chosen = {name: corrections_.load(name) for name in corrections}
    samples = np.asarray(x, np.float32)
    expected = ExpectedRounding(samples, bits, per_channel)
    for correction in chosen.values():
        if correction.before is not None:
            net = next(iter(correction.before(net, expected)), net)
    points = places(net)
    names = (net.source, *(point.tensor for point in points))
    runner = TensorRunner(net.model(), where or net.name, names)
    by_layer = tuple(name for name, correction in chosen.items() if correction.layer is not None)
    return Calibrated(
        net, points, histograms(runner, samples, names, where), samples, method, per_channel, by_layer
    )


@dataclass(frozen=True, eq=False)
class RoundedLayer:
    """A layer's constants after rounding and corrections.

    Args:
        weights: on the grid of their type.
        bias: float.
        type: of the weights.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    type: TensorType


def quantized(source: Calibrated, widths: Widths, tell: Tell = lambda _: None) -> QuantizedNet:
    """The network at some widths, each layer corrected for what the quantized layers in front of it give.

    Args:
        source: the network and its statistics.
        widths: bits by tensor.
        tell: called with the name of each layer that is begun.

    Raises:
        EdgemlError: a model that ONNX Runtime does not run.
    """
    state = _without_layers(source, widths)
    for layer in source.net.layers:
        tell(layer.name)
        name = quantized_name(layer.source, state.types)
        x = state.runner((name,)).run(source.x, (name,))[0] if source.corrections else None
        state = _with_layer(state, layer, rounded_layer(source, layer, widths.weights[layer.name], x))
    return state


def quickly_quantized(
    source: Calibrated, widths: Widths, memo: MutableMapping[tuple[str, int], RoundedLayer]
) -> QuantizedNet:
    """The network at some widths, each layer corrected as if what it reads were not quantized.

    Args:
        source: the network and its statistics.
        widths: bits by tensor.
        memo: layers that were rounded already, by name and bits.
    """
    state = _without_layers(source, widths)
    for layer in source.net.layers:
        key = layer.name, widths.weights[layer.name]
        if key not in memo:
            memo[key] = rounded_layer(source, layer, key[1], source.float_inputs[layer.source])
        state = _with_layer(state, layer, memo[key])
    return state


def rounded_layer(source: Calibrated, layer: LinearLayer, bits: int, x: Any) -> RoundedLayer:
    """A layer's weights rounded and corrected.

    Args:
        source: the network and its statistics.
        layer: the layer.
        bits: of its weights.
        x: what it reads when the network is quantized; unused without corrections.
    """
    weights, bias = (source.net.constants[name] for name in (layer.weights, layer.bias))
    kind = weight_type(weights, bits, layer.axis, source.per_channel)
    rows = np.moveaxis(weights.astype(np.float64), layer.axis, 0)
    flat, by_row = rows.reshape(len(rows), -1), replace(kind, axis=0)
    fixed, offset = by_row.rounded(flat), bias.astype(np.float64).reshape(-1)
    if source.corrections:
        operands = moments(layer, weights.shape, source.float_inputs[layer.source], x)
        state = LayerState(flat, fixed, offset, by_row, operands)
        for name in source.corrections:
            change = corrections_.load(name).layer
            assert change is not None  # as `calibrated` chose them
            state = change(state)
        fixed, offset = state.weights, state.bias
    return RoundedLayer(
        np.moveaxis(fixed.reshape(rows.shape), 0, layer.axis).astype(np.float32),
        offset.astype(np.float32).reshape(bias.shape),
        kind,
    )


def _without_layers(source: Calibrated, widths: Widths) -> QuantizedNet:
    types = activation_types(source.net, source.points, source.histograms, widths, source.method)
    return QuantizedNet(source.net, types)


def _with_layer(state: QuantizedNet, layer: LinearLayer, part: RoundedLayer) -> QuantizedNet:
    net = state.net.with_constants({layer.weights: part.weights, layer.bias: part.bias})
    bits = {tensor: kind.bits for tensor, kind in state.types.items()}
    width = part.type.bits + reading_bits(net, bits, layer)
    sums = bias_type(part.bias.reshape(-1), part.type, grid_of(net, state.types, layer), width)
    types = {layer.weights: part.type, layer.bias: replace(sums, axis=part.bias.ndim - 1)}
    return QuantizedNet(net, {**state.types, **types})


def reading_bits(net: FloatNet, bits: Mapping[str, int], layer: LinearLayer) -> int:
    """Bits of what a layer reads, through what moves values.

    Args:
        net: the network.
        bits: of the quantized tensors.
        layer: the layer.
    """
    makers = {node.outputs[0]: node for node in net.nodes}
    level, widest = [layer.source], 0
    while level:
        tensor = level.pop()
        if tensor in bits:
            widest = max(widest, bits[tensor])
        elif tensor in makers:
            level += [name for name in makers[tensor].inputs if name not in net.constants]
    return widest

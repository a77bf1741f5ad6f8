"""The settings of a quantization, applied: useful corrections, widths by tensor, a graph from arrays alone.

Invariant: the graph is the one that a run with the same samples and settings would have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers import ImportOptions
from edgeml.ir import Graph
from edgeml.presets import PostTraining
from edgeml.ptq import corrections as corrections_
from edgeml.ptq.choice import Widths
from edgeml.ptq.emit import BEHIND
from edgeml.ptq.engine import Calibrated, calibrated, quantized
from edgeml.ptq.exact_graph import exact_graph
from edgeml.ptq.net import FloatNet
from edgeml.ptq.tensors import TensorRunner


def graph_of(net: FloatNet, chosen: PostTraining, x: NDArray[np.float32]) -> Graph:
    """The exact graph of a float network, quantized on samples.

    Args:
        net: the network.
        chosen: the settings; a bound on the loss needs a run.
        x: samples (samples, ...), all of which are calibrated with.

    Raises:
        EdgemlError: the samples do not fit, a setting does not, or a bound on the loss is stated.
    """
    if chosen.max_loss is not None:
        raise EdgemlError(
            "takes no bound on the loss", "max_loss", "edgeml.quantize searches widths, in a run"
        )
    if x.shape[1:] != net.shape:
        raise EdgemlError(f"the model takes samples of shape {net.shape}, these have {x.shape[1:]}", net.name)
    source, _ = with_useful(net, chosen, x, net.name)
    result = quantized(source, stated_widths(source, chosen, net.name))
    content = result.model().SerializeToString()
    return exact_graph(content, f"{net.name}.onnx", ImportOptions(net.name)).graph


def with_useful(
    net: FloatNet, chosen: PostTraining, x: NDArray[np.float32], where: str
) -> tuple[Calibrated, tuple[str, ...]]:
    """The calibrated network; corrections that change it are left out where its outputs get no closer."""

    def look(names: Sequence[str]) -> Calibrated:
        return calibrated(
            net,
            x,
            chosen.method,
            tuple(names),
            chosen.per_channel,
            where,
            chosen.activations,
        )

    names, dropped = list(chosen.corrections), list[str]()
    best = look(names)
    for name in chosen.corrections:
        if corrections_.load(name).before is None:
            continue
        rest = [other for other in names if other != name]
        other = look(rest)
        if _noise(net, other, chosen, x, where) <= _noise(net, best, chosen, x, where):
            best, names = other, rest
            dropped.append(name)
    return best, tuple(dropped)


def _noise(
    net: FloatNet, source: Calibrated, chosen: PostTraining, x: NDArray[np.float32], where: str
) -> float:
    """The squared error of the first output on the calibration samples."""
    result = quantized(source, stated_widths(source, chosen, where))
    output = tuple(net.outputs)[:1]
    (plain,) = TensorRunner(net.model(), where).run(x, output)
    (rounded,) = result.runner().run(x, output)
    return float(np.sum((plain.astype(np.float64) - rounded) ** 2))


def stated_widths(source: Calibrated, chosen: PostTraining, where: str) -> Widths:
    """The stated widths.

    Raises:
        EdgemlError: a layer is named that is not there, or has no weights or no result that is quantized.
    """
    inputs = chosen.inputs if chosen.inputs is not None else max(8, chosen.activations)
    widths = source.uniform(chosen.weights, chosen.activations, inputs, chosen.terms)
    layers = [layer.name for layer in source.net.layers]
    results = {point.layer: point.tensor for point in source.points} | {
        p.tensor: p.tensor for p in source.points
    }
    for name, other in chosen.layers.items():
        plain = name.removesuffix(BEHIND)  # as the exact graph has it
        if plain not in layers and plain not in results:
            raise EdgemlError(f"there is no layer {name!r}", where, f"layers are {', '.join(layers)}")
        if other.weights is not None:
            if plain not in layers:
                raise EdgemlError(f"{name!r} has no weights", where, f"layers with some: {', '.join(layers)}")
            widths = widths.with_weights(plain, other.weights)
        if other.activations is not None:
            if plain not in results:
                raise EdgemlError(
                    f"the result of {name!r} stays exact, as those at the end of a network do",
                    where,
                    f"results that are quantized: {', '.join(results)}",
                )
            widths = widths.with_activations(results[plain], other.activations)
    return widths

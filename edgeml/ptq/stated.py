"""The settings of a quantization, applied: useful corrections, widths by tensor, a graph from arrays alone.

Invariant: the graph is the one that a run with the same samples and settings would have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers import ImportOptions
from edgeml.ir import Graph
from edgeml.presets import PostTraining
from edgeml.ptq import corrections as corrections_
from edgeml.ptq.choice import Widths
from edgeml.ptq.corrections import ExpectedRounding
from edgeml.ptq.emit import BEHIND
from edgeml.ptq.engine import Calibrated, QuantizedNet, Tell, calibrated, quantized
from edgeml.ptq.exact_graph import exact_graph
from edgeml.ptq.net import FloatNet
from edgeml.ptq.tensors import TensorRunner


@dataclass(frozen=True, eq=False)
class UsefulCorrections:
    """A network with the corrections that bring its outputs closer.

    Args:
        source: calibrated, after those that change the network.
        net: it at the stated widths.
        dropped: names of those that were left out.
    """

    source: Calibrated
    net: QuantizedNet
    dropped: tuple[str, ...]


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
    useful = with_useful(net, chosen, x, net.name)
    content = useful.net.model().SerializeToString()
    return exact_graph(content, f"{net.name}.onnx", ImportOptions(net.name)).graph


def with_useful(
    net: FloatNet, chosen: PostTraining, x: NDArray[np.float32], where: str, tell: Tell = lambda _: None
) -> UsefulCorrections:
    """The calibrated network; of each correction that changes it, the form with the closest outputs, or none.

    Args:
        net: the float network.
        chosen: the settings.
        x: calibration samples (samples, ...).
        where: the model, for messages.
        tell: called with a line about each trial.

    Raises:
        EdgemlError: as `calibrated` and `stated_widths`.
    """
    output = tuple(net.outputs)[:1]
    expected = ExpectedRounding(x, chosen.activations, chosen.per_channel)
    changing = {name: corrections_.load(name).before for name in chosen.corrections}
    by_layer = tuple(name for name, before in changing.items() if before is None)

    def tried(form: FloatNet, what: str) -> tuple[Calibrated, QuantizedNet]:
        source = calibrated(form, x, chosen.method, by_layer, chosen.per_channel, where, chosen.activations)
        widths = stated_widths(source, chosen, where)
        return source, quantized(source, widths, lambda layer: tell(f"rounding {layer}{what}"))

    def noise(result: QuantizedNet) -> float:
        return float(np.sum((result.runner().run(x, output)[0].astype(np.float64) - plain) ** 2))

    best, dropped = tried(net, ""), list[str]()
    if len(by_layer) == len(changing):
        return UsefulCorrections(*best, ())
    (plain,) = TensorRunner(net.model(), where).run(x, output)
    least = noise(best[1])
    for name, before in changing.items():
        if before is None:
            continue
        forms = before(best[0].net, expected)
        dropped.append(name)
        for number, form in enumerate(forms, 1):
            other = tried(form, f", {name} {number} of {len(forms)}")
            error = noise(other[1])
            if error < least:
                best, least = other, error
                dropped = [left for left in dropped if left != name]
    return UsefulCorrections(*best, tuple(dropped))


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

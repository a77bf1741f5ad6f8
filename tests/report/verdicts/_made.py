"""Facts that remedies are applied to: settings become types, and what follows from them is measured again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgeml.checks import golden
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.presets import Bits, Quantizers
from edgeml.report.facts import Facts
from edgeml.report.sections.layers.statistics import measure
from edgeml.report.sections.training.facts import Epoch
from edgeml.report.sections.weights.collect import histograms
from edgeml.runs import Run
from edgeml.settings import parse_settings, set_values
from tests.report.samples import sample_facts

START = Quantizers(
    inputs=Bits(bits=8, integer=2),
    weights=Bits(bits=6),
    biases=Bits(bits=6),
    activations=Bits(bits=6, integer=2),
)


def quantizers(settings: tuple[str, ...], start: Quantizers = START) -> Quantizers:
    """The formats after `--set`, as a preset's build function would get them."""
    plain = set_values({"quantizers": start.model_dump(exclude_none=True)}, settings)
    return parse_settings(Quantizers, plain["quantizers"], "quantizers")


def network(formats: Quantizers, gain: float, largest: float) -> Graph:
    """A dense layer with a ReLU of the formats that a build function would ask for.

    Args:
        formats: of the model.
        gain: of its input, which the activations grow with.
        largest: of its weights.
    """
    own = formats.layers.get("fc1")
    kernel = own.weights.over(formats.weights) if own else formats.weights
    shift = own.biases.over(formats.biases) if own else formats.biases
    relu = (
        formats.layers["act1"].activations.over(formats.activations)
        if "act1" in formats.layers
        else formats.activations
    )
    random, build = np.random.default_rng(5), Builder("made")
    x = build.input((8,), FixedType(True, 8 + 6, 5), "x")

    def stored(values: np.ndarray, form: Bits, name: str) -> str:
        frac = form.bits - 1 - form.integer
        codes = np.clip(np.rint(values * 2.0**frac), -(2 ** (form.bits - 1)), 2 ** (form.bits - 1) - 1)
        return build.const(codes.astype(np.int64), FixedType(True, form.bits, frac), name)

    weight = stored(random.uniform(-largest, largest, (8, 6)), kernel, "fc1.weight")
    bias = stored(random.uniform(-0.9, 0.9, 6), shift, "fc1.bias")
    value = build.add(MatMul(), x, weight, name="fc1.matmul")
    value = build.add(Add(), value, bias, name="fc1")
    # quantized_relu(bits, integer)
    return build.graph(build.cast(value, FixedType(False, relu.bits, relu.bits - relu.integer), name="act1"))


def measured(graph: Graph, gain: float) -> Facts:
    """Facts with what is measured on samples of that size."""
    x = np.random.default_rng(6).normal(0, gain, (200, 8)).astype(np.float32)
    layers, activations = measure(graph, {"x": x})
    return sample_facts(layers=layers, activations=activations, weights=histograms(graph))


def epochs(phase: str, losses: list[tuple[float, float]]) -> tuple[Epoch, ...]:
    """A history of one phase from pairs of loss and validation loss."""
    return tuple(
        Epoch(phase=phase, epoch=number, loss=loss, val_loss=val, val_accuracy=1 - val / 4)
        for number, (loss, val) in enumerate(losses, 1)
    )


def value_of(settings: tuple[str, ...], key: str) -> int:
    """The whole number that a remedy sets."""
    (text,) = (setting.partition("=")[2] for setting in settings if setting.startswith(f"{key}="))
    return int(text)


def small_run(folder: Path, **changes: Any) -> Run:
    """A run of a small graph, written without training."""
    from tests.report.test_collect import iris_graph, make_run

    graph = iris_graph()
    run = make_run(folder, graph, **changes)
    data = run.data()
    golden.save(golden.make(graph, data.x_test, data.y_test), run.golden_file)
    return run

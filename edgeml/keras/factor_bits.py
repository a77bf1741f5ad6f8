"""Bits of a layer's real factors: the fewest with which the codes behind it stay the same on samples.

Batch normalization without folding multiplies by float32 numbers, which have 24 bits. The graph at 24 bits
is their exact arithmetic. Fewer bits make narrower multipliers; so many are taken that, on the samples, every
quantizer behind the layer gives the codes that it gives at 24. Where comparisons are cheaper than that
multiplier (`edgeml.passes.threshold`), they are built, of all 24 bits.

Invariant: a layer whose values leave the graph without a quantizer keeps 24 bits, and so does one that no
fewer bits satisfy. Layers are tried one by one, on the values that the graph at 24 bits gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.graph import infer_node
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.samples import feeds
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.keras.lower import Lowered, lower_model
from edgeml.passes.threshold import thresholded
from edgeml.presets import Lowering

_LEAST = 3
_ELEMENTS = 1 << 24
"""Elements of inner values, over all samples, that are held at once."""

CALIBRATION = 256
"""Training samples that bits are chosen on."""

LowerAt = Callable[[int], Graph]
"""Lowers the model with so many bits for every factor."""


def lower_on_samples(
    model: Any, name: str, strict: bool, options: Lowering, samples: NDArray[Any] | None
) -> Lowered:
    """The exact graph of a model, its factors' bits chosen on samples where none are stated.

    Args:
        model: the Keras model.
        name: of the graph.
        strict: refuse what is not exact; factors then keep their 24 bits.
        options: how it is lowered.
        samples: floats (samples, *shape), of several inputs side by side (see `edgeml.ir.samples`); None:
            factors keep 24 bits.

    Raises:
        EdgemlError: as `edgeml.keras.lower.lower`, or the samples do not fit.
        MissingToolError: as `edgeml.keras.lower.lower`.
    """
    lowered = lower_model(model, name, strict, options=options)
    if strict or samples is None or options.factor_bits is not None or not lowered.factored:
        return lowered

    def at(bits: Any) -> Lowered:
        return lower_model(model, name, options=options.model_copy(update={"factor_bits": bits}))

    exact = lower_model(model, name, options=options.model_copy(update={"threshold_bits": 0}))
    by_input = feeds(exact.graph, samples)
    fewest = fewest_factor_bits(exact.graph, lambda width: at(width).graph, by_input)
    bits = {layer: width for layer, width in fewest.items() if layer in lowered.factored}
    if not bits:
        return lowered
    multiplied = at(bits)
    compared = thresholded(multiplied.graph, options.threshold_bits)
    if compared.isdisjoint(bits):
        return replace(multiplied, options=options)
    rest = {layer: width for layer, width in bits.items() if layer not in compared}
    return replace(at(rest), options=options)


def fewest_factor_bits(exact: Graph, lower: LowerAt, samples: Mapping[str, Any]) -> dict[str, int]:
    """The fewest bits by layer, of those whose factors have more.

    Args:
        exact: the graph at 24 bits.
        lower: the same at fewer.
        samples: floats (samples, *shape) by input.

    Raises:
        EdgemlError: the samples do not fit the graph.
    """
    coarse = lower(_LEAST)
    names = {node.name for node in coarse.nodes}
    if names != {node.name for node in exact.nodes}:
        return {}
    regions = {layer: region for layer in _changed(exact, coarse) if (region := _region(exact, layer))}
    if not regions:
        return {}
    codes = _values(exact, regions, samples)
    bits: dict[str, int] = {}
    for width in range(_LEAST, FLOAT32_BITS):
        variant = coarse if width == _LEAST else lower(width)
        for layer, region in regions.items():
            if layer not in bits and _same_codes(exact, variant, layer, region, codes):
                bits[layer] = width
        if len(bits) == len(regions):
            break
    return bits


def _changed(exact: Graph, coarse: Graph) -> tuple[str, ...]:
    """The layers whose constants have fewer bits in the coarse graph."""
    layers = [
        node.layer
        for node in exact.nodes
        if isinstance(node.op, Const) and _other_constant(node.op, coarse.node(node.name).op)
    ]
    return tuple(dict.fromkeys(layers))


def _other_constant(first: Const, second: object) -> bool:
    if not isinstance(second, Const):
        return True
    return not (np.array_equal(first.codes, second.codes) and first.type == second.type)


def _region(exact: Graph, layer: str) -> tuple[str, ...]:
    """The values from a layer's constants to the quantizers behind it; none if one leaves without."""
    reached = {node.name for node in exact.nodes if node.layer == layer and isinstance(node.op, Const)}
    region: list[str] = []
    for node in exact.nodes:
        if not reached.isdisjoint(node.inputs):
            region.append(node.name)
            if not isinstance(node.op, Cast):
                reached.add(node.name)
                if node.name in exact.outputs:
                    return ()
    return tuple(region)


def _values(
    exact: Graph, regions: Mapping[str, tuple[str, ...]], samples: Mapping[str, Any]
) -> dict[str, IntArray]:
    """The values that enter the regions and the codes behind them, on as many samples as memory allows."""
    names = {name for region in regions.values() for name in region}
    names |= {source for name in names for source in exact.node(name).inputs}
    size = sum(exact.info(name).size for name in names)
    count = max(1, _ELEMENTS // max(size, 1))
    inputs = input_codes(exact, {name: np.asarray(values)[:count] for name, values in samples.items()})
    return evaluate_codes(exact, inputs, names)


def _same_codes(
    exact: Graph, variant: Graph, layer: str, region: tuple[str, ...], codes: Mapping[str, IntArray]
) -> bool:
    """True if the quantizers of a region give the same codes with the variant's constants of its layer."""
    by_name = {node.name: node for node in exact.nodes}
    values, infos = dict(codes), dict(exact.infos)
    for node in variant.nodes:
        if node.layer == layer and isinstance(node.op, Const):
            by_name[node.name] = node
            infos[node.name] = variant.info(node.name)
            values[node.name] = node.op.codes[np.newaxis]
    for name in region:
        del infos[name]
    for name in region:
        infos[name] = infer_node(by_name[name], infos, by_name)
    run_nodes([by_name[name] for name in region], infos, values)
    return all(
        np.array_equal(values[name], codes[name]) for name in region if isinstance(by_name[name].op, Cast)
    )

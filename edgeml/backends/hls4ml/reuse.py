"""Strategy and reuse factor of every matrix product.

A reuse factor rf makes n_in * n_out / rf multipliers, each used rf times. In hls4ml's resource kernel only
some rf compute the right sums ("valid"); an invalid one is refused here, where hls4ml would take another.
HLS tools unroll at most 4,096 elements, so larger layers need a reuse factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from edgeml.backends.hls4ml.layer import Hls4mlLayer
from edgeml.backends.hls4ml.options import Hls4mlOptions
from edgeml.errors import EdgemlError
from edgeml.settings import check_layers, per_layer

UNROLL_LIMIT = 4096
"""hls4ml's MaximumSize: the most elements that an HLS tool unrolls."""

_ONLY_RESOURCE = ("Quartus", "oneAPI")
_WITH_ADDER_GRAPHS = ("Vitis", "Vivado")


@dataclass(frozen=True)
class Parallelism:
    """Strategy and reuse factor of one layer."""

    strategy: Literal["latency", "resource", "distributed_arithmetic"]
    reuse_factor: int


def is_valid(n_in: int, n_out: int, reuse: int) -> bool:
    """True if hls4ml's resource kernel computes the right sums with this reuse factor.

    The formula is that of hls4ml 1.3, FPGABackend._validate_reuse_factor.

    >>> [reuse for reuse in range(1, 129) if is_valid(16, 8, reuse)]
    [1, 2, 4, 8, 16, 32, 64, 128]
    """
    limit = math.ceil(n_in * n_out / min(n_in, reuse))
    whole_outputs = limit % n_out == 0 or reuse >= n_in
    whole_inputs = reuse % n_in == 0 or reuse < n_in
    return whole_outputs and whole_inputs and (n_in * n_out) % reuse == 0


def valid_factors(n_in: int, n_out: int) -> list[int]:
    """All valid reuse factors, ascending."""
    size = n_in * n_out
    divisors = {d for low in range(1, math.isqrt(size) + 1) if size % low == 0 for d in (low, size // low)}
    return sorted(reuse for reuse in divisors if is_valid(n_in, n_out, reuse))


def choose(layers: tuple[Hls4mlLayer, ...], options: Hls4mlOptions) -> dict[str, Parallelism]:
    """Strategy and reuse factor for every layer by its name in the project.

    Raises:
        EdgemlError: an invalid reuse factor (nearest valid ones given), a strategy that the hls4ml back end
            does not have, more to unroll than HLS tools do, or a layer that is not there.
    """
    multiplying = {layer.layer for layer in layers if layer.products is not None}
    for option, table in (("strategy", options.strategy), ("reuse_factor", options.reuse_factor)):
        check_layers(table, multiplying, f"hls4ml options, {option}", "it multiplies nothing")
    backend = options.target().backend
    return {layer.name: _choose(layer, options, backend) for layer in layers}


def _choose(layer: Hls4mlLayer, options: Hls4mlOptions, backend: str) -> Parallelism:
    if layer.products is None:
        return Parallelism("latency", 1)
    strategy = per_layer(options.strategy, layer.layer) or "auto"
    reuse: int | None = per_layer(options.reuse_factor, layer.layer)
    size = layer.products[0] * layer.products[1]
    if strategy == "auto":
        fits = size <= UNROLL_LIMIT and reuse in (None, 1)
        strategy = "latency" if fits and backend not in _ONLY_RESOURCE else "resource"
    if strategy == "distributed_arithmetic":
        return _adder_graph(layer, backend, reuse)
    if strategy == "latency":
        return _latency(layer, backend, reuse or 1, size)
    factors = valid_factors(*layer.products)
    n_in, n_out = layer.products
    if reuse is None:
        return Parallelism("resource", next(f for f in factors if size // f <= UNROLL_LIMIT))
    if reuse not in factors:
        raise EdgemlError(
            f"{reuse} is no valid reuse factor for {n_in} inputs and {n_out} outputs",
            layer.layer,
            f"the nearest valid ones are {' and '.join(map(str, _nearest(factors, reuse)))}",
        )
    if size // reuse > UNROLL_LIMIT:
        raise _too_large(layer, size // reuse)
    return Parallelism("resource", reuse)


def _latency(layer: Hls4mlLayer, backend: str, reuse: int, size: int) -> Parallelism:
    if backend in _ONLY_RESOURCE:
        raise EdgemlError(
            f"hls4ml's {backend} back end has no latency strategy",
            layer.layer,
            "use resource or auto",
        )
    if size > UNROLL_LIMIT:
        raise _too_large(layer, size)
    if size % reuse:
        raise EdgemlError(
            f"a reuse factor of {reuse} does not divide {size} products",
            layer.layer,
            f"the nearest valid ones are {' and '.join(map(str, _nearest(_divisors(size), reuse)))}",
        )
    return Parallelism("latency", reuse)


def _adder_graph(layer: Hls4mlLayer, backend: str, reuse: int | None) -> Parallelism:
    if backend not in _WITH_ADDER_GRAPHS:
        raise EdgemlError(
            f"hls4ml's {backend} back end has no distributed arithmetic",
            layer.layer,
            f"use {' or '.join(_WITH_ADDER_GRAPHS)}",
        )
    if reuse not in (None, 1):
        raise EdgemlError(
            "distributed arithmetic has no multipliers to reuse", layer.layer, "leave the reuse factor at 1"
        )
    return Parallelism("distributed_arithmetic", 1)


def _divisors(size: int) -> list[int]:
    return [d for d in range(1, size + 1) if size % d == 0]


def _nearest(factors: list[int], reuse: int) -> list[int]:
    below = [f for f in factors if f < reuse][-2:]
    above = [f for f in factors if f > reuse][:2]
    return below + above


def _too_large(layer: Hls4mlLayer, unrolled: int) -> EdgemlError:
    assert layer.products is not None
    size = layer.products[0] * layer.products[1]
    factor = next(f for f in valid_factors(*layer.products) if size // f <= UNROLL_LIMIT)
    return EdgemlError(
        f"{unrolled} products at once, and HLS tools unroll at most {UNROLL_LIMIT}",
        layer.layer,
        f"use the strategy resource with a reuse factor of {factor} or more, or auto",
    )

"""Sums of products of hls4ml: dense layers and convolutions of any kind.

A sum is of interest modulo 2^width: ap_fixed with AP_WRAP computes in that ring, so that a sum of products in
an accumulator that has all of their fractional bits is affine there, whatever its partial sums do. Vectors
that show its coefficients modulo 2^width show them for every input, if the value fits into the accumulator.

Invariant: `wraps` is "" only if no partial sum can leave any of the types.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.backends.hls4ml.facts import BlockSite, VariableFacts, full, odd_product, within
from edgeml.backends.hls4ml.layer import Precision
from edgeml.fixed import Overflow
from edgeml.ir.structure import Form, Structure, summed, unknown


def summed_products(site: BlockSite) -> list[VariableFacts]:
    """Dense layers and convolutions of any kind: biases and products, cast to accumulators and added."""
    (x,), (to,), (weight, bias) = site.inputs, site.results, site.weights
    (size,) = site.sizes
    if x.structure.form is Form.POSITION:
        return [_of_position(site, x, to, size)]
    products = site.firmware.configs.get(site.config.members.get("mult_config", ""), site.config)
    reason = odd_product(products)
    accumulators: list[Precision] = []
    for config in dict.fromkeys([site.config.name, products.name]):
        name = site.firmware.configs[config].members.get("accum_t", "")
        precision, packet = site.firmware.types.get(name, (to, 1))
        if packet:
            reason = reason or f"{config} has no type of sums"
        accumulators.append(precision)
    needs = max(x.precision.type.frac + weight.frac, bias.frac)
    for precision in accumulators:
        if precision.overflow is not Overflow.WRAP:
            reason = reason or f"{precision} does not wrap, so partial sums matter"
    for precision in (*accumulators, to):
        if precision.type.frac < needs:
            reason = (
                reason or f"{precision} drops bits of products or biases, which have {needs} fractional ones"
            )
    wraps = reason or x.wraps or _may_wrap(site, x, (*accumulators, to), size)
    rounds = reason or x.wraps or x.rounds
    structure = summed([x.structure], (size,))
    return [full(to, structure, wraps=wraps, rounds=rounds, through=(*x.through, *accumulators, to))]


def _may_wrap(site: BlockSite, x: VariableFacts, types: Sequence[Precision], size: int) -> str:
    """The reason why a sum may leave its types, or "".

    It is known of dense layers alone, whose weights are in the order of hls4ml's parallel kernel.
    """
    (weight, bias), reason = site.weights, "a sum that may wrap"
    strategy = site.config.members.get("strategy")
    if site.call.function != "dense" or strategy != "nnet::latency" or weight.size != x.size * size:
        return reason
    matrix = weight.codes.reshape(x.size, size).astype(object)
    lo, hi = (end.astype(object)[:, np.newaxis] * matrix for end in (x.lo, x.hi))
    frac, own = x.precision.type.frac + weight.precision.type.frac, bias.precision.type.frac
    finest = max(frac, own)
    # Partial sums too, in any order: with everything that lowers or raises them.
    summands = bias.codes.astype(object) * 2 ** (finest - own)
    least = np.minimum(np.minimum(lo, hi), 0).sum(axis=0) * 2 ** (finest - frac) + np.minimum(summands, 0)
    most = np.maximum(np.maximum(lo, hi), 0).sum(axis=0) * 2 ** (finest - frac) + np.maximum(summands, 0)
    return "" if all(within(int(least.min()), int(most.max()), finest, one) for one in types) else reason


def _of_position(site: BlockSite, x: VariableFacts, to: Precision, size: int) -> VariableFacts:
    """Sums of numbers that all are functions of one position."""
    layers = x.structure.places
    if site.call.function != "dense" or np.any(layers != layers[:, :1]):
        return full(to, unknown((size,), "sums of several positions"))
    places = np.repeat(layers[:, :1], size, axis=1)
    return full(to, Structure(Form.POSITION, (size,), places, np.zeros(size, np.int64)))

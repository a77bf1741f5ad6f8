"""Templates of hls4ml that move elements or take the largest of a window.

Which element goes where is not taken from the configuration: the call is driven with tags.

Invariant: a result is moved, or a maximum, only if the tags show nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.hls4ml.facts import BlockSite, VariableFacts, cast_to, fits, full, unknown_results
from edgeml.backends.hls4ml.layer import Precision
from edgeml.fixed import IntArray
from edgeml.ir.structure import NONE, largest, moved, unknown

_INTEGERS = 1 << 21
"""Integers that are driven at once."""


def moved_elements(site: BlockSite) -> list[VariableFacts]:
    """Elements at other places, which distinct tags show: one vector for each bit of an element's number."""
    sizes = [x.size for x in site.inputs]
    total = sum(sizes)
    numbers, bits = np.arange(1, total + 1), total.bit_length()
    vectors: list[IntArray] = []
    first = 0
    for x in site.inputs:
        own = numbers[first : first + x.size]
        tag = 1 if x.precision.type.hi >= 1 else -1
        vectors.append(
            np.stack([np.zeros(x.size, np.int64), *(((own >> bit) & 1) * tag for bit in range(bits))])
        )
        first += x.size
    results: list[VariableFacts] = []
    for to, got in zip(site.results, site.drive(vectors), strict=True):
        if np.any(got[0]):
            results.append(full(to, unknown((got.shape[1],), "elements that are not moved alone")))
            continue
        index = sum(((row != 0).astype(np.int64) << bit) for bit, row in enumerate(got[1:])) - 1
        if np.any(index >= total):
            results.append(full(to, unknown((got.shape[1],), "elements that are not moved alone")))
            continue
        results.append(_moved(site.inputs, to, np.asarray(index)))
    return results


def _moved(inputs: Sequence[VariableFacts], to: Precision, index: IntArray) -> VariableFacts:
    fracs = {x.precision.type.frac for x in inputs}
    if len(fracs) > 1:  # in one scale
        common = max(fracs)
        inputs = [_raised(x, common) for x in inputs]

    def move(arrays: Sequence[IntArray], nothing: int = NONE) -> IntArray:
        flat = np.concatenate([array.reshape(-1) for array in arrays])
        return np.where(index < 0, nothing, flat[np.maximum(index, 0)])

    structure = moved([x.structure for x in inputs], move)
    lo, hi = (move(ends, 0) for ends in ([x.lo for x in inputs], [x.hi for x in inputs]))
    wraps = next((x.wraps for x in inputs if x.wraps), "")
    rounds = next((x.rounds for x in inputs if x.rounds), "")
    through = tuple(one for x in inputs for one in x.through)
    return cast_to(VariableFacts(inputs[0].precision, structure, lo, hi, wraps, rounds, through), to)


def _raised(x: VariableFacts, frac: int) -> VariableFacts:
    """The same numbers in codes with more fractional bits."""
    grow = frac - x.precision.type.frac
    kind = replace(x.precision.type, frac=frac, width=min(63, x.precision.type.width + grow))
    return replace(x, precision=Precision(kind), lo=x.lo << grow, hi=x.hi << grow)


def pooled(site: BlockSite) -> list[VariableFacts]:
    """The largest of windows: one element high after the other shows which windows it is in."""
    (x,), (to,) = site.inputs, site.results
    precision, packet = site.firmware.types.get(site.config.members.get("accum_t", ""), (to, 1))
    if packet or site.config.members.get("pool_op") != "nnet::Max":
        return unknown_results(site, "a pool of another kind than the largest")
    for one in (precision, to):
        if not fits(x.lo, x.hi, x.precision.type.frac, one):
            return unknown_results(site, f"{one} does not hold what is compared")
    low, high = int(x.lo.min()), int(x.hi.max())
    if low == high:
        low, high = x.precision.type.lo, x.precision.type.hi
    grow, step = to.type.frac - x.precision.type.frac, max(1, _INTEGERS // x.size)
    rows: list[NDArray[np.bool_]] = []
    for first in range(-1, x.size, step):  # all low, then one element high after the other
        high_ones = np.arange(first, min(first + step, x.size))
        vectors = np.full((len(high_ones), x.size), low, np.int64)
        single = high_ones >= 0
        vectors[single, high_ones[single]] = high
        (got,) = site.drive([vectors])
        rows.append(got == high << grow)
        if np.any(~rows[-1] & (got != low << grow)):
            return unknown_results(site, "a pool that takes other numbers than those of a window")
    everything = np.concatenate(rows)
    inside = everything[1:]
    if np.any(everything[0]) or not np.all(inside.any(axis=0)):
        return unknown_results(site, "a pool that takes other numbers than those of a window")
    most = max(1, int(inside.sum(axis=0).max()))
    index = np.sort(np.where(inside, np.arange(x.size)[:, None], x.size), axis=0)[:most].T
    index = np.where(index == x.size, NONE, index)

    def windows(values: IntArray, fill: int) -> IntArray:
        return np.where(index < 0, fill, values.reshape(-1)[np.maximum(index, 0)])

    structure = largest(x.structure, windows)
    lo, hi = (np.where(index < 0, end.min(), end[np.maximum(index, 0)]).max(axis=1) for end in (x.lo, x.hi))
    return [
        VariableFacts(to, structure, lo << grow, hi << grow, x.wraps, x.rounds, (*x.through, precision, to))
    ]

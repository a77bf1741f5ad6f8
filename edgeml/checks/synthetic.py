"""Vectors made from the graph alone, beside the real samples of golden.npz.

Real data leave gaps: pixels that are always zero, saturations that no sample reaches, and no float
that lies on a tie of the input quantizer. The vectors here are drawn to fill them:

    floats     ties of the input quantizer and both neighbours of each, values beyond both bounds, -0.0
    corners    every input at its lowest code, at its highest, at zero; random mixtures of the two ends
    units      zero, and one input at a time at an end: these fix a stage that is affine in the inputs
    bounds     inputs that drive sums to their ends: for sums that are affine in the inputs the exact ones (by
               the signs of the unit responses), for inner sums along the slope of a linear fit
    uniform    codes drawn evenly
    mixed      real samples with a part of their elements drawn anew
    kept       drawn as above, and kept because a cast meets a tie or an end there that it met nowhere before,
               or because one code in a weight shows there that showed nowhere before

Invariant: the same graph and the same real samples give the same vectors; they say nothing about accuracy and
are never part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeml.checks.affine import affine_values
from edgeml.checks.coverage import sums, unseen_weights
from edgeml.checks.events import events
from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.ir.ops._linear import Linear
from edgeml.ir.work import products, sample_work

BUDGET = 512
"""Vectors of a graph, but for `units`, of which there are as many as the input has elements."""

_VECTOR_WORK = 3e9
"""Work of `edgeml.ir.work` that BUDGET vectors may take; a graph of large images has fewer vectors."""

UNITS = 256
"""Most inputs that get a unit vector of their own; of a larger input, as many elements spread evenly."""

_SEED = 20261128
_FLOATS, _CORNERS, _BOUNDS, _UNIFORM, _MIXED = 64, 64, 96, 96, 64
_POOL = 2048
_WORK = 2e8
"""Most multiplications spent on choosing vectors; a larger graph has a smaller pool."""

_CHUNK = 64
"""Vectors whose inner values are kept at once."""

_CODES = 2**24
"""Most codes of BUDGET vectors, 134 MB of them: a graph of larger inputs has fewer vectors."""

_POOL_CODES = 2**23
"""Codes of the pool's vectors; of larger inputs it has fewer."""

_SAMPLES_READ = 256
"""Real samples whose events are computed, because synthetic vectors need not repeat them."""

_WEIGHTS = 8192
"""Weights of the largest graph whose vectors are chosen by the weights that they show as well."""

Floats = Mapping[str, NDArray[np.float32]]


def synthetic_floats(graph: Graph, real: Floats) -> dict[str, NDArray[np.float32]]:
    """Synthetic vectors as floats (vectors, *shape) by input name.

    Args:
        graph: the exact graph.
        real: the real samples, float32 (samples, *shape) by input name; at least one.
    """
    size = sum(graph.info(name).size for name in graph.inputs)
    share = min(_VECTOR_WORK / sample_work(graph) / BUDGET, _CODES / size / BUDGET, 1.0)

    def some(count: int, least: int = 2) -> int:
        return max(round(count * share), least)

    draw = _Draw(graph, real, some(UNITS))
    rng = np.random.default_rng(_SEED)
    floats = draw.floats(rng, some(_FLOATS))
    corners, uniform, mixed, bounds = some(_CORNERS, 3), some(_UNIFORM), some(_MIXED), some(_BOUNDS)
    codes = [draw.units(), draw.corners(rng, corners), draw.uniform(rng, uniform), draw.mixed(rng, mixed)]
    most = min(_WORK / max(products(graph), 1), _POOL_CODES / size)
    pool_size = 4 * int(np.clip(most / 4, some(16), _POOL / 4))
    pool = _stacked(
        [
            draw.uniform(rng, pool_size // 2),
            draw.mixed(rng, pool_size // 4),
            draw.corners(rng, pool_size // 4),
        ]
    )
    codes.append(draw.bounds(pool, bounds))
    base = _stacked(codes)
    size = len(next(iter(base.values())))
    room = max(some(BUDGET) - size - len(next(iter(floats.values()))), some(64))
    real_codes = draw.real_codes(some(_SAMPLES_READ))
    chosen = _with_new_events(graph, [real_codes, base], pool)[:room]
    before = [real_codes, base, {name: array[chosen] for name, array in pool.items()}]
    chosen = _filled(chosen, _with_new_weights(graph, before, pool), room, pool_size)
    return {
        name: np.concatenate(
            [floats[name], draw.as_floats(name, base[name]), draw.as_floats(name, pool[name][chosen])]
        )
        for name in graph.inputs
    }


class _Draw:
    """Draws vectors for one graph."""

    def __init__(self, graph: Graph, real: Floats, units: int) -> None:
        self._graph = graph
        self._real = real
        self._units = units

    def as_floats(self, name: str, codes: IntArray) -> NDArray[np.float32]:
        return to_float(codes, self._graph.info(name).type.frac).astype(np.float32)

    def real_codes(self, most: int) -> dict[str, IntArray]:
        return input_codes(self._graph, {name: values[:most] for name, values in self._real.items()})

    def _each(self) -> Iterator[tuple[str, IntArray, IntArray]]:
        for name in self._graph.inputs:
            info = self._graph.info(name)
            yield name, info.lo, info.hi

    def floats(self, rng: np.random.Generator, count: int) -> dict[str, NDArray[np.float32]]:
        """Every element is a tie, a neighbour of one, beyond a bound, or as good as zero."""
        draws: dict[str, NDArray[np.float32]] = {}
        for name, lo, hi in self._each():
            frac = self._graph.info(name).type.frac
            shape = (count, *lo.shape)
            tie = np.float32(
                to_float(2 * rng.integers(lo - 1, hi + 1, shape, endpoint=True) + 1, np.asarray(frac) + 1)
            )
            span = np.float32(to_float(np.maximum(hi - lo, 1), frac))
            top, bottom = np.float32(to_float(hi, frac)), np.float32(to_float(lo, frac))
            small = np.float32(to_float(np.ones_like(lo), np.asarray(frac) + 12))
            kinds = [
                tie,
                np.nextafter(tie, np.float32(np.inf)),
                np.nextafter(tie, np.float32(-np.inf)),
                top + span * np.float32(rng.choice([0.5, 1.0, 3.0, 7.5], shape)),
                bottom - span * np.float32(rng.choice([0.5, 1.0, 3.0, 7.5], shape)),
                np.broadcast_to(np.float32(-0.0), shape),
                small * np.float32(rng.choice([-1.0, 1.0], shape)),
            ]
            which = rng.choice(len(kinds), shape, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05])
            values = np.choose(which, [np.broadcast_to(kind, shape) for kind in kinds]).astype(np.float32)
            for vector, kind in enumerate(kinds[: min(len(kinds), count)]):
                values[vector] = np.broadcast_to(kind, shape)[vector]
            draws[name] = values
        return draws

    def corners(self, rng: np.random.Generator, count: int) -> dict[str, IntArray]:
        """All at the lowest, all at the highest, all at zero, then random mixtures of the ends."""
        codes: dict[str, IntArray] = {}
        share = rng.random(count)
        for name, lo, hi in self._each():
            high = rng.random((count, *lo.shape)) < share.reshape(-1, *(1 for _ in lo.shape))
            values = np.where(high, hi, lo)
            for vector, value in enumerate((lo, hi, np.clip(0, lo, hi))[:count]):
                values[vector] = value
            codes[name] = values
        return codes

    def uniform(self, rng: np.random.Generator, count: int) -> dict[str, IntArray]:
        return {
            name: rng.integers(lo, hi, (count, *lo.shape), endpoint=True) for name, lo, hi in self._each()
        }

    def mixed(self, rng: np.random.Generator, count: int) -> dict[str, IntArray]:
        """Real samples, a tenth to nine tenths of whose elements are drawn anew."""
        drawn = self.uniform(rng, count)
        rows = np.arange(count) % len(next(iter(self._real.values())))
        real = input_codes(self._graph, {name: values[rows] for name, values in self._real.items()})
        share = rng.uniform(0.1, 0.9, count)
        draws: dict[str, IntArray] = {}
        for name, codes in real.items():
            anew = rng.random(codes.shape) < share.reshape(-1, *(1 for _ in codes.shape[1:]))
            draws[name] = np.where(anew, drawn[name], codes)
        return draws

    def units(self) -> dict[str, IntArray]:
        """Zero, then one element at a time at the end that is farther from zero."""
        zero = {name: np.clip(0, lo, hi) for name, lo, hi in self._each()}
        parts: dict[str, list[IntArray]] = {name: [value[np.newaxis]] for name, value in zero.items()}
        for name, lo, hi in self._each():
            elements = self._unit_elements(lo.size)
            ends = np.where(np.abs(hi) >= np.abs(lo), hi, lo).reshape(-1)
            units = np.repeat(zero[name].reshape(1, -1), len(elements), 0)
            units[np.arange(len(elements)), elements] = ends[elements]
            for other, rows in parts.items():
                rows.append(
                    units.reshape(-1, *lo.shape)
                    if other == name
                    else np.repeat(zero[other][np.newaxis], len(elements), 0)
                )
        return {name: np.concatenate(rows) for name, rows in parts.items()}

    def _unit_elements(self, size: int) -> IntArray:
        """The elements of an input of `size` elements that get a unit vector."""
        return np.unique(np.linspace(0, size - 1, min(size, self._units)).astype(np.int64))

    def bounds(self, pool: Mapping[str, IntArray], count: int) -> dict[str, IntArray]:
        """For elements of sums, spread over all of them, the inputs at the ends their slope points to."""
        targets = _targets(self._graph, count // 2)
        names = list(dict.fromkeys(name for name, _ in targets))
        slopes = self._fitted(pool, names, targets)
        exact = self._responses(names, targets)
        straight = affine_values(self._graph)
        which = np.array([name in straight for name, _ in targets], np.bool_)
        codes: dict[str, IntArray] = {}
        for name, lo, hi in self._each():
            slope = slopes[name]
            if lo.size <= self._units:
                slope = np.where(which[:, np.newaxis], exact[name], slope)
            slope = slope.reshape(-1, *lo.shape)
            codes[name] = np.concatenate([np.where(slope > 0, hi, lo), np.where(slope > 0, lo, hi)])
        return codes

    def _fitted(
        self, pool: Mapping[str, IntArray], names: list[str], targets: list[tuple[str, int]]
    ) -> dict[str, NDArray[np.float64]]:
        """Slopes (targets, elements) by input name of a linear fit to the pool, up to a factor."""
        sums = self._columns(pool, names, targets)
        sums = sums - sums.mean(0)
        values: dict[str, NDArray[np.float64]] = {}
        for name, _, _ in self._each():
            features = pool[name].reshape(len(pool[name]), -1).astype(np.float64)
            values[name] = ((features - features.mean(0)).T @ sums).T
        return values

    def _responses(self, names: list[str], targets: list[tuple[str, int]]) -> dict[str, NDArray[np.float64]]:
        """Slopes (targets, unit elements) by input name: what a unit vector adds to the value at zero."""
        units = self.units()
        sums = self._columns(units, names, targets)
        values: dict[str, NDArray[np.float64]] = {}
        start = 1
        for name, lo, hi in self._each():
            elements = self._unit_elements(lo.size)
            ends = np.where(np.abs(hi) >= np.abs(lo), hi, lo).reshape(-1)[elements]
            rise = sums[start : start + len(elements)] - sums[0]
            values[name] = (rise * np.sign(ends)[:, np.newaxis]).T
            start += len(elements)
        return values

    def _columns(
        self, codes: Mapping[str, IntArray], names: list[str], targets: list[tuple[str, int]]
    ) -> NDArray[np.float64]:
        """The targets' values, (vectors, targets)."""
        count = len(next(iter(codes.values())))
        columns = np.zeros((count, len(targets)))
        for start in range(0, count if targets else 0, _CHUNK):
            some = slice(start, start + _CHUNK)
            values = evaluate_codes(self._graph, {name: array[some] for name, array in codes.items()}, names)
            for column, (name, element) in enumerate(targets):
                columns[some, column] = values[name].reshape(len(values[name]), -1)[:, element]
        return columns


def _targets(graph: Graph, count: int) -> list[tuple[str, int]]:
    """Elements of sums, the first sums first, as many of each as there is room for."""
    sums = [node.name for node in graph.nodes if isinstance(node.op, Linear)]
    targets: list[tuple[str, int]] = []
    for i, name in enumerate(sums):
        size = graph.info(name).size
        share = min(size, max((count - len(targets)) // (len(sums) - i), 1))
        targets += [
            (name, int(element)) for element in np.unique(np.linspace(0, size - 1, share).astype(np.int64))
        ]
    return targets[:count]


def _with_new_events(
    graph: Graph, before: Sequence[Mapping[str, IntArray]], pool: Mapping[str, IntArray]
) -> IntArray:
    """Vectors of the pool that show what neither those before them nor `before` showed; most first."""
    met = np.any([events(graph, vectors).any(0) for vectors in before], axis=0)
    new = events(graph, pool)[:, ~met]
    first = new.argmax(0)[new.any(0)] if new.size else np.zeros(0, np.int64)
    return _most_first(first)


def _with_new_weights(
    graph: Graph, before: Sequence[Mapping[str, IntArray]], pool: Mapping[str, IntArray]
) -> IntArray:
    """Vectors of the pool that show a weight's error that `before` does not show; most first."""
    every = list(sums(graph))
    total = sum(graph.info(node.inputs[1]).size for node in every)
    if total > _WEIGHTS:
        return np.zeros(0, np.int64)
    shown = _stacked(before)
    work, firsts = _WORK, [np.zeros(0, np.int64)]
    for node in reversed(every):
        size = graph.info(node.inputs[1]).size
        unseen, done = unseen_weights(graph, shown, node, np.arange(size), work)
        first, more = unseen_weights(graph, pool, node, np.flatnonzero(unseen == -1), work - done)
        firsts.append(first[first >= 0])
        work = max(work - done - more, 0.0)
    return _most_first(np.concatenate(firsts))


def _most_first(numbers: IntArray) -> IntArray:
    values, counts = np.unique(numbers, return_counts=True)
    return values[np.argsort(-counts, kind="stable")]


def _filled(chosen: IntArray, more: IntArray, room: int, pool: int) -> IntArray:
    """`chosen`, then `more`, then what is left of the pool, as many as there is room for."""
    order = np.concatenate([more, chosen, np.arange(pool)])
    first = np.sort(np.unique(order, return_index=True)[1])
    return np.sort(order[first][:room])


def _stacked(parts: Sequence[Mapping[str, IntArray]]) -> dict[str, IntArray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

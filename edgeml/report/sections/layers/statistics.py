"""Statistics of every op of the exact graph on real samples: range used, clipping, noise.

Invariant: the samples go through the reference evaluator in chunks; the statistics are exact sums over all
elements of all samples, and memory does not grow with their number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedTypeArray, IntArray, Overflow, align, cover, rescale, symmetric_lo, to_float
from edgeml.fixed.rounding import Round, round_float
from edgeml.ir import Graph, Node, ValueInfo, input_codes
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.report.histogram import SHOWN, CodeBins, Histogram, code_bins, span
from edgeml.report.numbers import Number, absent, measured
from edgeml.report.sections.layers.facts import ValueStatistics
from edgeml.report.source import RunSource

_CHUNK = 256
"""Samples at a time."""

_MOVES = {"reshape", "transpose", "slice", "pad", "repeat", "concat"}
"""Ops whose values are their input's; a row for them would say nothing new."""

SAMPLES = 1_000
"""Test samples that are looked at: the int64 reference is slow, the statistics settle early."""

Floats = NDArray[np.float64]


def statistics(source: RunSource) -> tuple[tuple[ValueStatistics, ...], tuple[Histogram, ...], int]:
    """The rows and histograms of `measure` on the first test samples, and how many samples those are.

    Raises:
        EdgemlError: no samples, or data that do not fit the inputs.
    """
    x = source.feeds(SAMPLES)
    return *measure(source.graph, x), len(next(iter(x.values())))


def measure(graph: Graph, x: Mapping[str, Any]) -> tuple[tuple[ValueStatistics, ...], tuple[Histogram, ...]]:
    """Run samples through the graph and look at every value.

    Args:
        graph: the exact graph.
        x: floats (samples, *shape) by input name, at least one sample.

    Returns:
        A row per op that computes something, and a histogram per input and cast: of the values as they come
        in, against the limits of the type they are put into.

    Raises:
        EdgemlError: no samples, or data that do not fit the inputs.
    """
    count = len(next(iter(x.values())))
    if count == 0:
        raise EdgemlError("no samples to look at the layers with", graph.name)
    watchers = {
        node.name: _Watcher(graph, node, x)
        for node in graph.nodes
        if not isinstance(node.op, Const) and node.op.op_name() not in _MOVES
    }
    for start in range(0, count, _CHUNK):
        floats = {name: np.asarray(values[start : start + _CHUNK]) for name, values in x.items()}
        values = input_codes(graph, floats)
        run_nodes(graph.nodes, graph.infos, values)
        for watcher in watchers.values():
            watcher.see(values, floats)
    rows = tuple(watcher.row() for watcher in watchers.values())
    return rows, tuple(histogram for w in watchers.values() if (histogram := w.histogram()) is not None)


class _Watcher:
    """Sums over one value."""

    def __init__(self, graph: Graph, node: Node, x: Mapping[str, Any]) -> None:
        self.node, self.info = node, graph.info(node.name)
        users = graph.users[node.name]
        own = all(isinstance(user.op, Lookup) and user.layer == node.layer for user in users)
        self.index = bool(users) and own
        self.lo: int | None = None
        self.hi: int | None = None
        self.loss: _Loss | None = None
        self.source = self.info
        if isinstance(node.op, Cast):
            counter = _CodeCounter(graph.info(node.inputs[0]))
            self.loss = _Loss(self.info, node.op.overflow, node.op.rounding, counter)
            self.source = graph.info(node.inputs[0])
        elif isinstance(node.op, Input):
            counter = _FloatCounter(np.asarray(x[node.name], np.float32))
            self.loss = _Loss(self.info, node.op.overflow, node.op.rounding, counter)

    def see(self, values: Mapping[str, IntArray], floats: Mapping[str, Any]) -> None:
        codes = align(values[self.node.name], self.info.type.frac, self.info.frac)
        low, high = int(codes.min()), int(codes.max())
        self.lo = low if self.lo is None else min(self.lo, low)
        self.hi = high if self.hi is None else max(self.hi, high)
        if self.loss is None:
            return
        if isinstance(self.node.op, Input):
            self.loss.see_floats(np.asarray(floats[self.node.name], np.float32), values[self.node.name])
        else:
            self.loss.see_codes(values[self.node.inputs[0]], self.source, values[self.node.name])

    def row(self) -> ValueStatistics:
        assert self.lo is not None and self.hi is not None  # measure refuses zero samples
        info, kind = self.info, self.info.scalar
        low, high = info.aligned(info.frac)
        possible = cover(int(low.min()), int(high.max()), info.frac)
        loss = self.loss.numbers() if self.loss else {}
        return ValueStatistics(
            name=self.node.name,
            op=self.node.op.op_name(),
            layer=self.node.layer,
            index=self.index,
            truncates=isinstance(self.node.op, Cast) and self.node.op.rounding is Round.TRN,
            shape=info.shape,
            type=str(info.type),
            width=kind.width,
            representable=span(kind.lo, kind.hi, info.frac),
            possible=span(int(low.min()), int(high.max()), info.frac),
            used=span(self.lo, self.hi, info.frac),
            bits_possible=_bits(possible, kind.signed),
            bits_used=_bits(cover(self.lo, self.hi, info.frac), kind.signed),
            **loss,
        )

    def histogram(self) -> Histogram | None:
        return self.loss.histogram(self.node.name) if self.loss else None


class _Loss:
    """The loss of a cast, or of an input's rounding."""

    def __init__(
        self, info: ValueInfo, overflow: Overflow, rounding: Round, counter: _CodeCounter | _FloatCounter
    ) -> None:
        self.info, self.rounding, self.counter = info, rounding, counter
        self.lo = symmetric_lo(info.type) if overflow is Overflow.SAT_SYM else info.type.lo
        self.rectifies = not info.type.signed and overflow is not Overflow.WRAP
        self.elements = self.saturated = self.rectified = self.zeros = 0
        self.signal = self.noise = 0.0

    def see_codes(self, before: IntArray, source: ValueInfo, after: IntArray) -> None:
        shape = (len(before), *self.info.shape)
        before = np.broadcast_to(before, shape)
        steps = rescale(before, source.type.frac, self.info.type.frac, self.rounding)
        self._sum(to_float(before, source.type.frac), steps, np.broadcast_to(after, shape))
        self.counter.add(before)

    def see_floats(self, before: NDArray[np.float32], after: IntArray) -> None:
        exact = before.astype(np.float64)
        self._sum(exact, round_float(np.ldexp(exact, np.asarray(self.info.type.frac)), self.rounding), after)
        self.counter.add(before)

    def _sum(self, before: Floats, steps: Any, after: IntArray) -> None:
        """`steps` are the rounded codes before anything is done about overflow."""
        below, above = steps < self.lo, steps > self.info.type.hi
        self.elements += before.size
        if self.rectifies:
            self.rectified += int(np.count_nonzero(before < 0))
            self.saturated += int(np.count_nonzero(above))
            before = np.maximum(before, 0.0)
        else:
            self.saturated += int(np.count_nonzero(below | above))
        self.zeros += int(np.count_nonzero(after == 0))
        self.signal += float(np.sum(before * before))
        self.noise += float(np.sum((to_float(after, self.info.type.frac) - before) ** 2))

    def numbers(self) -> dict[str, Number]:
        numbers = {"saturated": measured(self.saturated / self.elements), "sqnr_db": self._sqnr()}
        if self.rectifies:
            numbers["rectified"] = measured(self.rectified / self.elements)
        return numbers

    def _sqnr(self) -> Number:
        if self.signal == 0:
            return absent("all zero")
        if self.noise == 0:
            return absent("no error")
        return measured(10 * math.log10(self.signal / self.noise))

    def histogram(self, name: str) -> Histogram:
        kind = self.info.scalar
        start, step, counts = self.counter.shown()
        return Histogram(
            name=name,
            type=str(self.info.type),
            shape=self.info.shape,
            start=start,
            step=step,
            counts=counts,
            limits=span(kind.lo, kind.hi, kind.frac),
            zeros=self.zeros / self.elements,
            rectifies=self.rectifies,
        )


class _CodeCounter:
    """A histogram of what enters a cast, in real units."""

    def __init__(self, info: ValueInfo) -> None:
        self._info = info
        low, high = info.aligned(info.frac)
        self._counter = CodeBins(int(low.min()), int(high.max()))

    def add(self, values: Any) -> None:
        self._counter.add(align(values, self._info.type.frac, self._info.frac))

    def shown(self) -> tuple[float, float, tuple[int, ...]]:
        return code_bins(self._counter, self._info.frac)


class _FloatCounter:
    """A histogram of the floats that enter an input, between their own extremes."""

    def __init__(self, x: NDArray[np.float32]) -> None:
        self._lo, self._hi = float(x.min()), float(x.max())
        self._hi = self._hi if self._hi > self._lo else self._lo + 1.0
        self._counts = np.zeros(SHOWN, np.int64)

    def add(self, values: Any) -> None:
        self._counts += np.histogram(values, SHOWN, (self._lo, self._hi))[0]

    def shown(self) -> tuple[float, float, tuple[int, ...]]:
        return self._lo, (self._hi - self._lo) / SHOWN, tuple(int(n) for n in self._counts)


def _bits(needed: Any, signed: bool) -> int:
    """A signed type needs its sign bit even for values that happen to be positive."""
    assert not isinstance(needed, FixedTypeArray)
    return needed.width + (1 if signed and not needed.signed else 0)

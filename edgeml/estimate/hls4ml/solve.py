"""Reuse factors of an hls4ml project that meet a goal, chosen from the valid ones.

Every layer that multiplies has a list of ways (strategy and valid reuse factor) with its resources and
clocks. Ways that are in nothing better than another are dropped. The layers that are still open count with
their smallest resources and their fastest way, which never overestimates, because resources add up and a
faster layer never makes the project slower.

With `fit` the layout has to fit by the one rule (`edgeml.fits`), at the high ends of its intervals and with
the user's own results: "fits" or "tight". Only where no layout does, one whose estimate is within the board
is taken, "may not fit", and the solution says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from edgeml import fits
from edgeml.backends.hls4ml.layer import Hls4mlLayer
from edgeml.backends.hls4ml.options import Hls4mlOptions
from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT, Parallelism, valid_factors
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import calibration
from edgeml.estimate.count import Count
from edgeml.estimate.hls4ml.layer import LayerCost
from edgeml.estimate.hls4ml.model import FAMILY, FOLDED, PARALLEL, PlannedProject, figures, luts
from edgeml.estimate.hls4ml.project import TimedProject
from edgeml.estimate.ledger import Ledger
from edgeml.estimate.solve import MINIMIZED, Aim, Goal, SearchSpace, no_layout, search
from edgeml.estimate.verdict import nearest_board
from edgeml.settings import per_layer

KINDS = ("lut", "ff", "dsp", "bram")
_ROUNDED = 0.99
"""The shares are not rounded to whole figures, intervals are: a bound has to stay below."""
_TRIED = 2_000
"""States that are visited on another board."""
_ONLY_RESOURCE = ("Quartus", "oneAPI")
_PLAIN = Parallelism("latency", 1)


@dataclass(frozen=True)
class LayerWay:
    """One way for all layers of one name: their costs, and their resources as shares of the board."""

    how: Parallelism
    costs: tuple[LayerCost, ...]
    shares: tuple[float, ...]

    @property
    def area(self) -> float:
        """The sum of the shares."""
        return sum(self.shares)

    def is_beaten_by(self, other: LayerWay) -> bool:
        """Nowhere better than the other one."""
        mine = (*self.shares, *(n for c in self.costs for n in (c.depth, c.interval)))
        theirs = (*other.shares, *(n for c in other.costs for n in (c.depth, c.interval)))
        return all(t <= m for t, m in zip(theirs, mine, strict=True))


@dataclass(frozen=True)
class ReuseSolution:
    """The result of a search.

    Args:
        ways: strategy and reuse factor by layer of the project.
        by_layer: the same by the model's layer, as hls4ml options take it.
        project: the layers in time.
        minimized: in words.
        proven: whether the search was complete.
        certain: whether it fits at the high ends of its intervals, where it was to fit.
    """

    ways: dict[str, Parallelism]
    by_layer: dict[str, Parallelism]
    project: TimedProject
    minimized: str
    proven: bool
    certain: bool = True

    def text(self) -> str:
        """As a person reads it: "fc1 resource 16, fc2 latency 1"."""
        return ", ".join(f"{name} {how.strategy} {how.reuse_factor}" for name, how in self.by_layer.items())

    def settings(self) -> dict[str, dict[str, int] | dict[str, str]]:
        """Options of the hls4ml back end that say the same."""
        return {
            "strategy": {name: how.strategy for name, how in self.by_layer.items()},
            "reuse_factor": {name: how.reuse_factor for name, how in self.by_layer.items()},
        }


@dataclass(frozen=True)
class _Group:
    """The layers of one name, which have one strategy and reuse factor."""

    name: str
    layers: tuple[Hls4mlLayer, ...]
    ways: tuple[LayerWay, ...]


@dataclass(frozen=True, eq=False)
class _PartialProject:
    """A project as far as it is chosen.

    Args:
        space: the search space that it is a state of.
        chosen: a way for each of the first groups.
        used: shares of the board that these and the layers without products take.
    """

    space: _ReuseSpace
    chosen: tuple[LayerWay, ...]
    used: tuple[float, ...]

    @property
    def bound(self) -> tuple[float, ...]:
        """The least shares of any project that begins so."""
        return tuple(a + b for a, b in zip(self.used, self.space.least[len(self.chosen)], strict=True))

    @cached_property
    def project(self) -> TimedProject:
        """The layers in time; those still open as the optimist sees them."""
        return self.space.project(self.chosen)


class _ReuseSpace(SearchSpace[_PartialProject]):
    """The valid strategies and reuse factors of a project.

    Args:
        planned: the project.
        ledger: earlier results, which intervals go by.
        aim: what is minimized.
        surely: whether a layout has to fit at the high ends of its intervals; else at its values.
    """

    most_states = 200_000
    fit_states = 20

    def __init__(self, planned: PlannedProject, ledger: Ledger, aim: Aim, surely: bool) -> None:
        self._planned, self._ledger, self._aim, self._surely = planned, ledger, aim, surely
        by_name: dict[str, list[Hls4mlLayer]] = {}
        for layer in planned.plan.layers:
            if layer.products is not None:
                by_name.setdefault(layer.layer, []).append(layer)
        self._groups = [_Group(n, tuple(layers), _ways(layers, planned)) for n, layers in by_name.items()]
        layers = planned.plan.layers
        self._base = {layer.name: _PLAIN for layer in layers}
        self._costs = {la.name: planned.model.cost(la, _PLAIN) for la in layers if la.products is None}
        self.fixed = _sum(shares(cost.count, planned) for cost in self._costs.values())
        self._high = _least_high(planned, ledger) if surely else (1.0,) * len(KINDS)
        rests = [(0.0,) * len(KINDS)]
        for group in reversed(self._groups):
            low = tuple(min(way.shares[k] for way in group.ways) for k in range(len(KINDS)))
            rests.append(tuple(a + b for a, b in zip(rests[-1], low, strict=True)))
        self.least = rests[::-1]
        """The least shares of the groups from each one on."""

    @property
    def is_complete(self) -> bool:
        return True

    @property
    def root(self) -> _PartialProject:
        return _PartialProject(self, (), self.fixed)

    def children(self, state: _PartialProject) -> Iterator[_PartialProject]:
        ways = self._groups[len(state.chosen)].ways
        for way in sorted(ways, key=lambda way: way.area, reverse=self._aim == "latency"):
            used = tuple(a + b for a, b in zip(state.used, way.shares, strict=True))
            yield _PartialProject(self, (*state.chosen, way), used)

    def is_whole(self, state: _PartialProject) -> bool:
        return len(state.chosen) == len(self._groups)

    def is_too_large(self, state: _PartialProject) -> bool:
        return max(a * b for a, b in zip(state.bound, self._high, strict=True)) > 1.0

    def clocks(self, state: _PartialProject) -> tuple[int, int]:
        return state.project.latency, state.project.interval

    def is_beaten(self, state: _PartialProject) -> bool:
        return False  # the ways of a layer that are beaten were dropped before

    def area(self, state: _PartialProject) -> float:
        return sum(state.bound)

    def worst(self, state: _PartialProject) -> float:
        return max(a * b for a, b in zip(state.bound, self._high, strict=True))

    def fits(self, state: _PartialProject) -> bool:
        if not self._surely or not self.is_whole(state):
            return True  # `is_too_large` has said what there is to say
        ways = self.ways(state.chosen)
        estimate = self._ledger.applied(figures(self._planned, ways, state.project), self._planned.chip.name)
        return fits.certain(fits.verdict(estimate, self._planned.board))

    def ways(self, chosen: tuple[LayerWay, ...]) -> dict[str, Parallelism]:
        """Strategy and reuse factor of every layer, all of them chosen."""
        result = dict(self._base)
        for group, way in zip(self._groups, chosen, strict=True):
            result |= {layer.name: way.how for layer in group.layers}
        return result

    def by_layer(self, chosen: tuple[LayerWay, ...]) -> dict[str, Parallelism]:
        """The same by the model's layer."""
        return {group.name: way.how for group, way in zip(self._groups, chosen, strict=True)}

    def project(self, chosen: tuple[LayerWay, ...]) -> TimedProject:
        """The layers in time; those still open as the optimist sees them."""
        costs, ways = dict(self._costs), dict(self._base)
        for group, way in zip(self._groups, chosen, strict=False):
            for layer, cost in zip(group.layers, way.costs, strict=True):
                costs[layer.name], ways[layer.name] = cost, way.how
        for group in self._groups[len(chosen) :]:
            for index, layer in enumerate(group.layers):
                depth = min(way.costs[index].depth for way in group.ways)
                interval = min(way.costs[index].interval for way in group.ways)
                like = group.ways[0].costs[index]
                costs[layer.name] = LayerCost(Count(), depth, interval, like.steps, like.first, like.gathers)
        return self._planned.model.arranged(costs, ways)

    def least_fit(self) -> str:
        """The wish to fit, with what the smallest ways take of the scarcest resource and which layer most."""
        small = [a + b for a, b in zip(self.fixed, self.least[0], strict=True)]
        scarce = max(range(len(KINDS)), key=lambda k: small[k])
        by_layer = {group.name: min(way.shares[scarce] for way in group.ways) for group in self._groups}
        for layer in self._planned.plan.layers:
            if layer.products is None:
                own = shares(self._costs[layer.name].count, self._planned)[scarce]
                by_layer[layer.layer] = by_layer.get(layer.layer, 0.0) + own
        largest = max(by_layer, key=lambda name: by_layer[name])
        share = f"{small[scarce]:.0%} of its {KINDS[scarce].upper()}"
        part = f"{by_layer[largest] / small[scarce]:.0%} of the network's in {largest}"
        return f"fitting {self._planned.board.name} (alone at least {share}, {part})"


def _impossible(planned: PlannedProject, goal: Goal, ledger: Ledger, space: _ReuseSpace) -> EdgemlError:
    """The error for a goal that nothing meets."""
    quick = space.project(())
    clocks = quick.latency, quick.interval
    if goal == Goal(fit=True):
        advice = nearest_board(planned.board, lambda other: _fits_on(planned, other, ledger))
        hint = f"{advice}; or make the network smaller"
        return no_layout("hls4ml", goal, clocks, space.least_fit(), hint)
    if not goal.fit:
        return no_layout("hls4ml", goal, clocks, "")
    try:
        alone = solve(planned, Goal(fit=True), ledger).project
    except EdgemlError as error:
        return no_layout("hls4ml", goal, clocks, space.least_fit(), error.hint)
    fitting = f"alone in {alone.latency} clocks, a sample every {alone.interval}"
    return no_layout("hls4ml", goal, clocks, f"fitting {planned.board.name} ({fitting})")


def _fits_on(planned: PlannedProject, board: Board, ledger: Ledger) -> bool:
    """True if some ways surely fit another board, by a short search.

    Raises:
        EdgemlError: the project cannot be made for it.
    """
    stated, here = planned.at.options.backend, planned.board.hls4ml
    if stated and board.hls4ml and here and board.hls4ml.backend != here.backend:
        return False
    space = _ReuseSpace(PlannedProject(replace(planned.at, board=board)), ledger, "area", True)
    space.most_states = _TRIED
    return search(space, Goal(fit=True), "area")[0] is not None


def solve(planned: PlannedProject, goal: Goal, ledger: Ledger) -> ReuseSolution:
    """The best reuse factors for a goal.

    Args:
        planned: the project; strategies and reuse factors that its options name stay as they are.
        goal: what has to be met.
        ledger: the user's own results, which intervals go by.

    Raises:
        EdgemlError: no combination meets it; says how near the best one comes, and the nearest board that
            would do where this one is too small.
    """
    space = _ReuseSpace(planned, ledger.snapshot(), goal.aim, True)
    chosen, proven = search(space, goal, goal.aim)
    certain = chosen is not None
    if goal.fit and chosen is None:
        space = _ReuseSpace(planned, ledger, goal.aim, False)
        chosen, complete = search(space, goal, goal.aim)
        proven = complete and proven
    if chosen is None:
        raise _impossible(planned, goal, ledger, space)
    return ReuseSolution(
        space.ways(chosen.chosen),
        space.by_layer(chosen.chosen),
        chosen.project,
        MINIMIZED[goal.aim],
        proven,
        certain,
    )


def _least_high(at: PlannedProject, ledger: Ledger) -> tuple[float, ...]:
    """The least factor from an estimate to its high end, by kind, whatever the layout."""
    base = calibration.measured()[FAMILY].weights  # those that `shares` counts with
    least: list[float] = []
    for kind in KINDS:
        own = ledger.narrowed("hls4ml", at.chip.name, kind)
        weights = {"lut": ("chain", "logic"), "dsp": ()}.get(kind, (kind,))
        factors: list[float] = []
        for name in (FAMILY,) if at.is_stream else (FOLDED, PARALLEL):
            entry = calibration.measured()[name]
            heavier = min((entry.weights[one] / base[one] for one in weights), default=1.0)
            factors.append(heavier * (entry.spread[kind].high if own is None else own.high))
        least.append(min(factors) * _ROUNDED)
    return tuple(least)


def shares(count: Count, planned: PlannedProject) -> tuple[float, ...]:
    """A count as shares of the board's LUT, FF, DSP and BRAM."""
    measured = calibration.measured()[FAMILY]
    have = planned.board.resources
    return (
        luts(count, planned.chip, measured) / have.lut,
        count.ff * measured.weights["ff"] / have.ff,
        count.dsp / have.dsp,
        count.bram * measured.weights["bram"] / have.bram,
    )


def _sum(rows: Iterable[tuple[float, ...]]) -> tuple[float, ...]:
    result = [0.0] * len(KINDS)
    for row in rows:
        for k, value in enumerate(row):
            result[k] += value
    return tuple(result)


def _ways(layers: Sequence[Hls4mlLayer], planned: PlannedProject) -> tuple[LayerWay, ...]:
    """All ways for the layers of one name that are not beaten by another."""
    best: list[LayerWay] = []
    for how in _candidates(layers, planned.options):
        costs = tuple(planned.model.cost(layer, how) for layer in layers)
        way = LayerWay(how, costs, _sum(shares(cost.count, planned) for cost in costs))
        if not any(way.is_beaten_by(other) for other in best):
            best = [other for other in best if not other.is_beaten_by(way)] + [way]
    return tuple(best)


def _candidates(layers: Sequence[Hls4mlLayer], options: Hls4mlOptions) -> list[Parallelism]:
    """Strategies and reuse factors that are valid for all of the layers, by reuse factor."""
    common = set.intersection(*(_valid(layer, options) for layer in layers))
    if not common:
        raise EdgemlError(
            "no strategy and reuse factor is valid for all parts of the layer",
            layers[0].layer,
            "leave its strategy and reuse factor open",
        )
    return sorted(common, key=lambda how: (how.reuse_factor, how.strategy))


def _valid(layer: Hls4mlLayer, options: Hls4mlOptions) -> set[Parallelism]:
    """Strategies and reuse factors of one layer."""
    assert layer.products is not None
    n_in, n_out = layer.products
    size = n_in * n_out
    strategy = per_layer(options.strategy, layer.layer) or "auto"
    if strategy == "distributed_arithmetic":
        return {Parallelism("distributed_arithmetic", 1)}
    valid: set[Parallelism] = set()
    if strategy != "resource" and options.backend not in _ONLY_RESOURCE and size <= UNROLL_LIMIT:
        valid |= {_PLAIN}
        if strategy == "latency":
            valid |= {Parallelism("latency", factor) for factor in valid_factors(n_in, n_out)}
    if strategy != "latency":
        start = 1 if strategy == "resource" or options.backend in _ONLY_RESOURCE else 2
        factors = (n for n in valid_factors(n_in, n_out) if n >= start and size // n <= UNROLL_LIMIT)
        valid |= {Parallelism("resource", factor) for factor in factors}
    fixed: int | None = per_layer(options.reuse_factor, layer.layer)
    return valid if fixed is None else {how for how in valid if how.reuse_factor == fixed}

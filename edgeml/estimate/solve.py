"""Reuse factors that meet a goal, found by an exact search over the valid ones.

Every layer that multiplies has a list of ways (strategy and valid reuse factor) with its resources and
clocks. Ways that are in nothing better than another are dropped. Then a depth-first search with bounds: the
layers that are still open count with their smallest resources and their fastest way, which never
overestimates, because resources add up and a faster layer never makes the project slower.

What is minimized: with a limit on latency or interval, the sum over LUT, FF, DSP and BRAM of their share of
the board; with `fit` alone, the latency in clocks, and among equally fast ones that sum.

With `fit` the layout has to fit by the one rule (`edgeml.fits`), at the high ends of its intervals and with
the user's own results: "fits" or "tight". Only where no layout does, one whose estimate is within the board
is taken, "may not fit", and the solution says so.

Invariant: a solution that says it is proven is the best of all combinations of valid factors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from edgeml import fits
from edgeml.backends.hls4ml.layer import Hls4mlLayer
from edgeml.backends.hls4ml.options import Hls4mlOptions
from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT, Parallelism, valid_factors
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import calibration
from edgeml.estimate.circuit import Count
from edgeml.estimate.hls import Project
from edgeml.estimate.hls_layer import Cost
from edgeml.estimate.hls_own import FAMILY, FOLDED, PARALLEL, Planned, figures, luts
from edgeml.estimate.ledger import NOTHING, Ledger
from edgeml.settings import per_layer

KINDS = ("lut", "ff", "dsp", "bram")
_MOST_NODES = 200_000
_ROUNDED = 0.99
"""The shares are not rounded to whole figures, intervals are: a bound has to stay below."""
_JUDGING = 20
"""Nodes that judging a whole layout counts for: it takes about as long."""
_ONLY_RESOURCE = ("Quartus", "oneAPI")


@dataclass(frozen=True)
class Goal:
    """What the reuse factors have to meet.

    Args:
        max_latency: clocks from a sample in to its result out; None: any.
        ii: clocks between two samples; None: any.
        fit: it has to fit the board at the high ends of its intervals.
    """

    max_latency: int | None = None
    ii: int | None = None
    fit: bool = False

    def __bool__(self) -> bool:
        return self.fit or self.max_latency is not None or self.ii is not None


@dataclass(frozen=True)
class Way:
    """One way for all layers of one name: their costs, and their resources as shares of the board."""

    strategy: str
    reuse: int
    costs: tuple[Cost, ...]
    shares: tuple[float, ...]

    @property
    def area(self) -> float:
        """The sum of the shares."""
        return sum(self.shares)

    def beaten_by(self, other: Way) -> bool:
        """Nowhere better than the other one."""
        mine = (*self.shares, *(n for c in self.costs for n in (c.depth, c.interval)))
        theirs = (*other.shares, *(n for c in other.costs for n in (c.depth, c.interval)))
        return all(t <= m for t, m in zip(theirs, mine, strict=True))


@dataclass(frozen=True)
class Solution:
    """What was found.

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
    project: Project
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


Fits: TypeAlias = Callable[[Mapping[str, Parallelism], Project], bool]
"""Whether a whole layout surely fits."""


@dataclass
class _Search:
    at: Planned
    goal: Goal
    board: Board
    fixed: tuple[float, ...]
    groups: Sequence[tuple[str, tuple[Hls4mlLayer, ...], tuple[Way, ...]]]
    costs: dict[str, Cost]
    base: Mapping[str, Parallelism]
    least_high: tuple[float, ...]
    fits: Fits | None
    best: tuple[float, float] | None = None
    found: tuple[Way, ...] | None = None
    nodes: int = 0
    least: list[tuple[float, ...]] = field(default_factory=list[tuple[float, ...]])
    fastest: list[Way] = field(default_factory=list[Way])

    def run(self) -> bool:
        """Search; True if it was complete."""
        rests = [tuple(0.0 for _ in KINDS)]
        for _, _, ways in reversed(self.groups):
            low = tuple(min(way.shares[k] for way in ways) for k in range(len(KINDS)))
            rests.append(tuple(a + b for a, b in zip(rests[-1], low, strict=True)))
        self.least = rests[::-1]
        self._visit(0, (), self.fixed)
        return self.nodes <= _MOST_NODES

    def _visit(self, depth: int, chosen: tuple[Way, ...], used: tuple[float, ...]) -> None:
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            return
        bound = tuple(a + b for a, b in zip(used, self.least[depth], strict=True))
        if self.goal.fit and max(a * b for a, b in zip(bound, self.least_high, strict=True)) > 1.0:
            return
        project = self.project(chosen)
        if self.goal.max_latency is not None and project.latency > self.goal.max_latency:
            return
        if self.goal.ii is not None and project.interval > self.goal.ii:
            return
        score = self._score(project.latency, sum(bound))
        if self.best is not None and score >= self.best:
            return
        if depth == len(self.groups):
            if self.goal.fit and self.fits is not None:
                self.nodes += _JUDGING
                if not self.fits(self.ways(chosen), project):
                    return
            self.best, self.found = score, chosen
            return
        ways = self.groups[depth][2]
        ordered = sorted(ways, key=lambda way: way.area, reverse=self._is_fit_alone)
        for way in ordered:
            self._visit(
                depth + 1, (*chosen, way), tuple(a + b for a, b in zip(used, way.shares, strict=True))
            )

    @property
    def _is_fit_alone(self) -> bool:
        return self.goal.max_latency is None and self.goal.ii is None

    def _score(self, latency: int, area: float) -> tuple[float, float]:
        return (latency, area) if self._is_fit_alone else (area, latency)

    def ways(self, chosen: tuple[Way, ...]) -> dict[str, Parallelism]:
        """Strategy and reuse factor of every layer, all of them chosen."""
        found = dict(self.base)
        for (_, layers, _), way in zip(self.groups, chosen, strict=True):
            found |= {layer.name: Parallelism(way.strategy, way.reuse) for layer in layers}  # pyright: ignore[reportArgumentType]
        return found

    def project(self, chosen: tuple[Way, ...]) -> Project:
        """The layers in time; those still open as the optimist sees them."""
        costs, ways = dict(self.costs), dict(self.base)
        for position, (_, layers, options) in enumerate(self.groups):
            if position < len(chosen):
                way = chosen[position]
                for layer, cost in zip(layers, way.costs, strict=True):
                    costs[layer.name] = cost
                    ways[layer.name] = Parallelism(way.strategy, way.reuse)  # pyright: ignore[reportArgumentType]
                continue
            for index, layer in enumerate(layers):
                depth = min(way.costs[index].depth for way in options)
                interval = min(way.costs[index].interval for way in options)
                like = options[0].costs[index]
                costs[layer.name] = Cost(Count(), depth, interval, like.steps, like.first, like.gathers)
                ways[layer.name] = Parallelism("latency", 1)
        return self.at.model.arranged(costs, ways)


def solve(at: Planned, board: Board, goal: Goal, kept: Ledger = NOTHING) -> Solution:
    """The best reuse factors for a goal.

    Args:
        at: the planned project; strategies and reuse factors that its options name stay as they are.
        board: the target, for capacities.
        goal: what has to be met.
        kept: the user's own results, which intervals go by.

    Raises:
        EdgemlError: no combination meets it; says how near the best one comes.
    """
    multiplying = [layer for layer in at.plan.layers if layer.products is not None]
    by_name: dict[str, list[Hls4mlLayer]] = {}
    for layer in multiplying:
        by_name.setdefault(layer.layer, []).append(layer)
    plain = Parallelism("latency", 1)
    base = {layer.name: plain for layer in at.plan.layers}
    costs = {layer.name: at.model.cost(layer, plain) for layer in at.plan.layers if layer.products is None}
    fixed = _sum(shares(cost.count, at, board) for cost in costs.values())
    groups = [(name, tuple(layers), _ways(layers, at, board)) for name, layers in by_name.items()]

    def surely(ways: Mapping[str, Parallelism], project: Project) -> bool:
        made = figures(at, ways, project, at.graph.name, at.graph.digest, board)
        return fits.certain(fits.verdict(kept.applied(made, at.chip.name), board))

    high = _least_high(at, kept)
    search = _Search(at, goal, board, fixed, groups, costs, base, high, surely)
    proven = search.run()
    certain = search.found is not None
    if goal.fit and not certain:
        search = _Search(at, goal, board, fixed, groups, costs, base, (1.0,) * len(KINDS), None)
        proven = search.run() and proven
    if search.found is None:
        raise _impossible(search, goal)
    by_layer = {
        name: Parallelism(way.strategy, way.reuse)  # pyright: ignore[reportArgumentType]
        for (name, _, _), way in zip(groups, search.found, strict=True)
    }
    ways = {layer.name: by_layer.get(layer.layer, plain) for layer in multiplying}
    minimized = (
        "latency in clocks, then the share of the board"
        if goal.max_latency is None and goal.ii is None
        else "the sum of the shares of the board's LUT, FF, DSP and BRAM"
    )
    return Solution({**base, **ways}, by_layer, search.project(search.found), minimized, proven, certain)


def _least_high(at: Planned, kept: Ledger) -> tuple[float, ...]:
    """The least factor from an estimate to its high end, by kind, whatever the layout."""
    stream = at.options.io_type == "io_stream"
    base = calibration.measured()[FAMILY].weights  # those that `shares` counts with
    found: list[float] = []
    for kind in KINDS:
        own = kept.narrowed("hls4ml", at.chip.name, kind)
        weights = {"lut": ("chain", "logic"), "dsp": ()}.get(kind, (kind,))
        factors: list[float] = []
        for name in (FAMILY,) if stream else (FOLDED, PARALLEL):
            entry = calibration.measured()[name]
            heavier = min((entry.weights[one] / base[one] for one in weights), default=1.0)
            factors.append(heavier * (entry.spread[kind].high if own is None else own.high))
        found.append(min(factors) * _ROUNDED)
    return tuple(found)


def _impossible(search: _Search, goal: Goal) -> EdgemlError:
    quick = search.project(())
    told: list[str] = []
    if goal.max_latency is not None:
        told.append(f"a latency of {goal.max_latency} clocks (alone at least {quick.latency})")
    if goal.ii is not None:
        told.append(f"an interval of {goal.ii} clocks (alone at least {quick.interval})")
    if goal.fit:
        small = [f + r for f, r in zip(search.fixed, search.least[0], strict=True)]
        worst = max(range(len(KINDS)), key=lambda k: small[k])
        share = f"{small[worst]:.0%} of its {KINDS[worst].upper()}"
        told.append(f"fitting {search.board.name} (alone at least {share})")
    return EdgemlError(
        f"no valid reuse factors meet {' and '.join(told)}",
        "hls4ml",
        "allow more clocks, take a larger board, or make the network smaller",
    )


def shares(count: Count, at: Planned, board: Board) -> tuple[float, ...]:
    """A count as shares of the board's LUT, FF, DSP and BRAM."""
    measured = calibration.measured()[FAMILY]
    have = board.resources
    return (
        luts(count, at.chip, measured) / have.lut,
        count.ff * measured.weights["ff"] / have.ff,
        count.dsp / have.dsp,
        count.bram * measured.weights["bram"] / have.bram,
    )


def _sum(rows: object) -> tuple[float, ...]:
    result = [0.0] * len(KINDS)
    for row in rows:  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        for k, value in enumerate(row):  # pyright: ignore[reportUnknownArgumentType]
            result[k] += value
    return tuple(result)


def _ways(layers: Sequence[Hls4mlLayer], at: Planned, board: Board) -> tuple[Way, ...]:
    """All ways for the layers of one name that are not beaten by another."""
    made: list[Way] = []
    for strategy, reuse in _candidates(layers, at.options):
        how = Parallelism(strategy, reuse)  # pyright: ignore[reportArgumentType]
        costs = tuple(at.model.cost(layer, how) for layer in layers)
        made.append(Way(strategy, reuse, costs, _sum(shares(cost.count, at, board) for cost in costs)))
    kept: list[Way] = []
    for way in made:
        if not any(way.beaten_by(other) for other in kept):
            kept = [other for other in kept if not other.beaten_by(way)] + [way]
    return tuple(kept)


def _candidates(layers: Sequence[Hls4mlLayer], options: Hls4mlOptions) -> list[tuple[str, int]]:
    """Strategies and reuse factors that are valid for all of the layers."""
    found: list[set[tuple[str, int]]] = []
    for layer in layers:
        assert layer.products is not None
        n_in, n_out = layer.products
        size = n_in * n_out
        strategy = per_layer(options.strategy, layer.layer) or "auto"
        fixed: int | None = per_layer(options.reuse_factor, layer.layer)
        if strategy == "distributed_arithmetic":
            found.append({(strategy, 1)})
            continue
        here: set[tuple[str, int]] = set()
        if strategy != "resource" and options.backend not in _ONLY_RESOURCE and size <= UNROLL_LIMIT:
            here |= {("latency", 1)}
            if strategy == "latency":
                here |= {("latency", rf) for rf in valid_factors(n_in, n_out)}
        if strategy != "latency":
            start = 1 if strategy == "resource" or options.backend in _ONLY_RESOURCE else 2
            factors = (rf for rf in valid_factors(n_in, n_out) if rf >= start and size // rf <= UNROLL_LIMIT)
            here |= {("resource", rf) for rf in factors}
        if fixed is not None:
            here = {(name, rf) for name, rf in here if rf == fixed}
        found.append(here)
    common = set.intersection(*found)
    if not common:
        raise EdgemlError(
            "no strategy and reuse factor is valid for all parts of the layer",
            layers[0].layer,
            "leave its strategy and reuse factor open",
        )
    return sorted(common, key=lambda pair: (pair[1], pair[0]))

"""The layout of our own Verilog that meets a goal: side by side or as a stream, and a factor for every layer.

`layouts` has all ways to fold the layers as steps from one to the next. The rest of a way counts with the
least that any continuation takes, which never overestimates, since counts and clocks add up. A way to a
place that was reached before with less of everything is dropped. Costs of counts, and the verdict on
fitting, are given by `judge`, the estimate itself; more of anything must never cost less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from edgeml.backend import refusal_error
from edgeml.backends.verilog.limits import parallel_refusals
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.backends.verilog.stream import factors
from edgeml.backends.verilog.stream.beats import CannotStreamError
from edgeml.errors import EdgemlError
from edgeml.estimate.count import Count, total
from edgeml.estimate.design import Progress
from edgeml.estimate.solve import MINIMIZED, Aim, Goal, SearchSpace, no_layout, search
from edgeml.estimate.verilog import paced
from edgeml.estimate.verilog.chosen import BoardShare, Mode, VerilogLayout
from edgeml.estimate.verilog.counting import CountedDesign, Piece, StreamPorts, count
from edgeml.estimate.verilog.layouts import START, LayoutStep, LayoutSteps, Place
from edgeml.estimate.verilog.paced import PacedLayouts
from edgeml.families import Fabric
from edgeml.ir import Graph

Judge = Callable[[CountedDesign], BoardShare]

Advice = Callable[[Mapping[str, object], CountedDesign], str]
"""The remedy where the smallest layout, as options of the Verilog back end and counted, does not fit."""


class LayoutSolver:
    """All layouts of a graph for one fabric; they are counted once, whatever is asked of them.

    Args:
        core: a graph of core ops.
        options: of the Verilog back end; a mode and reuse factors that they name stay as they are.
        chip: the fabric.
        judge: what a design takes of the board.
        advice: asked for where nothing fits.
        progress: called with the number of pieces counted so far.

    Raises:
        EdgemlError: the graph can be laid out in no way.
    """

    def __init__(
        self,
        core: Graph,
        options: VerilogOptions,
        chip: Fabric,
        judge: Judge,
        advice: Advice,
        progress: Progress | None = None,
    ) -> None:
        self._core, self._options, self._chip = core, options, chip
        self._judge, self._advice = judge, advice
        self._limit = options.unroll_limit
        refused = parallel_refusals(core, options.unroll_limit)
        self._parallel: CountedDesign | None = None
        if options.mode != "stream" and not refused and factors.largest(options.reuse_factor) == 1:
            alone = options.model_copy(update={"mode": "parallel", "reuse_factor": None})
            self._parallel = count(core, alone, chip)
        self._steps: LayoutSteps | None = None
        self._paced: PacedLayouts | None = None
        if options.mode != "parallel":
            try:
                if paced.is_needed(core, options):
                    self._paced = PacedLayouts(core, options, chip, progress)
                else:
                    self._steps = LayoutSteps(core, options, chip, progress)
            except CannotStreamError as error:
                if self._parallel is None:
                    refused = refused if options.mode == "auto" and refused else (error.refusal,)
                    raise refusal_error("verilog", refused) from None
        if self._steps is None and self._paced is None and self._parallel is None:
            raise refusal_error("verilog", refused)

    def best(self, goal: Goal, aim: Aim | None = None) -> VerilogLayout:
        """The best layout for a goal.

        Args:
            goal: what has to be met.
            aim: what to minimize; None: as the goal has it.

        Raises:
            EdgemlError: no layout meets it; says the best that can be reached.
        """
        chosen_aim = aim or goal.aim
        space = _LayoutSpace(self._steps, self._parallel, self._judge, goal, chosen_aim, self._limit)
        chosen, proven = search(space, goal, chosen_aim)
        if chosen is None and self._paced is not None:
            return self._at_pace(self._paced, goal, chosen_aim)
        if chosen is None:
            raise self._impossible(goal)
        return VerilogLayout(
            chosen.mode,
            dict(chosen.factors),
            chosen.latency,
            chosen.interval,
            chosen.share,
            MINIMIZED[chosen_aim],
            proven,
        )

    def _at_pace(self, layouts: PacedLayouts, goal: Goal, aim: Aim) -> VerilogLayout:
        """The layout whose layers all keep to one pace.

        Raises:
            EdgemlError: none meets the goal; names what the slowest one takes, and of which layer most.
        """
        layout = layouts.best(goal, lambda counted: self._judge(counted).fits, aim == "latency")
        if layout is None:
            raise self._too_slow(layouts, goal)
        counted = layout.counted
        share = self._judge(counted)
        clocks = counted.latency, counted.interval
        return VerilogLayout("stream", layout.by_layer, *clocks, share, paced.MINIMIZED, proven=False)

    def _too_slow(self, layouts: PacedLayouts, goal: Goal) -> EdgemlError:
        """The error for a goal that no pace meets."""
        if not goal.fit:
            fast = layouts.at(layouts.paces[0]).counted
            return no_layout("verilog", goal, (fast.latency, fast.interval), "")
        slowest = layouts.sized(layouts.paces[-1])
        small = slowest.counted
        share, least = self._judge(small), (0, 0)
        if share.fits:  # it fits alone, but not in so few clocks
            fit = layouts.best(Goal(fit=True), lambda counted: self._judge(counted).fits, fastest=True)
            assert fit is not None
            fast = fit.counted
            fitting = f"fitting the board (alone in {fast.latency} clocks, a sample every {fast.interval})"
            return no_layout("verilog", goal, (fast.latency, fast.interval), fitting)
        most = f"{share.worst:.0%} of its {share.kind.upper()} at the slowest pace"
        fitting = f"fitting the board (at least {most}, {paced.largest(small.pieces, share.kind)})"
        hint = self._larger({"reuse_factor": slowest.by_layer}, small)
        return no_layout("verilog", goal, least, fitting, hint)

    def _larger(self, smallest: Mapping[str, object], counted: CountedDesign) -> str:
        """The hint where the smallest layout does not fit."""
        advice = self._advice({"mode": "stream", **smallest}, counted)
        return f"{advice}; or make the network smaller"

    def _impossible(self, goal: Goal) -> EdgemlError:
        latency = self.best(Goal(), "latency").latency if goal.max_latency is not None else 0
        interval = min(self._intervals()) if goal.ii is not None else 0
        if not goal.fit:
            return no_layout("verilog", goal, (latency, interval), "")
        small = self.best(Goal(), "worst")
        clocks = f"{small.latency} clocks, a sample every {small.interval}"
        if small.share.fits:
            return no_layout(
                "verilog",
                goal,
                (latency, interval),
                f"fitting the board (alone with {small.text()}: {clocks})",
            )
        share = f"{small.share.worst:.0%} of its {small.share.kind.upper()}"
        counted = count(self._core, self._options.model_copy(update=small.settings()), self._chip)
        share += f", {paced.largest(counted.pieces, small.share.kind)},"
        least = f"at least {share} by the high end of the interval, with {small.text()}: {clocks}"
        hint = self._larger(small.settings(), counted)
        refusal = no_layout("verilog", goal, (latency, interval), f"fitting the board ({least})", hint)
        if not small.share.possible:
            return refusal
        return EdgemlError(
            refusal.what, refusal.where, f"it may still fit: try {small.flags()}; or {refusal.hint}"
        )

    def _intervals(self) -> list[int]:
        """The least interval of each mode."""
        least = [self._parallel.interval] if self._parallel is not None else []
        if self._steps is not None:
            ahead = _ahead(self._steps, Goal())[START]
            least += [ahead.interval] if ahead is not None else []
        return least


# ---------------------------------------------------------------- what is still ahead


@dataclass(frozen=True)
class _Ahead:
    """The least of everything from a place to the output."""

    count: Count
    latency: int
    interval: int


_NOTHING = _Ahead(Count(), 0, 1)


def _ahead(steps: LayoutSteps, goal: Goal) -> dict[Place | None, _Ahead | None]:
    """Bounds by place; None where no way on keeps to the interval."""
    bounds: dict[Place | None, _Ahead | None] = {None: _NOTHING}
    for place in sorted(steps.steps, reverse=True):  # a step leads to a place with more layers behind it
        ways: list[_Ahead] = []
        for step in steps.steps[place]:
            rest = bounds[step.after]
            if rest is None or (goal.ii is not None and step.interval > goal.ii):
                continue
            ways.append(
                _Ahead(
                    step.count + rest.count,
                    step.latency + rest.latency,
                    max(step.interval, rest.interval),
                )
            )
        bounds[place] = _least(ways) if ways else None
    return bounds


def _least(ways: list[_Ahead]) -> _Ahead:
    names = vars(ways[0].count)
    return _Ahead(
        Count(**{name: min(getattr(way.count, name) for way in ways) for name in names}),
        min(way.latency for way in ways),
        min(way.interval for way in ways),
    )


# ---------------------------------------------------------------- the space


@dataclass(frozen=True, eq=False)
class _Partial:
    """A layout as far as it is chosen.

    Args:
        space: the search space that it is a state of.
        place: where it has come to; None: to the output.
        factors: reuse factors by layer.
        count: of all that is chosen.
        latency: clocks of what is chosen, and at least of what is ahead.
        interval: the same.
        behind: latency of what is chosen alone.
        unrolled: operations of dense layers that are laid out side by side.
        ports: of the whole design; None where nothing is chosen yet.
        counted: the whole design, of the layout side by side.
    """

    space: _LayoutSpace
    place: Place | None
    factors: Mapping[str, int]
    count: Count
    latency: int
    interval: int
    behind: int
    unrolled: int
    ports: StreamPorts | None
    counted: CountedDesign | None = None

    @property
    def mode(self) -> Mode:
        """The mode of the layout."""
        return "stream" if self.counted is None else "parallel"

    @cached_property
    def share(self) -> BoardShare:
        """Of the board, what is ahead included."""
        return self.space.judge(self.design)

    @property
    def design(self) -> CountedDesign:
        """As the judge reads it, what is ahead included."""
        if self.counted is not None:
            return self.counted
        rest = self.space.ahead[self.place]
        assert self.ports is not None and rest is not None
        pieces = (Piece("", "", total([self.count, rest.count])),)
        return CountedDesign("stream", pieces, self.latency, self.interval, self.ports)


class _LayoutSpace(SearchSpace[_Partial]):
    most_states = 50_000

    def __init__(
        self,
        steps: LayoutSteps | None,
        parallel: CountedDesign | None,
        judge: Judge,
        goal: Goal,
        aim: Aim,
        unroll_limit: int,
    ) -> None:
        self._steps, self._parallel, self.judge = steps, parallel, judge
        self._goal, self._aim, self._unroll_limit = goal, aim, unroll_limit
        self.ahead: dict[Place | None, _Ahead | None] = {} if steps is None else _ahead(steps, goal)
        self._reached: dict[tuple[Place, StreamPorts], list[tuple[float, ...]]] = {}

    @property
    def is_complete(self) -> bool:
        return self._steps is None or self._steps.complete

    @property
    def root(self) -> _Partial:
        return _Partial(self, START, {}, Count(), 0, 1, 0, 0, None)

    def children(self, state: _Partial) -> Iterator[_Partial]:
        if state.ports is None and self._parallel is not None:
            whole = self._parallel
            yield _Partial(
                self, None, {}, Count(), whole.latency, whole.interval, whole.latency, 0, whole.ports, whole
            )
        if self._steps is None or state.place is None:
            return
        steps = self._steps.steps[state.place]
        for step in sorted(steps, key=lambda step: step.latency, reverse=self._aim != "latency"):
            child = self._after(state, step)
            if child is not None:
                yield child

    def _after(self, state: _Partial, step: LayoutStep) -> _Partial | None:
        """The layout with one step more; None if that is none."""
        rest = self.ahead[step.after]
        unrolled = state.unrolled + step.unrolled
        if rest is None or unrolled > self._unroll_limit:
            return None
        named = dict(step.chosen)
        if any(state.factors.get(layer, factor) != factor for layer, factor in named.items()):
            return None  # a layer that stands in the graph twice has one factor
        chosen = {**state.factors, **named}
        if step.after is None and self._parallel is not None and all(n == 1 for n in chosen.values()):
            return None  # that is the layout side by side
        behind, interval = state.behind + step.latency, max(state.interval, step.interval)
        return _Partial(
            self,
            step.after,
            chosen,
            state.count + step.count,
            behind + rest.latency,
            max(interval, rest.interval),
            behind,
            unrolled,
            state.ports or step.ports,
        )

    def is_whole(self, state: _Partial) -> bool:
        return state.place is None

    def is_too_large(self, state: _Partial) -> bool:
        return False  # there is no quick test

    def clocks(self, state: _Partial) -> tuple[int, int]:
        return state.latency, state.interval

    def is_beaten(self, state: _Partial) -> bool:
        if self._steps is None or state.place is None or state.ports is None:
            return False
        if self._steps.repeats:
            return False  # what is ahead depends on which factors were chosen
        mine = (state.behind, state.unrolled, *vars(state.count).values())
        reached = self._reached.setdefault((state.place, state.ports), [])
        if any(all(a <= b for a, b in zip(other, mine, strict=True)) for other in reached):
            return True
        reached.append(mine)
        return False

    def area(self, state: _Partial) -> float:
        return 0.0 if state.ports is None else state.share.area

    def worst(self, state: _Partial) -> float:
        return 0.0 if state.ports is None else state.share.worst

    def fits(self, state: _Partial) -> bool:
        return state.ports is None or state.share.fits

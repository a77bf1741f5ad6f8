"""The layout of our own Verilog that meets a goal: side by side or as a stream, and a factor for every layer.

`layouts` has all ways to fold the layers as steps from one to the next. A depth-first search goes through
them; what is still ahead counts with the least of everything that any way on takes, which never
overestimates, since counts and clocks add up. A way to a place that was reached before with less of
everything is left. What counts cost, and whether they fit, is said by whoever asks (`judge`): that is the
estimate's own word, and more of anything must never cost less.

What is minimized is as for hls4ml (`solve`): with a limit on latency or interval, the sum over LUT, FF, DSP
and BRAM of their share of the board; with `fit` alone the latency in clocks, then that sum.

Invariant: a layout that says it is proven is the best of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from edgeml.backend import refusal_error
from edgeml.backends.verilog.limits import parallel_refusals
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.backends.verilog.stream import factors
from edgeml.backends.verilog.stream.beats import CannotStreamError
from edgeml.errors import EdgemlError
from edgeml.estimate.circuit import Count, total
from edgeml.estimate.layouts import START, Layouts, Place, Step
from edgeml.estimate.solve import Goal
from edgeml.estimate.verilog import Counted, Piece, Ports, count
from edgeml.families import Fabric
from edgeml.ir import Graph

_MOST_NODES = 50_000

Aim = Literal["area", "latency", "worst"]


@dataclass(frozen=True)
class Judged:
    """What a design means for a board.

    Args:
        fits: certainly, interval included.
        possible: not certainly too large.
        area: the sum of the shares of the board's resources.
        lut: the share of its LUTs alone.
        worst: the high end of the scarcest resource as a share of the board's.
        kind: which one that is.
    """

    fits: bool
    possible: bool
    area: float
    lut: float
    worst: float
    kind: str


Judge = Callable[[Counted], Judged]


@dataclass(frozen=True)
class Layout:
    """What was found.

    Args:
        mode: "parallel" or "stream".
        by_layer: reuse factors; empty if everything is laid out side by side.
        latency: clocks.
        interval: clocks between samples.
        judged: its cost.
        minimized: in words.
        proven: whether the search was complete.
    """

    mode: Literal["parallel", "stream"]
    by_layer: Mapping[str, int]
    latency: int
    interval: int
    judged: Judged
    minimized: str = ""
    proven: bool = True

    @property
    def certain(self) -> bool:
        """A layout that has to fit is taken only where it surely does."""
        return True

    def settings(self) -> dict[str, object]:
        """Options of the Verilog back end that say the same."""
        return {"mode": self.mode, **({"reuse_factor": dict(self.by_layer)} if self.by_layer else {})}

    def flags(self) -> str:
        """What to type for it."""
        words = [f"--set verilog.mode={self.mode}"]
        values = set(self.by_layer.values())
        if len(values) == 1:
            words.append(f"--set verilog.reuse_factor={values.pop()}")
        else:
            words += [f"--set verilog.reuse_factor.{name}={n}" for name, n in self.by_layer.items()]
        return " ".join(words)

    def text(self) -> str:
        """As a person reads it: "mode stream, fc1 16, fc2 8"."""
        return ", ".join(
            [f"mode {self.mode}", *(f"{name} {factor}" for name, factor in self.by_layer.items())]
        )


class Solver:
    """All layouts of a graph for one family of chips; they are counted once, whatever is asked of them.

    Args:
        graph: of core ops.
        options: of the Verilog back end; a mode and reuse factors that they name stay as they are.
        chip: its fabric.
        judge: what a design costs.
        tell: told the number of pieces counted so far.

    Raises:
        EdgemlError: the graph can be laid out in no way.
    """

    def __init__(
        self,
        graph: Graph,
        options: VerilogOptions,
        chip: Fabric,
        judge: Judge,
        tell: Callable[[int], None] | None = None,
    ) -> None:
        self._judge = judge
        self._limit = options.unroll_limit
        refused = parallel_refusals(graph, options.unroll_limit)
        self._parallel: Counted | None = None
        if options.mode != "stream" and not refused and factors.largest(options.reuse_factor) == 1:
            alone = options.model_copy(update={"mode": "parallel", "reuse_factor": None})
            self._parallel = count(graph, alone, chip)
        self._layouts: Layouts | None = None
        if options.mode != "parallel":
            try:
                self._layouts = Layouts(graph, options, chip, tell)
            except CannotStreamError as error:
                if self._parallel is None:
                    refused = refused if options.mode == "auto" and refused else (error.refusal,)
                    raise refusal_error("verilog", refused) from None
        if self._layouts is None and self._parallel is None:
            raise refusal_error("verilog", refused)

    def best(self, goal: Goal, aim: Aim | None = None) -> Layout:
        """The best layout for a goal.

        Args:
            goal: what has to be met.
            aim: what to minimize; None: as the goal has it.

        Raises:
            EdgemlError: no layout meets it; says the best that can be reached.
        """
        limited = goal.max_latency is not None or goal.ii is not None
        wanted: Aim = aim or ("area" if limited else "latency")
        search = _Search(self._layouts, self._judge, goal, wanted, self._limit, self._parallel is not None)
        if self._parallel is not None:
            search.offer("parallel", {}, self._parallel)
        proven = search.run()
        if search.found is None:
            raise self._impossible(goal)
        minimized = {
            "area": "the sum of the shares of the board's LUT, FF, DSP and BRAM",
            "latency": "latency in clocks, then the share of the board",
            "worst": "the share of the scarcest resource",
        }[wanted]
        return Layout(**{**vars(search.found), "minimized": minimized, "proven": proven})

    def _impossible(self, goal: Goal) -> EdgemlError:
        """Each wish with the best that can be reached if it were the only one."""
        told: list[str] = []
        hint = "allow more clocks, take a larger board, or make the network smaller"
        if goal.max_latency is not None:
            least = self.best(Goal(), "latency").latency
            told.append(f"a latency of {goal.max_latency} clocks (alone at least {least})")
        if goal.ii is not None:
            least = min(self._intervals())
            told.append(f"an interval of {goal.ii} clocks (alone at least {least})")
        if goal.fit:
            small = self.best(Goal(), "worst")
            clocks = f"{small.latency} clocks, a sample every {small.interval}"
            share = f"{small.judged.worst:.0%} of its {small.judged.kind.upper()}"
            how = f"alone with {small.text()}: {clocks}"
            if not small.judged.fits:
                how = f"at least {share} by the high end of the interval, with {small.text()}: {clocks}"
            told.append(f"fitting the board ({how})")
            if small.judged.possible and not small.judged.fits:
                hint = f"it may still fit: try {small.flags()}; or {hint}"
        return EdgemlError(
            f"no valid reuse factors meet {' and '.join(told)}",
            "verilog",
            hint,
        )

    def _intervals(self) -> list[int]:
        """The least interval of each mode."""
        found = [self._parallel.interval] if self._parallel is not None else []
        if self._layouts is not None:
            ahead = _ahead(self._layouts, Goal())[START]
            found += [ahead.interval] if ahead is not None else []
        return found


@dataclass(frozen=True)
class _Ahead:
    """The least of everything from a place to the output."""

    count: Count
    latency: int
    interval: int


_NOTHING = _Ahead(Count(), 0, 1)


def _ahead(layouts: Layouts, goal: Goal) -> dict[Place | None, _Ahead | None]:
    """Bounds by place; None where no way on keeps to the interval."""
    found: dict[Place | None, _Ahead | None] = {None: _NOTHING}
    for place in sorted(layouts.steps, reverse=True):  # a step leads to a place with more layers behind it
        ways: list[_Ahead] = []
        for step in layouts.steps[place]:
            rest = found[step.after]
            if rest is None or (goal.ii is not None and step.interval > goal.ii):
                continue
            ways.append(
                _Ahead(
                    step.count + rest.count,
                    step.latency + rest.latency,
                    max(step.interval, rest.interval),
                )
            )
        found[place] = _least(ways) if ways else None
    return found


def _least(ways: list[_Ahead]) -> _Ahead:
    names = vars(ways[0].count)
    return _Ahead(
        Count(**{name: min(getattr(way.count, name) for way in ways) for name in names}),
        min(way.latency for way in ways),
        min(way.interval for way in ways),
    )


@dataclass(frozen=True)
class _Way:
    """How far a design has come."""

    chosen: Mapping[str, int]
    count: Count
    latency: int
    interval: int
    unrolled: int
    ports: Ports | None


@dataclass
class _Search:
    layouts: Layouts | None
    judge: Judge
    goal: Goal
    aim: Aim
    unroll_limit: int
    has_parallel: bool
    best: tuple[float, float] | None = None
    found: Layout | None = None
    nodes: int = 0
    ahead: dict[Place | None, _Ahead | None] = field(default_factory=dict[Place | None, _Ahead | None])
    seen: dict[tuple[Place, Ports], list[tuple[float, ...]]] = field(
        default_factory=dict[tuple[Place, Ports], list[tuple[float, ...]]]
    )

    def run(self) -> bool:
        """Search; True if it was complete."""
        if self.layouts is None:
            return True
        self.ahead = _ahead(self.layouts, self.goal)
        self._visit(START, _Way({}, Count(), 0, 1, 0, None))
        return self.nodes <= _MOST_NODES and self.layouts.complete

    def offer(self, mode: Literal["parallel", "stream"], chosen: Mapping[str, int], made: Counted) -> None:
        """A whole design; kept if it meets the goal and is better than what is known."""
        if self.goal.max_latency is not None and made.latency > self.goal.max_latency:
            return
        if self.goal.ii is not None and made.interval > self.goal.ii:
            return
        judged = self.judge(made)
        score = self._score(made.latency, judged)
        if (self.goal.fit and not judged.fits) or (self.best is not None and score >= self.best):
            return
        self.best = score
        self.found = Layout(mode, dict(chosen), made.latency, made.interval, judged)

    def _score(self, latency: int, judged: Judged) -> tuple[float, float]:
        by_aim = {
            "area": (judged.area, latency),
            "latency": (latency, judged.area),
            "worst": (judged.worst, judged.area),
        }
        return by_aim[self.aim]

    def _visit(self, place: Place, way: _Way) -> None:
        self.nodes += 1
        rest = self.ahead[place]
        if self.nodes > _MOST_NODES or rest is None or self._is_hopeless(place, way, rest):
            return
        assert self.layouts is not None
        steps = sorted(
            self.layouts.steps[place], key=lambda step: step.latency, reverse=self.aim != "latency"
        )
        for step in steps:
            self._take(way, step)

    def _take(self, way: _Way, step: Step) -> None:
        rest = self.ahead[step.after]
        if rest is None or (self.goal.ii is not None and step.interval > self.goal.ii):
            return
        named = dict(step.chosen)
        unrolled = way.unrolled + step.unrolled
        if any(way.chosen.get(layer, factor) != factor for layer, factor in named.items()):
            return  # a layer that stands in the graph twice has one factor
        if unrolled > self.unroll_limit:
            return
        onward = _Way(
            {**way.chosen, **named},
            way.count + step.count,
            way.latency + step.latency,
            max(way.interval, step.interval),
            unrolled,
            way.ports or step.ports,
        )
        if step.after is not None:
            self._visit(step.after, onward)
        elif not (self.has_parallel and all(factor == 1 for factor in onward.chosen.values())):
            self.nodes += 1
            self.offer("stream", onward.chosen, _whole(onward, _NOTHING))

    def _is_hopeless(self, place: Place, way: _Way, rest: _Ahead) -> bool:
        """Whether nothing that begins so can be the best, by bounds that never overestimate."""
        latency = way.latency + rest.latency
        if self.goal.max_latency is not None and latency > self.goal.max_latency:
            return True
        if way.ports is None:
            return False  # nothing is chosen yet
        if self.aim == "latency" and self.best is not None and latency > self.best[0]:
            return True
        if self._is_beaten(place, way):
            return True
        judged = self.judge(_whole(way, rest))
        if self.goal.fit and not judged.fits:
            return True
        return self.best is not None and self._score(latency, judged) >= self.best

    def _is_beaten(self, place: Place, way: _Way) -> bool:
        """Whether the place was reached before with the same ports and no more of anything."""
        assert self.layouts is not None and way.ports is not None
        if self.layouts.repeats:
            return False  # what is ahead depends on which factors were chosen
        mine = (way.latency, way.unrolled, *vars(way.count).values())
        reached = self.seen.setdefault((place, way.ports), [])
        if any(all(a <= b for a, b in zip(other, mine, strict=True)) for other in reached):
            return True
        reached.append(mine)
        return False


def _whole(way: _Way, rest: _Ahead) -> Counted:
    """A design as the judge reads it, what is ahead included."""
    assert way.ports is not None
    pieces = (Piece("", "", total([way.count, rest.count])),)
    return Counted("stream", pieces, way.latency + rest.latency, max(way.interval, rest.interval), way.ports)

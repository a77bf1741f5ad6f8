"""The preflight of our own Verilog: its layout, solved for a goal, and what would make it fit.

Invariant: what the search goes by (`_judge`) is the estimate that is shown, ledger and whole board included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from edgeml import fits
from edgeml.backends.verilog.limits import operations
from edgeml.backends.verilog.options import VerilogOptions, parse_options
from edgeml.backends.verilog.stream import pace
from edgeml.backends.verilog.stream.beats import CannotStreamError
from edgeml.backends.verilog.stream.factors import Reuse, dense_layers, is_dense
from edgeml.backends.verilog.stream.plan import plan
from edgeml.backends.verilog.stream.segments import FoldSegment, ProductSegment
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate.design import EstimateInput, Progress
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight, larger_boards, nearest_board, needs
from edgeml.estimate.verilog.chosen import BoardShare, VerilogLayout
from edgeml.estimate.verilog.counting import CountedDesign, recounted
from edgeml.estimate.verilog.layouts import SIDE_BY_SIDE
from edgeml.estimate.verilog.model import estimate_verilog, figures, narrowed
from edgeml.estimate.verilog.solve import Advice, Judge, LayoutSolver
from edgeml.families import fabric
from edgeml.figures import Hardware
from edgeml.fits import Need

_MUCH, _FOLDED = 0.4, 0.2
"""The share of a board from which placing takes long, and the one that a fold is proposed for."""


def preflight_verilog(at: EstimateInput[VerilogOptions], goal: Goal, progress: Progress | None) -> Preflight:
    """See whether a design fits, and choose its layout if there is a goal.

    Raises:
        EdgemlError: the graph cannot be expressed, or no reuse factors meet the goal.
    """
    chosen = at
    solution: VerilogLayout | None = None
    if goal:
        solution = solved(at, goal, progress)
        chosen = _laid_out(at, solution)
    estimate = _figures(chosen)
    result = Preflight(
        "verilog", at.board.name, estimate, needs(estimate, at.board), _clock(estimate, at), solution=solution
    )
    if solution is not None:
        result = replace(result, limits=(_limit(chosen, solution),))
    if fits.certain(result.state) or goal:
        return result
    free = replace(at, options=at.options.model_copy(update={"mode": "auto", "reuse_factor": None}))
    return replace(result, remedies=tuple(_remedies(free, estimate, progress)))


def solver(at: EstimateInput[VerilogOptions], progress: Progress | None = None) -> LayoutSolver:
    """The layouts of a graph, judged by their estimates on a board.

    Args:
        at: what is laid out; a mode and reuse factors that its options name stay as they are.
        progress: called with the number of pieces counted so far.
    """
    return LayoutSolver(at.core, at.options, fabric(at.board, at.tool), _judge(at), _advice(at), progress)


def solved(at: EstimateInput[VerilogOptions], goal: Goal, progress: Progress | None) -> VerilogLayout:
    """The layout for a goal; with two products in a DSP block where these are scarce and that is better.

    Args:
        at: as for `solver`; `pair_bits` that its options name stays as it is.
        goal: what has to be met.
        progress: as for `solver`.

    Raises:
        EdgemlError: no layout meets the goal, in neither way.
    """
    try:
        alone = solver(at, progress).best(goal)
    except EdgemlError:
        paired = _with_pairs(at) if goal.fit else None
        if paired is not None:
            with suppress(EdgemlError):
                return _as_paired(paired, solver(paired, progress).best(goal))
        raise
    scarce = goal.fit and _is_scarce(needs(_figures(_laid_out(at, alone)), at.board))
    paired = _with_pairs(at) if scarce else None
    if paired is None:
        return alone
    other = _as_paired(paired, solver(paired, progress).best(goal))
    shares = [(one.latency, one.share.area) for one in (other, alone)]
    keys = shares if goal.aim == "latency" else [share[::-1] for share in shares]
    return other if other.pair_bits and keys[0] < keys[1] else alone


def _with_pairs(at: EstimateInput[VerilogOptions]) -> EstimateInput[VerilogOptions] | None:
    """The same with two products in each multiplier of the chip; None if those of no layer fit one."""
    chip = fabric(at.board, at.tool)
    if at.options.pair_bits is not None or at.options.mode == "parallel" or not chip.dsp_least:
        return None
    options = at.options.model_copy(update={"pair_bits": max(chip.dsp_bits)})
    paired = replace(at, options=options)
    return paired if _pairs_of(paired, pace.one_at_a_time(at.core)) else None


def _pairs_of(at: EstimateInput[VerilogOptions], reuse: Reuse) -> bool:
    """True if some layer of a layout has two products in a multiplier."""
    try:
        segments = plan(at.core, reuse, at.options.pair_bits).segments
    except (CannotStreamError, EdgemlError):
        return False
    return any(isinstance(one, FoldSegment | ProductSegment) and one.paired for one in segments)


def _as_paired(at: EstimateInput[VerilogOptions], layout: VerilogLayout) -> VerilogLayout:
    """A layout found with `pair_bits`, which is part of it where it makes a difference."""
    bits = at.options.pair_bits
    if layout.mode == "parallel" or not isinstance(bits, int) or not _pairs_of(at, layout.by_layer):
        return layout
    return replace(layout, pair_bits=bits)


def _is_scarce(rows: Sequence[Need]) -> bool:
    """True if half of the DSP blocks would be too few."""
    return any(need.kind == "dsp" and 2 * _share(need, need.high) > 1 for need in rows)


def hint(at: EstimateInput[VerilogOptions], result: Preflight, progress: Progress | None = None) -> str:
    """A warning before an unrolled design that fills much of an open board is placed; "" for any other.

    Args:
        at: what would be placed.
        result: the preflight of that.
        progress: called with the number of pieces counted so far.
    """
    lut = next((need for need in result.needs if need.kind == "lut"), None)
    if lut is None or not at.board.flow.is_open or not result.estimate.settings.startswith("parallel"):
        return ""
    share = lut.figure.value / lut.capacity
    if share <= _MUCH:
        return ""
    long = f"placing and routing {share:.0%} of the chip takes long"
    layout = _folded(at, progress)
    if layout is None:
        return long
    return f"{long}; {layout.flags()} would fold it: {_in_short(at, layout)}"


def _folded(at: EstimateInput[VerilogOptions], progress: Progress | None) -> VerilogLayout | None:
    """The fastest fold, by powers of two, that leaves most LUTs free; None if there is none that fits."""
    free = replace(at, options=at.options.model_copy(update={"mode": "stream", "reuse_factor": None}))
    judge = _judge(free)

    def by_lut(counted: CountedDesign) -> BoardShare:
        share = judge(counted)
        return replace(share, area=share.lut)

    widest = max((at.core.info(name).size for name in at.core.infos), default=1)
    try:
        layouts = LayoutSolver(
            at.core, free.options, fabric(at.board, at.tool), by_lut, _advice(free), progress
        )
    except EdgemlError:
        return None  # it cannot be streamed
    best: VerilogLayout | None = None
    for power in range(1, widest.bit_length() + 1):
        try:
            best = layouts.best(Goal(ii=1 << power, fit=True))
        except EdgemlError:
            continue
        if best.share.area <= _FOLDED:
            return best
    return best if best is not None and best.share.area <= _MUCH else None


# ---------------------------------------------------------------- what a layout takes


def _figures(at: EstimateInput[VerilogOptions]) -> Hardware:
    return narrowed(estimate_verilog(at), at.board, at.tool, at.ledger)


def _laid_out(at: EstimateInput[VerilogOptions], layout: VerilogLayout) -> EstimateInput[VerilogOptions]:
    options = {**at.options.model_dump(exclude_unset=True), "reuse_factor": None, **layout.settings()}
    return replace(at, options=parse_options(options))


def _judge(at: EstimateInput[VerilogOptions]) -> Judge:
    ledger = at.ledger.snapshot()

    def judge(counted: CountedDesign) -> BoardShare:
        rows = needs(narrowed(figures(counted, at), at.board, at.tool, ledger), at.board)
        worst, kind = max((_share(need, need.high), need.kind) for need in rows)
        values = [_share(need, need.figure.value) for need in rows]
        lut = sum(share for need, share in zip(rows, values, strict=True) if need.kind == "lut")
        state = fits.worst(rows)
        return BoardShare(fits.certain(state), state != "does not fit", sum(values), lut, worst, kind)

    return judge


def _advice(at: EstimateInput[VerilogOptions]) -> Advice:
    """The board to take in place of one that is too small for a layout."""

    def advice(settings: Mapping[str, object], design: CountedDesign) -> str:
        options = {**at.options.model_dump(exclude_unset=True), "clocks_per_sample": None, **settings}
        smallest = replace(at, options=parse_options(options))
        counts: dict[str, CountedDesign] = {}

        def fits_on(board: Board) -> bool:
            there = replace(smallest, board=board, tool=None)
            chip = fabric(board, None)
            if chip.name not in counts:
                counts[chip.name] = recounted(at.core, smallest.options, chip, design)
            estimate = narrowed(figures(counts[chip.name], there), board, None, at.ledger)
            return fits.certain(fits.worst(needs(estimate, board)))

        return nearest_board(at.board, fits_on)

    return advice


def _share(need: Need, amount: float) -> float:
    return amount / need.capacity if need.capacity else float(amount > 0)


def _in_short(at: EstimateInput[VerilogOptions], layout: VerilogLayout) -> str:
    """The figures of a layout in a few words."""
    rows = needs(_figures(_laid_out(at, layout)), at.board)
    lut = "; ".join(need.text() for need in rows if need.kind in ("lut", "dsp"))
    return f"{lut}, {layout.latency:,} clocks, a sample every {layout.interval:,}"


# ---------------------------------------------------------------- words


def _clock(estimate: Hardware, at: EstimateInput[VerilogOptions]) -> str:
    mhz = estimate.clock_mhz or at.board.clock_mhz
    clock = f"clock: {mhz:g} MHz, laid out as {estimate.settings} by a coarse delay model"
    if mhz > at.board.clock_mhz:
        return f"{clock}; above the board's {at.board.clock_mhz:g} MHz: only place and route can tell"
    return f"{clock}; place and route has the last word"


def _limit(at: EstimateInput[VerilogOptions], layout: VerilogLayout) -> str:
    dense = dense_layers(at.core)
    unrolled = [name for name in dense if layout.by_layer.get(name, 1) == 1]
    counts = {n.layer: operations(at.core, n) for n in at.core.nodes if is_dense(at.core, n)}
    most = sum(counts[name] for name in unrolled)
    large = {name for name, number in counts.items() if number > SIDE_BY_SIDE}
    folded = [name for name in dense if name in large and layout.mode == "stream"]
    left_out = f"; not tried with 1: {', '.join(folded)} (over {SIDE_BY_SIDE:,} operations)" if folded else ""
    return (
        f"limits: {most:,} operations of dense layers laid out side by side "
        f"(unroll_limit {at.options.unroll_limit:,}){left_out}; all reuse factors are valid"
    )


def _remedies(
    at: EstimateInput[VerilogOptions], estimate: Hardware, progress: Progress | None
) -> Sequence[str]:
    """The layout that fits, then boards that do."""
    remedies: list[str] = []
    try:
        layout = solved(at, Goal(fit=True), progress)
        remedies.append(f"--fit would choose {layout.text()} ({layout.latency:,} clocks)")
    except EdgemlError as error:
        remedies += [text for text in (error.what, error.hint) if text]
    larger = larger_boards(estimate, at.board)
    if larger:
        remedies.append(f"boards of this flow that are large enough: {', '.join(larger)}")
    return remedies

"""The estimate for our own Verilog, as `Hardware`."""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.backend import refusal_error
from edgeml.backends.verilog.build import plan_design
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.boards import Board
from edgeml.estimate import calibration
from edgeml.estimate.calibration import Calibration
from edgeml.estimate.count import Count, total
from edgeml.estimate.design import EstimateInput
from edgeml.estimate.ledger import Ledger
from edgeml.estimate.verilog import placement
from edgeml.estimate.verilog.counting import CountedDesign, Piece, count
from edgeml.families import Fabric, SynthesisTool, fabric
from edgeml.figures import Figure, Hardware, LayerFigures, Usage


def clock_mhz(options: VerilogOptions, board: Board) -> float:
    """The clock that cycles are counted in.

    On open boards it is the oscillator, whatever the stages were made for: the top has no PLL. Elsewhere it
    is the options' clock; where they give `adders_per_stage` and no clock, the board's.
    """
    unpaced = options.adders_per_stage is not None and "clock_mhz" not in options.model_fields_set
    return board.clock_mhz if board.flow.is_open or unpaced else options.clock_mhz


def estimate_verilog(at: EstimateInput[VerilogOptions]) -> Hardware:
    """The figures of our Verilog, without the ledger.

    Raises:
        EdgemlError: the back end cannot express the graph.
    """
    refused = plan_design(at.core, at.options).refusals
    if refused:
        raise refusal_error("verilog", refused)
    return figures(count(at.core, at.options, fabric(at.board, at.tool)), at)


def figures(counted: CountedDesign, at: EstimateInput[VerilogOptions]) -> Hardware:
    """The counts as `Hardware`, without the ledger.

    Args:
        counted: for the fabric of the board and tool.
        at: what it was counted of.
    """
    board = at.board
    chip = fabric(board, at.tool)
    measured, borrowed = calibration.of(chip)
    widening = calibration.BORROWED if borrowed else 1.0
    sum_of_all = total(piece.count for piece in counted.pieces)
    alone = usage(sum_of_all, chip, measured, borrowed, widening)
    around: Usage | None = None
    placed: tuple[str, ...] = ()
    if placement.has_top(board) and at.tool != "vendor":
        packing, other = placement.of(chip)
        wide = calibration.BORROWED if other else 1.0
        around = placement.whole(
            sum_of_all, alone, counted.ports, at.graph.name, board, chip, packing, measured, wide
        )
        placed = (placement.note(packing, other),)
    return Hardware(
        design="verilog",
        settings=_settings(counted, at.options),
        model=at.graph.name,
        graph=at.graph.digest,
        board=board.name,
        part=board.part,
        source="estimate",
        alone=True,
        total=alone,
        whole=around,
        layers=tuple(_layer(piece, chip, measured, borrowed, widening) for piece in counted.pieces),
        cycles=Figure(value=counted.latency),
        ii=Figure(value=counted.interval),
        clock_mhz=clock_mhz(at.options, board),
        notes=(*_notes(chip, measured, borrowed), *placed),
    )


def narrowed(modelled: Hardware, board: Board, tool: SynthesisTool | None, ledger: Ledger) -> Hardware:
    """The model's own estimate of our Verilog, moved by what was measured before.

    Args:
        modelled: the model's estimate.
        board: the target.
        tool: the maker of the synthesis, as for `edgeml.estimate.estimate`.
        ledger: earlier results.
    """
    chip = fabric(board, tool).name
    network = ledger.applied(modelled, chip)
    boards = ledger.applied(modelled, chip, "board")
    if boards.whole != modelled.whole:
        # What whole boards came to says more than the network's share of it.
        notes = (*network.notes, *boards.notes[len(modelled.notes) :])
        return network.model_copy(update={"whole": boards.whole, "notes": notes})
    if network.whole is None or network.total == modelled.total:
        return network
    whole = placement.moved(network.whole, modelled.total, network.total)
    return network.model_copy(update={"whole": whole})


def _settings(counted: CountedDesign, options: VerilogOptions) -> str:
    pace = (
        f"{options.clock_mhz:g} MHz"
        if options.adders_per_stage is None
        else f"{options.adders_per_stage} adders per stage"
    )
    reuse = options.reuse_factor
    by_layer = reuse.items() if isinstance(reuse, Mapping) else [("", reuse)] if reuse else []
    factors = " ".join(f"{layer} {factor}".strip() for layer, factor in by_layer)
    pairs = options.pair_bits
    widths = pairs.items() if isinstance(pairs, Mapping) else [("", pairs)] if pairs else []
    paired = " ".join(f"{layer} {bits}".strip() for layer, bits in widths)
    reused = f", reuse {factors}" if factors else ""
    return f"{counted.mode}, {pace}{reused}{f', pairs in {paired} bits' if paired else ''}"


def usage(count: Count, chip: Fabric, measured: Calibration, borrowed: bool, widening: float) -> Usage:
    """Resources after synthesis, each with its interval."""
    luts = calibration.luts(count, chip, measured, borrowed)
    values = {"lut": luts, "ff": count.ff, "dsp": count.dsp, "bram": count.bram}
    return Usage(
        **{
            kind: calibration.interval(value, measured.spread[kind], widening)
            for kind, value in values.items()
        }
    )


def _layer(
    piece: Piece, chip: Fabric, measured: Calibration, borrowed: bool, widening: float
) -> LayerFigures:
    def clocks(number: int | None) -> Figure | None:
        return None if number is None else Figure(value=number)

    used = usage(piece.count, chip, measured, borrowed, calibration.layer_widening(widening))
    luts = calibration.luts(piece.count, chip, measured, borrowed)
    share = calibration.interval(luts, measured.spread["layer"], widening)
    return LayerFigures(
        layer=piece.layer,
        op=piece.op,
        usage=used.model_copy(update={"lut": share}),
        start=clocks(piece.start),
        cycles=clocks(piece.cycles),
        ii=clocks(piece.ii),
        reuse=piece.reuse,
    )


def _notes(chip: Fabric, measured: Calibration, borrowed: bool) -> tuple[str, ...]:
    first = (
        "Cycles and interval are proven: they come from the schedule that the Verilog is written with, and "
        "simulation confirms them."
    )
    errors = "; ".join(
        calibration.sentence(kind.upper(), measured.spread[kind], measured.tested) for kind in ("lut", "ff")
    )
    shares = calibration.sentence("LUT", measured.spread["layer"], "layers of the same designs")
    model = f"Model of {chip.name}, measured with {measured.tool}: {errors}."
    if borrowed:
        model = (
            f"There was no {chip.name} to measure with: the errors are those of {measured.tool}, their "
            f"logarithm times {calibration.BORROWED:g}. Measured there: {errors}."
        )
    return (first, model, f"Shares of layers are less certain than the total: {shares}.")

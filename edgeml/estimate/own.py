"""The estimate for our own Verilog, as `Hardware`."""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.backends.verilog.options import VerilogOptions
from edgeml.boards import Board
from edgeml.estimate import calibration, placement
from edgeml.estimate.calibration import Calibration
from edgeml.estimate.circuit import Count, total
from edgeml.estimate.verilog import Counted, Piece, count
from edgeml.families import Fabric, SynthesisTool, fabric
from edgeml.figures import Figure, Hardware, LayerFigures, Usage
from edgeml.ir import Graph


def estimate_verilog(
    graph: Graph, digest: str, board: Board, options: VerilogOptions, tool: SynthesisTool | None
) -> Hardware:
    """What our Verilog takes.

    Args:
        graph: of core ops.
        digest: of the graph as the user has it.
        board: the target.
        options: of the Verilog back end.
        tool: who synthesizes; None: the open flow if the board has one, else the vendor's tools.
    """
    counted = count(graph, options, fabric(board, tool))
    return figures(counted, graph.name, digest, board, options, tool)


def figures(
    counted: Counted,
    name: str,
    digest: str,
    board: Board,
    options: VerilogOptions,
    tool: SynthesisTool | None,
) -> Hardware:
    """What was counted, as `Hardware`.

    Args:
        counted: for the fabric that `board` and `tool` say.
        name: the graph's.
        digest: the graph's, as the user has it.
        board: the target.
        options: what it was counted with.
        tool: as for `estimate_verilog`.
    """
    chip = fabric(board, tool)
    measured, borrowed = calibration.of(chip)
    widening = calibration.BORROWED if borrowed else 1.0
    whole = total(piece.count for piece in counted.pieces)
    # On open boards the oscillator is the clock, whatever the stages were made for: the top has no PLL.
    paced = options.adders_per_stage is None and not board.flow.is_open
    clock = options.clock_mhz if paced else board.clock_mhz
    alone = usage(whole, chip, measured, borrowed, widening)
    around: Usage | None = None
    said: tuple[str, ...] = ()
    if placement.has_top(board) and tool != "vendor":
        packing, other = placement.of(chip)
        wide = calibration.BORROWED if other else 1.0
        around = placement.whole(whole, alone, counted.ports, name, board, chip, packing, measured, wide)
        said = (placement.note(packing, other),)
    return Hardware(
        design="verilog",
        settings=_settings(counted, options),
        model=name,
        graph=digest,
        board=board.name,
        part=board.part,
        source="estimate",
        alone=True,
        total=alone,
        whole=around,
        layers=tuple(_layer(piece, chip, measured, borrowed, widening) for piece in counted.pieces),
        cycles=Figure(value=counted.latency),
        ii=Figure(value=counted.interval),
        clock_mhz=clock,
        notes=(*_notes(chip, measured, borrowed), *said),
    )


def _settings(counted: Counted, options: VerilogOptions) -> str:
    pace = (
        f"{options.clock_mhz:g} MHz"
        if options.adders_per_stage is None
        else f"{options.adders_per_stage} adders per stage"
    )
    asked = options.reuse_factor
    by_layer = asked.items() if isinstance(asked, Mapping) else [("", asked)] if asked else []
    told = " ".join(f"{layer} {factor}".strip() for layer, factor in by_layer)
    reuse = f", reuse {told}" if told else ""
    return f"{counted.mode}, {pace}{reuse}"


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
    said = f"Model of {chip.name}, measured with {measured.tool}: {errors}."
    if borrowed:
        said = (
            f"There was no {chip.name} to measure with: the errors are those of {measured.tool}, their "
            f"logarithm times {calibration.BORROWED:g}. Measured there: {errors}."
        )
    return (first, said, f"Shares of layers are less certain than the total: {shares}.")

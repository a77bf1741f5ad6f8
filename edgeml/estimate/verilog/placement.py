"""The whole board: packing of a synthesized network, and the logic of the board's top.

`edgeml synth` puts a network between a serial line, a self-test and its memory, and what has to fit is all of
that after packing. The numbers are in placement.json, fitted by `python -m benchmarks.placed write` on whole
boards that nextpnr packed; none is typed in by hand.

    cells of the network = lut x LUTs by estimate + bare x registers without a table + chains x carry chains
    cells of the top     = one + in x bits of an input beat + out x bits of a result beat + block x block RAM

A cell is what nextpnr counts and the board has: a logic cell of iCE40 (a table, a carry and a flip-flop, so
that a flip-flop without a table takes one), half a slice's logic of ECP5. The self-test's memory is counted
as edgeml/synth/top/rom.py chooses it. A family that was not measured borrows another's numbers, widened.

Invariant: figures exist only for boards with an open flow and a serial line, which is where the top exists.
To add a family, measure a board of it with benchmarks/placed.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import ClassVar, Literal

from pydantic import Field

from edgeml.boards import Board
from edgeml.documents import Document
from edgeml.estimate import calibration
from edgeml.estimate.calibration import Calibration, Spread
from edgeml.estimate.count import Count
from edgeml.estimate.verilog import parts
from edgeml.estimate.verilog.counting import StreamPorts
from edgeml.families import Fabric
from edgeml.figures import Figure, Usage
from edgeml.settings import Settings

_VECTORS, _SHARE = 64, 4
_IDENTITY, _NAME = 53, 40
"""The self-test: vectors at most, its share of the block RAM; bytes of the identity and of a name in it."""


class CellPacking(Settings):
    """The measured packing of one family.

    Args:
        tool: synthesis and packing, with their versions.
        board: whose top it was.
        cell: what nextpnr calls the cells.
        network: cells for each "lut" and "chains" and, where a flip-flop takes a table's place, "bare".
        top: cells for each "one", "in", "out" and "block".
        top_ff: flip-flops, the same.
        spread: ratios real/estimate of the cells of a "network", of one with "wide" sums, which are predicted
            less well, of the "top", of "top_ff", and of the "whole", which was tested and makes no interval.
        designs: how many boards were packed.
    """

    tool: str
    board: str
    cell: str
    network: Mapping[str, float]
    top: Mapping[str, float]
    top_ff: Mapping[str, float]
    spread: Mapping[str, Spread]
    designs: int


class PackingTable(Document):
    """placement.json: what was measured of boards that were packed, by the name of a fabric."""

    what: ClassVar[str] = "table of packings"
    remedy: ClassVar[str] = "write it anew: python -m benchmarks.placed write"
    schema_: Literal[1] = Field(default=1, alias="schema")
    families: dict[str, CellPacking]


@cache
def measured() -> Mapping[str, CellPacking]:
    """Everything in placement.json, by the name of a fabric."""
    return calibration.shipped(PackingTable, "placement.json").families


def of(fabric: Fabric) -> tuple[CellPacking, bool]:
    """The measurements of a fabric with an open flow; True if they are borrowed from another one."""
    return calibration.own_or_borrowed(measured(), fabric)


def has_top(board: Board) -> bool:
    """True if `edgeml synth` puts a serial line and a self-test around a network on this board."""
    return board.flow.is_open and board.pins is not None and board.pins.uart_rx is not None


def network_cells(count: Count, luts: float, weights: Mapping[str, float]) -> float:
    """Cells of a network.

    Args:
        count: of all of it.
        luts: its LUTs after synthesis, by estimate.
        weights: of a `CellPacking`.
    """
    sizes = {"lut": luts, "bare": count.bare, "chains": count.chains}
    return sum(weight * sizes[name] for name, weight in weights.items())


def top_part(ports: StreamPorts, blocks: float, weights: Mapping[str, float]) -> float:
    """Cells or flip-flops of a board's top.

    Args:
        ports: of the network.
        blocks: block RAM of its memory, between which it has to choose.
        weights: of a `CellPacking`.
    """
    sizes = {"one": 1.0, "in": ports.in_bits, "out": ports.out_bits, "block": blocks}
    return sum(weight * sizes[name] for name, weight in weights.items())


def memory(ports: StreamPorts, board: Board, model: str, chip: Fabric) -> Figure:
    """Block RAM of the self-test: who the board is, and as many vectors as get into it.

    The low end is for a run that has one golden vector, and for a Yosys that uses every byte's ninth bit.
    """
    identity = _IDENTITY + sum(len(name.encode()[:_NAME]) for name in (model, board.name))
    vector = (ports.in_bits * ports.in_beats + ports.out_bits * ports.out_beats) // 8
    kbit = board.resources.bram_kbit
    block = 1 << ((kbit * 1024 // 8).bit_length() - 1)
    room = (board.resources.bram * block // _SHARE - identity) // vector
    most = chip.brams(identity + min(_VECTORS, max(1, room)) * vector, 8)
    least = math.ceil((identity + vector) * 8 / (kbit * 1024))
    return Figure(value=most) if least >= most else Figure(value=most, low=least, high=most)


def whole(
    count: Count,
    network: Usage,
    ports: StreamPorts,
    model: str,
    board: Board,
    chip: Fabric,
    packing: CellPacking,
    luts: Calibration,
    widening: float = 1.0,
) -> Usage:
    """The whole board after packing, with intervals.

    Args:
        count: of the network.
        network: its estimate after synthesis.
        ports: of the network.
        model: its name.
        board: one with a top.
        chip: the board's fabric.
        packing: what was measured of it, or of the one it borrows from.
        luts: whose weights the network's LUTs are estimated with.
        widening: power of the ratios; 1 leaves them.
    """
    blocks = memory(ports, board, model, chip)
    cells = network_cells(count, calibration.luts(count, chip, luts, False), packing.network)
    results = parts.fifo(8, max(1, (ports.out_bits * ports.out_beats // 8 - 1).bit_length()), chip)
    several = results if ports.out_beats > 1 else Count()  # a result of several beats waits in a FIFO
    beside = (
        top_part(ports, blocks.value, packing.top)
        + calibration.luts(several, chip, luts, False)
        + several.bare
    )
    lut = _sum(
        calibration.interval(cells, packing.spread["wide" if count.wide else "network"], widening),
        calibration.interval(beside, packing.spread["top"], widening),
    )
    registers = top_part(ports, blocks.value, packing.top_ff) + several.ff
    ff = _sum(network.ff, calibration.interval(registers, packing.spread["top_ff"], widening))
    bram = _sum(network.bram, _sum(blocks, Figure(value=several.bram)))
    return Usage(lut=lut, ff=ff, dsp=network.dsp, bram=bram)


def moved(whole: Usage, before: Usage, after: Usage) -> Usage:
    """The whole board where the ledger has moved the network's figures: by as much, its interval as wide."""
    update: dict[str, Figure] = {}
    for kind, figure in whole.present().items():
        old, new = getattr(before, kind), getattr(after, kind)
        by = new.value - old.value if old is not None and new is not None else 0.0
        low, high = (None if end is None else max(0.0, end + by) for end in (figure.low, figure.high))
        update[kind] = Figure(value=max(0.0, figure.value + by), low=low, high=high)
    return whole.model_copy(update=update)


def note(packing: CellPacking, borrowed: bool) -> str:
    """The source of the whole board's figures, and their errors."""
    error = calibration.sentence("cells", packing.spread["whole"], "boards that were held out")
    fitted = f"Whole board after packing, {packing.cell}: fitted on {packing.board}; {error}."
    if not borrowed:
        return fitted
    widened = f"the logarithm of the errors is taken times {calibration.BORROWED:g}"
    return f"{fitted} No board of this family was packed: {widened}."


def _sum(first: Figure | None, second: Figure) -> Figure:
    if first is None:
        return second
    value = first.value + second.value
    if first.low is None and second.low is None:
        return Figure(value=value)
    return Figure(value=value, low=first.least + second.least, high=first.most + second.most)

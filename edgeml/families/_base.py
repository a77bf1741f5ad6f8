"""The description of a chip family: fabric, Yosys mapping, open place and route, constraint format.

Invariant: every kind of cell is named, as a cost or as free; one that is not is an error and not zero, so
that a new version of Yosys cannot make a design look small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from edgeml.boards import Flow
from edgeml.errors import EdgemlError
from edgeml.figures import KINDS, Figure, Usage

LutKind = Literal["lut6", "lut4", "alm"]
"""The unit that a vendor's tool counts as a LUT, as in `edgeml.boards.model.Resources`."""


# ---------------------------------------------------------------- the fabric, as estimates see it


@dataclass(frozen=True)
class Fabric:
    """The resources of a chip as one synthesis tool uses them: tables, carry chains, multipliers, block RAM.

    Figures are from the vendors' documents and, where a tool decides, from its own mapping rules
    (docs/estimates.md names them); none is fitted.

    Args:
        name: key of its measurements in calibration.json and placement.json, and of its results in the
            ledger, such as "yosys-ecp5".
        borrows: key of the measurements that are taken, widened, while it has none of its own; "" if it has.
        lut_inputs: inputs of one table.
        merges_adders: the tool turns chains of adders in one stage into carry-save trees (Yosys' alumacc).
        short_adder: widest adder that is put into tables instead of a carry chain.
        adder_step: a carry chain takes a multiple of so many bits.
        pairs: LUTs that one bit of an adder takes; an ALM holds two.
        dsp_bits: operand widths of one signed multiplier; a board's file overrides it.
        dsp_least: narrowest product that is put into a DSP block; 0: none is, there are no blocks to use.
        bram_widths: the widest words of the smallest piece of block RAM, and how many words it then has.
        bram_piece: that piece as a share of a block (AMD's come in halves).
        bram_cost: what a tool weighs such a piece with (memory_libmap in Yosys).
        lutram: words, bits, cost and tables of the smallest memory in tables; zeros: no table is a memory.
        shift_registers: delays of at least so many registers become one table; 0: never.
        dsp_half: operands of at most so many bits take half a block; 0: there are no halves.
        dsp_registers: a register behind a product goes into its block.
        dsp_adders: so do the additions of products and the register behind the sum.
        dsp_pairs: so does one addition of two products.
        adder_ns: an adder of some 16 bits with its wires, as HLS counts it, roughly.
    """

    name: str
    lut_inputs: int
    merges_adders: bool
    short_adder: int
    adder_step: int
    pairs: float
    dsp_bits: tuple[int, int]
    dsp_least: int
    bram_widths: tuple[int, int]
    bram_piece: float
    bram_cost: float
    lutram: tuple[int, int, float, float]
    shift_registers: int
    borrows: str = ""
    dsp_half: int = 0
    dsp_registers: bool = True
    dsp_adders: bool = False
    dsp_pairs: bool = False
    adder_ns: float = 1.0

    def block_cost(self, words: int, bits: int) -> float:
        """The cost of a memory in block RAM, as the tool weighs it against tables."""
        return self.bram_cost * self.brams(words, bits) / self.bram_piece

    def brams(self, words: int, bits: int) -> float:
        """Blocks for a memory of `words` words of `bits` bits, each piece used in the best shape."""
        width, depth = self.bram_widths
        best = 0
        while width >= 1:
            blocks = math.ceil(bits / width) * math.ceil(words / depth)
            best = blocks if not best else min(best, blocks)
            width, depth = width // 2, depth * 2
        return best * self.bram_piece


# ---------------------------------------------------------------- synthesis, place and route


@dataclass(frozen=True)
class CellCost:
    """The resources of one cell, in the units of `edgeml.boards.model`; halves are halves of a block.

    Args:
        lut: lookup tables.
        lut_high: the most lookup tables it can take, where packing decides; 0: `lut` it is.
        ff: flip-flops.
        dsp: DSP blocks.
        bram: block RAMs.
        uram: large RAMs.
    """

    lut: float = 0.0
    ff: float = 0.0
    dsp: float = 0.0
    bram: float = 0.0
    uram: float = 0.0
    lut_high: float = 0.0


def each(names: str, cost: CellCost) -> dict[str, CellCost]:
    """The same cost for several kinds of cells, their names separated by blanks."""
    return dict.fromkeys(names.split(), cost)


@dataclass(frozen=True)
class YosysMapping:
    """The mapping of Yosys to a family.

    Args:
        fabric: for the estimates of what it makes.
        passes: its command. Modules are kept apart (see `edgeml.tools.yosys`).
        core: options that leave out the buffers at ports. Modules are mapped one by one, and Yosys would put
            buffers at the ports of each.
        pads: the command that puts them at the top's ports alone, for a design whose ports go to pins; the
            name of the top is put behind it. "": nextpnr does it.
        costs: what a kind of cell takes.
        free: kinds that take none of these, separated by blanks: carry chains, wide multiplexers,
            buffers, constants.
        oldest: the oldest Yosys that maps to it properly.
        no_dsp: the option that keeps multipliers out of DSP blocks; "" if there is none.
        note: what a reader of the figures must know; "" if nothing.
    """

    fabric: Fabric
    passes: str
    costs: Mapping[str, CellCost]
    free: str
    core: str = ""
    pads: str = ""
    oldest: tuple[int, ...] = ()
    no_dsp: str = ""
    note: str = ""


@dataclass(frozen=True)
class OpenFlow:
    """Place and route and packing of a family with open tools.

    In the words, {constraints}, {placed} and {bitstream} are files, {device} is the value of the first of the
    board's nextpnr options called "family=".

    Args:
        placer: the tool of `edgeml.tools` that places and routes.
        place: its words for constraint file and result.
        placed: name of the result.
        packer: the tool that makes the bitstream; "" if there is none.
        pack: its words.
        suffix: of the bitstream.
        counts: which cells of nextpnr's utilization each resource is, separated by blanks; a resource that is
            missing here is taken from the synthesis.
        margin: how much faster a clock than asked for the Verilog is pipelined for, since its model of
            delays is that of faster FPGAs (docs/synthesis.md has the measurements).
    """

    placer: str
    place: tuple[str, ...]
    placed: str
    counts: Mapping[str, str]
    packer: str = ""
    pack: tuple[str, ...] = ()
    suffix: str = ""
    margin: float = 1.0


# ---------------------------------------------------------------- constraint files


@dataclass(frozen=True)
class PortPin:
    """A port of the top module and its pin.

    Args:
        port: of the top module.
        pin: of the package.
        io: IO standard, in the flow's words.
        pull: pull resistor.
        mhz: of a clock; 0 for other ports.
    """

    port: str
    pin: str
    io: str
    pull: Literal["up", "down", "none"] | None = None
    mhz: float = 0.0


@dataclass(frozen=True)
class ConstraintFormat:
    """A format of constraint files: where ports are on the board, and how fast its clock is.

    Args:
        suffix: of the file, without the dot.
        comment: what begins a comment.
        lines: of one port; raises EdgemlError for a text that the format cannot hold.
    """

    suffix: str
    comment: str
    lines: Callable[[PortPin], Sequence[str]]


# ---------------------------------------------------------------- a family


@dataclass(frozen=True)
class Family:
    """A family of chips with the same cells.

    Args:
        name: the file's name.
        title: for people.
        boards: values of `Board.family` that belong to it.
        vendor: its fabric under its maker's own tool; None: that of the family that is `generic_for` the same
            kind of table.
        generic_for: under its maker's tool it stands for every chip with this kind of table that no file
            says more of; exactly one family does for each kind.
        yosys: how Yosys maps to it; None: it does not.
        open: the open place and route; None if there is none.
        flows: values of `Board.flow` whose tools read `constraints`.
        constraints: format of its constraint files; None: that of the vendor's tool
            (`edgeml.synth.top.constraints`).
    """

    name: str
    title: str
    boards: tuple[str, ...]
    vendor: Fabric | None = None
    generic_for: LutKind | None = None
    yosys: YosysMapping | None = None
    open: OpenFlow | None = None
    flows: tuple[Flow, ...] = ()
    constraints: ConstraintFormat | None = None

    @property
    def mapping(self) -> YosysMapping:
        """The mapping of Yosys to it.

        Raises:
            EdgemlError: it does not.
        """
        if self.yosys is None:
            raise EdgemlError(
                f"Yosys cannot synthesize for {self.title}", self.name, "take the vendor's tool"
            )
        return self.yosys

    def usage(self, cells: Mapping[str, int]) -> Usage:
        """Resources of cells that Yosys made, every kind known.

        Args:
            cells: number by type.

        Raises:
            EdgemlError: a type is neither among the costs nor free.
        """
        costs = self.mapping.costs
        unknown = sorted(set(cells) - set(costs) - set(self.mapping.free.split()))
        if unknown:
            raise EdgemlError(
                f"does not know what {', '.join(unknown[:5])} takes",
                f"edgeml/families/{self.name}.py",
                "Yosys made a cell that edgeml has no figure for; please report it",
            )
        paid = [(costs[kind], number) for kind, number in cells.items() if kind in costs]
        figures: dict[str, Figure] = {}
        for kind in KINDS:
            value = sum(getattr(cost, kind) * number for cost, number in paid)
            high = value
            if kind == "lut":
                high = sum(max(cost.lut, cost.lut_high) * number for cost, number in paid)
            figures[kind] = (
                Figure(value=value) if high == value else Figure(value=value, low=value, high=high)
            )
        return Usage(**figures)

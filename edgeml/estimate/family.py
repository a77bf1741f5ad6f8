"""What a chip is made of, as far as the models ask: tables, carry chains, multipliers, block RAM.

`family(board, tool)` chooses one. Figures are from the vendors' documents and, where a tool decides, from
its own mapping rules (see docs/estimates.md); none is fitted. To add a family, add a constant and its line in
`_BY_KIND`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from edgeml.boards import Board

Tool = Literal["yosys", "vendor"]


@dataclass(frozen=True)
class Family:
    """A chip family under one synthesis tool.

    Args:
        name: key of its calibration, such as "yosys-ecp5".
        lut_inputs: inputs of one table.
        merges_adders: the tool turns chains of adders in one stage into carry-save trees (Yosys' alumacc).
        short_adder: widest adder that is put into tables instead of a carry chain.
        adder_step: a carry chain takes a multiple of so many bits.
        pairs: tables that share one LUT when their inputs fit (an ALM holds two adder bits).
        dsp_bits: operand widths of one signed multiplier.
        dsp_least: narrowest product that is put into a DSP block; 0: none is, there are no blocks to use.
        bram_kbit: size of one block RAM.
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
    bram_kbit: int
    bram_widths: tuple[int, int]
    bram_piece: float
    bram_cost: float
    lutram: tuple[int, int, float, float]
    shift_registers: int
    dsp_half: int = 0
    dsp_registers: bool = True
    dsp_adders: bool = False
    dsp_pairs: bool = False
    adder_ns: float = 1.0

    def block_cost(self, words: int, bits: int) -> float:
        """What putting a memory into block RAM is weighed with."""
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


ECP5 = Family(
    name="yosys-ecp5",
    lut_inputs=4,
    merges_adders=True,
    short_adder=4,
    adder_step=2,
    pairs=1.0,
    dsp_bits=(18, 18),
    dsp_least=2,
    bram_kbit=18,
    bram_widths=(36, 512),
    bram_piece=1.0,
    bram_cost=128,
    lutram=(16, 4, 4, 6),
    shift_registers=0,
    dsp_registers=False,
)
ICE40 = Family(
    name="yosys-ice40",
    lut_inputs=4,
    merges_adders=True,
    short_adder=2,
    adder_step=1,
    pairs=1.0,
    dsp_bits=(16, 16),
    dsp_least=11,
    bram_kbit=4,
    bram_widths=(16, 256),
    bram_piece=1.0,
    bram_cost=64,
    lutram=(0, 0, 0, 0),
    shift_registers=0,
    dsp_pairs=True,
)
XC7 = Family(
    name="yosys-xilinx",
    lut_inputs=6,
    merges_adders=True,
    short_adder=2,
    adder_step=4,
    pairs=1.0,
    dsp_bits=(25, 18),
    dsp_least=9,
    bram_kbit=36,
    bram_widths=(36, 512),
    bram_piece=0.5,
    bram_cost=129,
    lutram=(32, 6, 8, 4),
    shift_registers=3,
    dsp_adders=True,
)
GOWIN = replace(ECP5, name="yosys-gowin", short_adder=2, adder_step=1, dsp_least=8, dsp_half=9)
NEXUS = replace(ECP5, name="yosys-nexus")
AMD = replace(XC7, name="vivado", merges_adders=False, adder_step=1)
ALTERA = replace(
    XC7,
    name="quartus",
    merges_adders=False,
    adder_step=1,
    pairs=0.5,
    dsp_bits=(18, 19),
    dsp_least=10,
    bram_kbit=20,
    bram_widths=(40, 512),
    bram_piece=1.0,
    shift_registers=0,
)

_FAST, _FAST_NS = ("UltraScale", "Agilex"), 0.6
"""Words in the names of families of 16 nm and less, and their adder."""


def family(board: Board, tool: Tool | None = None) -> Family:
    """The family of a board's chip under a tool; by default the open flow if the board has one.

    Args:
        board: the board.
        tool: "yosys" for open synthesis, "vendor" for the maker's own.
    """
    chosen = tool or ("yosys" if board.flow.is_open else "vendor")
    resources = board.resources
    if chosen == "yosys" and board.flow.is_open:
        base = {
            "yosys-ecp5": ECP5,
            "yosys-ice40": ICE40,
            "yosys-gowin": GOWIN,
            "yosys-nexus": NEXUS,
        }[board.flow.value]
    elif chosen == "yosys":
        base = XC7 if resources.lut_kind == "lut6" else ALTERA
    else:
        base = {"lut6": AMD, "alm": ALTERA, "lut4": ECP5}[resources.lut_kind]
        base = replace(base, name="vendor-lut4") if resources.lut_kind == "lut4" else base
    fast = any(word in board.family for word in _FAST)
    return replace(
        base,
        dsp_bits=resources.dsp_bits,
        bram_kbit=resources.bram_kbit,
        adder_ns=_FAST_NS if fast else base.adder_ns,
    )

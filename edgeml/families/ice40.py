"""Lattice iCE40: logic cells of one 4-input LUT, one carry and one flip-flop.

- SB_LUT4: one LUT. An adder's LUT and its SB_CARRY share a logic cell: the carry takes none. A carry whose
  LUT went elsewhere takes a cell of its own; only place and route knows (its count of logic cells).
- SB_DFF*: one flip-flop; one without a LUT in front takes a logic cell's LUT as well: see place and route.
- SB_MAC16: one DSP. SB_RAM40_4K*: one block of 4 kbit. SB_SPRAM256KA: one large RAM.
"""

from __future__ import annotations

from edgeml.boards import Flow
from edgeml.errors import EdgemlError
from edgeml.families._base import (
    CellCost,
    ConstraintFormat,
    Fabric,
    Family,
    OpenFlow,
    PortPin,
    YosysMapping,
    each,
)
from edgeml.quoting import word

_FF = " ".join(
    f"SB_DFF{edge}{kind}"
    for edge in ("", "N")
    for kind in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")
)

FABRIC = Fabric(
    name="yosys-ice40",
    lut_inputs=4,
    merges_adders=True,
    short_adder=2,
    adder_step=1,
    pairs=1.0,
    dsp_bits=(16, 16),
    dsp_least=11,
    bram_widths=(16, 256),
    bram_piece=1.0,
    bram_cost=64,
    lutram=(0, 0, 0, 0),
    shift_registers=0,
    dsp_pairs=True,
)
"""Under Yosys (`synth_ice40 -dsp`)."""


def _pcf(at: PortPin) -> list[str]:
    """A line of a .pcf file for nextpnr-ice40; iCE40 has pull-up resistors only."""
    if at.pull == "down":
        raise EdgemlError("iCE40 has no pull-down resistors", f"pin {at.pin}", "change the board's file")
    pull = "-pullup yes " if at.pull == "up" else ""
    clock = [f"set_frequency {word(at.port)} {at.mhz:g}"] if at.mhz else []
    return [f"set_io {pull}{word(at.port)} {word(at.pin, 'pin')}", *clock]


FAMILY = Family(
    name="ice40",
    title="Lattice iCE40 UltraPlus",
    boards=("iCE40 UltraPlus",),
    yosys=YosysMapping(
        fabric=FABRIC,
        passes="synth_ice40 -device u -dsp -noflatten",
        costs={
            "SB_LUT4": CellCost(lut=1),
            **each(_FF, CellCost(ff=1)),
            "SB_MAC16": CellCost(dsp=1),
            **each("SB_RAM40_4K SB_RAM40_4KNR SB_RAM40_4KNW SB_RAM40_4KNRNW", CellCost(bram=1)),
            "SB_SPRAM256KA": CellCost(uram=1),
        },
        free=(
            "SB_CARRY SB_GB SB_GB_IO SB_IO SB_IO_OD SB_HFOSC SB_LFOSC SB_RGBA_DRV SB_LEDDA_IP SB_PLL40_CORE "
            "SB_PLL40_PAD SB_PLL40_2_PAD SB_WARMBOOT"
        ),
    ),
    open=OpenFlow(
        placer="nextpnr_ice40",
        place=("--pcf", "{constraints}", "--asc", "{placed}"),
        placed="design.asc",
        counts={
            "lut": "ICESTORM_LC",
            "dsp": "ICESTORM_DSP",
            "bram": "ICESTORM_RAM",
            "uram": "ICESTORM_SPRAM",
        },
        packer="icepack",
        pack=("{placed}", "{bitstream}"),
        suffix=".bin",
        margin=4.0,
    ),
    flows=(Flow.YOSYS_ICE40,),
    constraints=ConstraintFormat("pcf", "#", _pcf),
)

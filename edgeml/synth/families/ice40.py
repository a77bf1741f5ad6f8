"""Lattice iCE40: logic cells of one 4-input LUT, one carry and one flip-flop.

- SB_LUT4: one LUT. An adder's LUT and its SB_CARRY share a logic cell: the carry takes none. A carry whose
  LUT went elsewhere takes a cell of its own; only place and route knows (its count of logic cells).
- SB_DFF*: one flip-flop; one without a LUT in front takes a logic cell's LUT as well: see place and route.
- SB_MAC16: one DSP. SB_RAM40_4K*: one block of 4 kbit. SB_SPRAM256KA: one large RAM.
"""

from __future__ import annotations

from edgeml.synth.families.base import Cost, Family, OpenFlow, each

_FF = " ".join(
    f"SB_DFF{edge}{kind}"
    for edge in ("", "N")
    for kind in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")
)

FAMILY = Family(
    name="ice40",
    title="Lattice iCE40 UltraPlus",
    boards=("iCE40 UltraPlus",),
    passes="synth_ice40 -device u -dsp -noflatten",
    costs={
        "SB_LUT4": Cost(lut=1),
        **each(_FF, Cost(ff=1)),
        "SB_MAC16": Cost(dsp=1),
        **each("SB_RAM40_4K SB_RAM40_4KNR SB_RAM40_4KNW SB_RAM40_4KNRNW", Cost(bram=1)),
        "SB_SPRAM256KA": Cost(uram=1),
    },
    free=(
        "SB_CARRY SB_GB SB_GB_IO SB_IO SB_IO_OD SB_HFOSC SB_LFOSC SB_RGBA_DRV SB_LEDDA_IP SB_PLL40_CORE "
        "SB_PLL40_PAD SB_PLL40_2_PAD SB_WARMBOOT"
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
)

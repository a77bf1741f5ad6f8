"""Lattice Nexus (CrossLink-NX, CertusPro-NX): 4-input LUTs in pairs.

- LUT4: one. CCU2: a carry stage of two bits takes both LUTs of a slice, 2. WIDEFN9: two LUT4 and the
  multiplexer behind them, 2. INV: folded into the input it drives; none.
- DPR16X4: 16 words of 4 bits take the LUTs of three slices, 6, as in ECP5.
- MULT18X18: one multiplier; MULT9X9 half, MULT18X36 two, MULT36X36 four.
- DP16K and its kin: one block of 18 kbit. DPSC512K, PDPSC512K, SP512K: one large RAM (LRAM).
"""

from __future__ import annotations

from edgeml.synth.families.base import Cost, Family, OpenFlow, each

FAMILY = Family(
    name="nexus",
    title="Lattice Nexus",
    boards=("CertusPro-NX", "CrossLink-NX", "Certus-NX"),
    passes="synth_nexus -noflatten",
    costs={
        "LUT4": Cost(lut=1),
        **each("CCU2 WIDEFN9", Cost(lut=2)),
        "DPR16X4": Cost(lut=6),
        **each("FD1P3BX FD1P3DX FD1P3IX FD1P3JX", Cost(ff=1)),
        "MULT9X9": Cost(dsp=0.5),
        **each("MULT18X18 MULTADDSUB18X18", Cost(dsp=1)),
        "MULT18X36": Cost(dsp=2),
        **each("MULT36X36 MULTADDSUB36X36", Cost(dsp=4)),
        **each("DP16K PDP16K PDPSC16K SP16K FIFO16K", Cost(bram=1)),
        **each("DPSC512K PDPSC512K SP512K", Cost(uram=1)),
    },
    free="INV VHI VLO IB OB OBZ BB OSCA DCC GSR PLL",
    core="-noiopad",
    pads="iopadmap -bits -outpad OB I:O -inpad IB O:I -toutpad OBZ ~T:I:O",
    no_dsp="-nodsp",
    open=OpenFlow(
        placer="nextpnr_nexus",
        place=("--pdc", "{constraints}", "--fasm", "{placed}"),
        placed="design.fasm",
        counts={"lut": "OXIDE_COMB", "ff": "OXIDE_FF", "bram": "OXIDE_EBR"},
    ),
)

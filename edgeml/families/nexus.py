"""Lattice Nexus (CrossLink-NX, CertusPro-NX): 4-input LUTs in pairs.

- LUT4: one. CCU2: a carry stage of two bits takes both LUTs of a slice, 2. WIDEFN9: two LUT4 and the
  multiplexer behind them, 2. INV: folded into the input it drives; none.
- DPR16X4: 16 words of 4 bits take the LUTs of three slices, 6, as in ECP5.
- MULT18X18: one multiplier; MULT9X9 half, MULT18X36 two, MULT36X36 four.
- DP16K and its kin: one block of 18 kbit. DPSC512K, PDPSC512K, SP512K: one large RAM (LRAM).
"""

from __future__ import annotations

from dataclasses import replace

from edgeml.boards import Flow
from edgeml.families._base import CellCost, ConstraintFormat, Family, OpenFlow, PortPin, YosysMapping, each
from edgeml.families.ecp5 import FABRIC as ECP5
from edgeml.quoting import word

FABRIC = replace(ECP5, name="yosys-nexus", borrows="yosys-ecp5")
"""Under Yosys (`synth_nexus`): the tables of ECP5."""


def _pdc(at: PortPin) -> list[str]:
    """A line of a .pdc file for Radiant and nextpnr-nexus, with names in braces."""
    pull = f" PULLMODE={at.pull.upper()}" if at.pull else ""
    name = f"{{{word(at.port)}}}"
    port = f"[get_ports {name}]"
    clock = [f"create_clock -name {name} -period {1000 / at.mhz:g} {port}"] if at.mhz else []
    return [
        f"ldc_set_location -site {{{word(at.pin, 'pin')}}} {port}",
        f"ldc_set_port -iobuf {{IO_TYPE={word(at.io, 'IO standard')}{pull}}} {port}",
        *clock,
    ]


FAMILY = Family(
    name="nexus",
    title="Lattice Nexus",
    boards=("CertusPro-NX", "CrossLink-NX", "Certus-NX"),
    yosys=YosysMapping(
        fabric=FABRIC,
        passes="synth_nexus -noflatten",
        costs={
            "LUT4": CellCost(lut=1),
            **each("CCU2 WIDEFN9", CellCost(lut=2)),
            "DPR16X4": CellCost(lut=6),
            **each("FD1P3BX FD1P3DX FD1P3IX FD1P3JX", CellCost(ff=1)),
            "MULT9X9": CellCost(dsp=0.5),
            **each("MULT18X18 MULTADDSUB18X18", CellCost(dsp=1)),
            "MULT18X36": CellCost(dsp=2),
            **each("MULT36X36 MULTADDSUB36X36", CellCost(dsp=4)),
            **each("DP16K PDP16K PDPSC16K SP16K FIFO16K", CellCost(bram=1)),
            **each("DPSC512K PDPSC512K SP512K", CellCost(uram=1)),
        },
        free="INV VHI VLO IB OB OBZ BB OSCA DCC GSR PLL",
        core="-noiopad",
        pads="iopadmap -bits -outpad OB I:O -inpad IB O:I -toutpad OBZ ~T:I:O",
        no_dsp="-nodsp",
    ),
    open=OpenFlow(
        placer="nextpnr_nexus",
        place=("--pdc", "{constraints}", "--fasm", "{placed}"),
        placed="design.fasm",
        counts={"lut": "OXIDE_COMB", "ff": "OXIDE_FF", "bram": "OXIDE_EBR"},
    ),
    flows=(Flow.YOSYS_NEXUS, Flow.RADIANT),
    constraints=ConstraintFormat("pdc", "#", _pdc),
)

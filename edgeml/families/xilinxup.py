"""AMD UltraScale+: 6-input LUTs, eight in a slice.

As for the 7 series (`xilinx7`), and:
- RAM32M16, RAM64M8, RAM512X1S, RAM256X1D: eight LUTs, a slice (UG574, "Distributed RAM").
- RAMB18E2: half a block RAM; RAMB36E2: one. DSP48E2: one. URAM288: one UltraRAM.
"""

from __future__ import annotations

from dataclasses import replace

from edgeml.families._base import CellCost, Family, YosysMapping, each
from edgeml.families.xilinx7 import FABRIC, FREE, LOGIC, NOTE, VIVADO

FAMILY = Family(
    name="xilinxup",
    title="AMD UltraScale+",
    boards=("Zynq UltraScale+", "Virtex UltraScale+", "Kintex UltraScale+", "Artix UltraScale+"),
    vendor=replace(VIVADO, adder_ns=0.6),  # 16 nm
    yosys=YosysMapping(
        fabric=FABRIC,
        passes="synth_xilinx -family xcup",
        costs={
            **LOGIC,
            **each("RAM32M16 RAM64M8 RAM512X1S RAM256X1D", CellCost(lut=8)),
            "DSP48E2": CellCost(dsp=1),
            **each("RAMB18E2 FIFO18E2", CellCost(bram=0.5)),
            **each("RAMB36E2 FIFO36E2", CellCost(bram=1)),
            **each("URAM288 URAM288_BASE", CellCost(uram=1)),
        },
        free=FREE,
        core="-noiopad -noclkbuf",
        no_dsp="-nodsp",
        note=NOTE,
    ),
)

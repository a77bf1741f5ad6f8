"""AMD UltraScale: the slices of UltraScale+ in 20 nm; `edgeml synth` does not map to them."""

from __future__ import annotations

from dataclasses import replace

from edgeml.families._base import Family
from edgeml.families.xilinx7 import VIVADO

FAMILY = Family(
    name="ultrascale",
    title="AMD UltraScale",
    boards=("Kintex UltraScale", "Virtex UltraScale"),
    vendor=replace(VIVADO, adder_ns=0.6),
)

"""Real reports of public projects, which this repository does not hold.

Put them below one folder and name it in EDGEML_VENDOR_REPORTS; docs/vendor.md says where they are from. The
figures here were read in the files by eye.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeml import vendor

FOLDER = os.environ.get("EDGEML_VENDOR_REPORTS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="EDGEML_VENDOR_REPORTS names no folder of public reports")

EDALIZE = "edalize-0.6.8/tests/test_reporting/data"
HLS4ML = "hls4ml-0.8.1/test/pytest/test_report"


@pytest.mark.parametrize(
    ("path", "tool", "used", "clock", "fmax"),
    [
        (f"{EDALIZE}/picorv32/vivado-artix7", "Vivado 2019.2", (1009, 920, 0, 0, None), 200, 118.161),
        (f"{EDALIZE}/picorv32/vivado-kintex_usp", "Vivado 2019.2", (999, 920, 0, 0, 0), 200, 207.641),
        (f"{EDALIZE}/picorv32/quartus-cyclone4", "Quartus 18.1.0", (1584, 649, 0, 2, None), 175, 159.95),
        (f"{EDALIZE}/picorv32/quartus-cyclone10", "Quartus 19.1.0 Pro", (930, 761, 0, 2, None), 175, 131.58),
        (
            f"{EDALIZE}/linux-on-litex-vexriscv/arty_a7",
            "Vivado 2019.2",
            (8297, 5434, 4, 29.5, None),
            100,
            102.543,
        ),
        (
            f"{EDALIZE}/linux-on-litex-vexriscv/de10nano",
            "Quartus 18.1.0",
            (2825, 3821, 4, 87, None),
            50,
            69.65,
        ),
        (f"{HLS4ML}/vivado_synth.rpt", "Vivado 2020.1", (1526, 2428, 66, 0, None), None, None),
        (f"{HLS4ML}/myproject_csynth.rpt", "Vivado HLS 2020.1", (2532, 7969, 73, 0, 0), 200, 246.975),
        (f"{HLS4ML}/myproject_csynth.xml", "Vivado HLS 2020.1", (2532, 7969, 73, 0, 0), 200, 246.975),
    ],
)
def test_figures_of_public_reports(
    path: str, tool: str, used: tuple[float | None, ...], clock: float | None, fmax: float | None
) -> None:
    (row,) = vendor.read(Path(FOLDER) / path)
    total = row.total
    figures = (total.lut, total.ff, total.dsp, total.bram, total.uram)
    assert tuple(figure and figure.value for figure in figures) == used
    assert (row.tool, row.clock_mhz) == (tool, clock)
    assert (row.fmax_mhz and row.fmax_mhz.value) == fmax

"""Layouts of utilization reports that tools of other years write, with figures as in public reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from edgeml import vendor
from edgeml.figures import Hardware

RULE = "-" * 86
OLD = ("Site Type", "Used", "Fixed", "Available", "Util%")
NEW = ("Site Type", "Used", "Fixed", "Prohibited", "Available", "Util%")
DIES = ("Site Type", "SLR0", "SLR1", "SLR0 %", "SLR1 %")
TREE = ("Instance", "Module", "Total LUTs", "Logic LUTs", "FFs", "RAMB36", "RAMB18", "URAM", "DSP Blocks")


def head(version: str, command: str, device: str, state: str) -> str:
    lines = {"Tool Version": f"Vivado v.{version} (lin64) Build 1", "Date": "Wed May 19 16:42:14 2021"}
    lines |= {"Command": f"report_utilization {command}", "Design": "top", "Device": device}
    box = "".join(f"| {key:<12} : {text}\n" for key, text in {**lines, "Design State": state}.items())
    return f"Copyright 1986-2022 Xilinx, Inc.\n{RULE}\n{box}{RULE}\n\nUtilization Design Information\n\n"


def table(title: str, columns: Sequence[str], *rows: str) -> str:
    cells = [row.split(",") for row in rows]
    wide = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    rule = f"+{'+'.join('-' * (width + 2) for width in wide)}+"
    lines = [
        "|" + "|".join(f" {cell:<{width}} " for cell, width in zip(row, wide, strict=True)) + "|"
        for row in (columns, *cells)
    ]
    return "\n".join(
        [title, "-" * len(title), "", rule, lines[0], rule, *lines[1:], rule, "* Note", "", "", ""]
    )


def only(folder: Path, name: str, text: str) -> Hardware:
    (folder / name).write_text(text, encoding="utf-8")
    (row,) = vendor.read(folder)
    return row


def used(row: Hardware) -> dict[str, float]:
    return {kind: figure.value for kind, figure in row.total.present().items()}


def test_a_part_of_several_dies_with_all_its_tables(tmp_path: Path) -> None:
    text = head("2022.2", "-file vivado_synth.rpt", "xcu50-fsvh2104-2L-e", "Synthesized") + "".join(
        [
            table(
                "1. CLB Logic",
                NEW,
                "CLB LUTs*,179437,0,0,871680,20.59",
                "CLB Registers,227971,0,0,1743360,13.08",
            ),
            table(
                "2. BLOCKRAM",
                NEW,
                "Block RAM Tile,251,0,0,1344,18.68",
                "  RAMB18,6,0,0,2688,0.22",
                "URAM,0,0,0,640,0.00",
            ),
            table("3. ARITHMETIC", NEW, "DSPs,2058,0,0,5952,34.58", "  DSP48E2 only,2058,,,,"),
            "9. Black Boxes\n\n+----------+------+\n| Ref Name | Used |\n+----------+------+\n\n\n",
            table(
                "11. SLR Connectivity",
                ("", *OLD[1:]),
                "SLR1 <-> SLR0,0,,23040,0.00",
                "  SLR0 -> SLR1,0,,,0.00",
            ),
            table("12. SLR Connectivity Matrix", ("FROM \\ TO", "SLR1", "SLR0"), "SLR1,0,0", "SLR0,0,0"),
            table(
                "13. SLR CLB Logic and Dedicated Block Utilization",
                DIES,
                "CLB LUTs,0,0,0.00,0.00",
                "DSPs,0,0,0.00,0.00",
            ),
            table(
                "14. SLR IO Utilization",
                ("SLR Index", "Used IOBs", "(%)IOBs", "GTs"),
                "SLR1,0,0.00,0",
                "Total,0,,0",
            ),
        ]
    )
    row = only(tmp_path, "vivado_synth.rpt", text)
    assert used(row) == {"lut": 179437, "ff": 227971, "dsp": 2058, "bram": 251, "uram": 0}
    assert (row.reached, row.part, row.tool) == ("synthesized", "xcu50-fsvh2104-2L-e", "Vivado 2022.2")


@pytest.mark.parametrize("columns", [OLD, NEW], ids=["2020", "2021.1 and later"])
def test_seven_series_routed_counts_registers_once(columns: Sequence[str], tmp_path: Path) -> None:
    gap = "," if columns is OLD else ",0,"
    text = head("2023.2", "-file C:/a b/utilization.rpt", "xc7a100tcsg324-1", "Routed") + "".join(
        [
            table(
                "1. Slice Logic",
                columns,
                f"Slice LUTs,4289,0{gap}63400,6.76",
                f"Slice Registers,4567,0{gap}126800,3.60",
            ),
            table(
                "2. Slice Logic Distribution",
                columns,
                f"Slice,2003,0{gap}15850,12.64",
                f"Slice Registers,1,0{gap}126800,3.60",
            ),
            table("3. Memory", columns, f"Block RAM Tile,96.5,0{gap}135,71.11"),
            table("4. DSP", columns, f"DSPs,133,0{gap}240,55.42"),
        ]
    )
    row = only(tmp_path, "utilization.rpt", text)
    assert used(row) == {"lut": 4289, "ff": 4567, "dsp": 133, "bram": 96.5} and row.reached == "fitted"


@pytest.mark.parametrize(
    ("command", "state", "reached"),
    [
        ("-hierarchical -file {C:/VLSI/risv original/reports/hier.rpt}", "Physopt postRoute", "fitted"),
        ("-file report.rpt -hierarchical", "Optimized", "synthesized"),
        ("-hierarchical -hierarchical_depth 4 -file hier.rpt", "Fully Placed", "fitted"),
    ],
)
def test_hierarchies_however_they_were_asked_for(
    command: str, state: str, reached: str, tmp_path: Path
) -> None:
    text = head("2020.2", command, "xcu280fsvh2892-2L", state) + table(
        "1. Utilization by Hierarchy",
        TREE,
        "top,(top),8354,6026,5005,2,1,4,3",
        "  (top),(top),1097,1097,4423,0,1,0,1",
        "  first,top_first,7176,4848,582,2,0,0,1",
        "    U0[1].inner,top_inner,7176,4848,582,2,0,0,1",
        "  second,top_second,36,36,0,0,0,2,1",
    )
    row = only(tmp_path, "hier.rpt", text)
    assert used(row) == {"lut": 8354, "ff": 5005, "dsp": 3, "bram": 2.5, "uram": 4}
    assert [layer.layer for layer in row.layers] == ["first", "second"]
    assert row.reached == reached

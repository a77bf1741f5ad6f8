"""Folders in which something cannot be read: the rest is read, it is named, and the exit code says so."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from edgeml import vendor
from edgeml.errors import EdgemlError
from edgeml.vendor import base
from tests.cli.command import Shell
from tests.cli.conftest import edgeml as edgeml  # the fixture

REPORTS = Path(__file__).parent / "reports"
RULE = "-" * 40


def drawn(*rows: tuple[object, ...], bar: str = "|") -> str:
    """A table as the tools draw it: a head and rows."""
    wide = [max(len(str(row[at])) for row in rows) + 2 for at in range(len(rows[0]))]
    rule = "+" + "+".join("-" * width for width in wide) + "+"

    def line(row: tuple[object, ...]) -> str:
        cells = (f" {cell}".ljust(width) for cell, width in zip(row, wide, strict=True))
        return bar + bar.join(cells) + bar

    return "\n".join([rule, line(rows[0]), rule, *map(line, rows[1:]), rule])


def titled(title: str, *rows: tuple[object, ...]) -> str:
    """A table of Quartus: its title stands in a line of its own."""
    table = drawn(*rows, bar=";")
    width = len(table.split("\n", 1)[0]) - 2
    return f"+{'-' * width}+\n; {title.ljust(width - 1)};\n{table}\n\n\n"


def utilization(*tables: tuple[str, str], part: str = "xcvu9p-flga2104-2L-e", tool: str = "2020.1") -> str:
    head = (
        f"{RULE}\n| Tool Version : Vivado v.{tool} (lin64)\n| Command      : report_utilization -file x.rpt\n"
        f"| Design       : myproject\n| Device       : {part}\n| Design State : Synthesized\n{RULE}\n\n"
    )
    return head + "".join(f"{title}\n{'-' * len(title)}\n\n{table}\n\n" for title, table in tables)


LOGIC = drawn(
    ("Site Type", "Used", "Fixed", "Available", "Util%"),
    ("CLB LUTs*", 41207, 0, 1728000, "2.38"),
    ("CLB Registers", 22310, 0, 3456000, "0.65"),
)
DIES = drawn(
    ("Site Type", "SLR0", "SLR1", "SLR2", "SLR3", "SLR0 %", "SLR1 %", "SLR2 %", "SLR3 %"),
    ("CLB LUTs", 0, 41207, 0, 0, "0.00", "9.54", "0.00", "0.00"),
    ("CLB Registers", 0, 22310, 0, 0, "0.00", "2.58", "0.00", "0.00"),
)


def test_a_part_with_several_dies(tmp_path: Path) -> None:
    matrix = drawn(("FROM \\ TO", "SLR1", "SLR0"), ("SLR1", 0, 3), ("SLR0", 2, 0))
    text = utilization(
        ("1. CLB Logic", LOGIC),
        ("12. SLR Connectivity Matrix", matrix),
        ("13. SLR CLB Logic and Dedicated Block Utilization", DIES),
        ("14. SLR IO Utilization", drawn(("SLR", "Used IOBs", "(%)IOBs"), ("SLR1", 4, "1.9"))),
    )
    (tmp_path / "vivado_synth.rpt").write_text(text, encoding="utf-8")
    found = vendor.scan(tmp_path)
    assert found.unread == ()
    assert {kind: figure.value for kind, figure in found.rows[0].total.present().items()} == {
        "lut": 41207,
        "ff": 22310,
    }


def test_versal_counts_registers_without_clb(tmp_path: Path) -> None:
    table = drawn(
        ("Site Type", "Used", "Fixed", "Prohibited", "Available", "Util%"),
        ("Registers", 60653, 16, 0, 1799680, "3.37"),
        ("CLB LUTs", 17535, 0, 0, 899840, "1.95"),
        ("URAM", 192, 0, 0, 463, "41.47"),
        ("DSP Slices", 1024, 0, 0, 1968, "52.03"),
    )
    text = utilization(("1. Netlist Logic", table), part="xcvc1902-vsva2197-2MP-e-S", tool="2022.1")
    (tmp_path / "u.rpt").write_text(text, encoding="utf-8")
    (row,) = vendor.read(tmp_path)
    assert {kind: figure.value for kind, figure in row.total.present().items()} == {
        "lut": 17535, "ff": 60653, "dsp": 1024, "uram": 192,
    }  # fmt: skip


def test_an_unknown_table_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    odd = drawn(("Site Type", "Busy"), ("CLB LUTs", 7))
    path = tmp_path / "u.rpt"
    path.write_text(utilization(("1. CLB Logic", LOGIC), ("2. News", odd)), encoding="utf-8")
    found = vendor.scan(tmp_path)
    assert found.rows[0].total.lut is not None and found.rows[0].total.lut.value == 41207
    (item,) = found.unread
    assert item.where.startswith(f"{path}:") and "no column Used" in item.reason


def test_no_file_takes_the_folder_down(
    edgeml: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MOST_BYTES", 1_000_000)
    shutil.copytree(REPORTS / "vitis", tmp_path / "p")
    os.mkfifo(tmp_path / "p/pipe.rpt")
    (tmp_path / "p/folder.rpt").mkdir()
    (tmp_path / "p/gone.rpt").symlink_to("nowhere")
    (tmp_path / "p/zero.rpt").symlink_to("/dev/zero")
    with (tmp_path / "p/huge.rpt").open("wb") as huge:
        huge.truncate(2**30)
    (tmp_path / "p/noise.rpt").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "p/empty.rpt").write_text("", encoding="utf-8")
    digits = utilization(("1. CLB Logic", LOGIC.replace(" 41207 ", f" {'9' * 400} ")))
    (tmp_path / "p/digits.rpt").write_text(digits, encoding="utf-8")
    found = vendor.scan(tmp_path)
    assert len(found.rows) == 3
    reasons = {Path(item.where.split(":")[0]).name: item.reason for item in found.unread}
    assert {name: reason.split(" (")[0] for name, reason in reasons.items()} == {
        "pipe.rpt": "is no regular file",
        "gone.rpt": "cannot read the report: No such file or directory",
        "zero.rpt": "is no regular file",
        "huge.rpt": "has 1,073,741,824 bytes; reports of up to 1,000,000 are read",
        "noise.rpt": reasons["noise.rpt"],
        "empty.rpt": "is a report of an unknown format: it is empty",
        "digits.rpt": "a number of 400 digits is no figure of a chip",
    }
    shown = edgeml("vendor", str(tmp_path))
    assert shown.code == 1 and shown.out.count("NOT READ") == 7 and "3,052" in shown.out
    document = json.loads(edgeml("vendor", str(tmp_path), "--json").out)
    assert len([row for row in document if "not_read" in row]) == 7
    assert edgeml("vendor", str(tmp_path / "p/pipe.rpt")).code == 2
    assert edgeml("vendor", str(tmp_path), *(w for n in reasons for w in ("--skip", n))).code == 0


def test_nothing_that_could_be_read_is_one_error(tmp_path: Path) -> None:
    for name in ("a.rpt", "b.rpt"):
        (tmp_path / name).write_text("tomorrow", encoding="utf-8")
    with pytest.raises(EdgemlError, match=r"none of its 2 reports could be read; the first, .*a\.rpt"):
        vendor.scan(tmp_path)


def test_three_designs_of_one_name_show_their_folders(
    edgeml: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second", "third"):
        shutil.copytree(REPORTS / "quartus_standard", tmp_path / name)
    out = edgeml("vendor", str(tmp_path)).out
    assert all(f"{name}/output_files" in out for name in ("first", "second", "third"))


QUARTUS = ("Quartus Prime Version", "20.1.1 Build 720 11/11/2020 SJ Lite Edition")


def test_synthesis_of_quartus(tmp_path: Path) -> None:
    text = "Analysis & Synthesis report for net\nMon Nov 16 13:00:00 2026\n\n"
    text += titled(
        "Analysis & Synthesis Summary",
        ("Analysis & Synthesis Status", "Successful - Mon"),
        QUARTUS,
        ("Revision Name", "net"),
        ("Logic utilization (in ALMs)", "N/A"),
        ("Total registers", "3300"),
        ("Total block memory bits", "0"),
        ("Total DSP Blocks", "6"),
    )
    text += titled(
        "Analysis & Synthesis Settings",
        ("Option", "Setting", "Default Value"),
        ("Device", "5CSEBA6U23I7", ""),
    )
    text += titled(
        "Analysis & Synthesis Resource Usage Summary",
        ("Resource", "Usage"),
        ("Estimate of Logic utilization (ALMs needed)", "2050"),
        ("Combinational ALUT usage for logic", "3100"),
    )
    (tmp_path / "net.map.rpt").write_text(text, encoding="utf-8")
    (row,) = vendor.read(tmp_path)
    assert (row.reached, row.model, row.part, row.tool) == (
        "synthesized", "net", "5CSEBA6U23I7", "Quartus 20.1.1",
    )  # fmt: skip
    assert {kind: figure.value for kind, figure in row.total.present().items()} == {
        "lut": 2050, "ff": 3300, "dsp": 6, "bram": 0,
    }  # fmt: skip


def test_a_quartus_design_without_clocks(tmp_path: Path) -> None:
    def empty(title: str, said: str) -> str:
        return f"{'-' * 44}\n; {title.ljust(41)};\n{'-' * 44}\n{said}\n\n\n"

    text = "Timing Analyzer report for net\nMon Nov 16 13:00:00 2026\n\n"
    text += titled(
        "Timing Analyzer Summary", QUARTUS, ("Revision Name", "net"), ("Device Name", "5CSEBA6U23I7")
    )
    text += empty("Clocks", "No clocks to report.")
    text += empty("Slow 1100mV 85C Model Fmax Summary", "No paths to report.")
    text += titled("Unconstrained Paths Summary", ("Property", "Setup", "Hold"), ("Illegal Clocks", 0, 0))
    (tmp_path / "net.sta.rpt").write_text(text, encoding="utf-8")
    (row,) = vendor.read(tmp_path)
    assert (row.clock_mhz, row.fmax_mhz) == (None, None)
    assert "no clock has a path from register to register: no frequency can be told" in row.notes


def test_the_flow_report_alone(tmp_path: Path) -> None:
    text = "Flow report for net\n\n" + titled(
        "Flow Summary", ("Flow Status", "Successful - Mon"), QUARTUS, ("Revision Name", "net"),
        ("Device", "10M50DAF484C7G"), ("Total logic elements", "10,237 / 49,760 ( 21 % )"),
        ("Total registers", "120"), ("Embedded Multiplier 9-bit elements", "4 / 288 ( 1 % )"),
    ) + titled("Flow Elapsed Time", ("Module Name", "Elapsed Time"), ("Fitter", "00:00:10"))  # fmt: skip
    (tmp_path / "net.flow.rpt").write_text(text, encoding="utf-8")
    (row,) = vendor.read(tmp_path)
    assert (row.reached, row.part) == ("fitted", "10M50DAF484C7G")
    assert {kind: figure.value for kind, figure in row.total.present().items()} == {
        "lut": 10237, "ff": 120, "dsp": 2,
    }  # fmt: skip

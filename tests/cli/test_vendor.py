"""`edgeml vendor`: a table for people, one JSON array for programs, one clear error for the rest."""

from __future__ import annotations

import json
from pathlib import Path

from edgeml.figures import Hardware
from tests.cli.command import Shell

REPORTS = Path(__file__).parent.parent / "vendor/reports"


def test_table_and_json(edgeml: Shell) -> None:
    shown = edgeml("vendor", str(REPORTS / "vitis"), "--layers")
    assert shown.code == 0
    row = next(line for line in shown.out.splitlines() if "Vitis HLS 2023.1" in line)
    assert row.split() == [
        "myproject", "estimated", "myproject_prj/solution1/syn/report", "Vitis", "HLS", "2023.1",
        "xc7z020-clg400-1",
        "3,052", "2,100", "12", "2.5", "0", "57", "16", "200", "250", "-",
    ]  # fmt: skip
    assert "dense_config2_U0" in shown.out
    assert "latency is 41 to 57 cycles" in shown.out
    simulated = next(line for line in shown.out.splitlines() if "co-simulation" in line)
    assert simulated.split()[-9:-4] == ["-", "-", "-", "-", "56"]  # a dash, no zero

    document = json.loads(edgeml("vendor", str(REPORTS / "vitis"), "--json").out)
    rows = [Hardware.model_validate(row) for row in document]
    assert [row.reached for row in rows] == ["synthesized", "simulated", "estimated"]
    assert document[1]["total"]["lut"] is None


def test_errors(edgeml: Shell, tmp_path: Path) -> None:
    done = edgeml("vendor", str(tmp_path))
    assert done.code == 2 and "holds no report" in done.err
    (tmp_path / "new.rpt").write_text("\n\nA layout of tomorrow\n", encoding="utf-8")
    done = edgeml("vendor", str(tmp_path), "--json")
    assert done.code == 2 and done.out == ""
    assert "new.rpt:3" in done.err and "unknown format" in done.err and "Traceback" not in done.err
    assert edgeml("vendor", str(tmp_path / "none")).code == 2

"""The same files through hls4ml's own reader: where both state a figure, it is the same figure."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from edgeml import vendor

REPORTS = Path(__file__).parent / "reports"


def test_hls4ml_reads_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parse = pytest.importorskip("hls4ml.report.vivado_report").parse_vivado_report
    shutil.copytree(REPORTS / "vitis", tmp_path / "p")
    (tmp_path / "p/project.tcl").write_text(
        'set project_name "myproject"\nset backend "vitis"\n', encoding="utf-8"
    )
    app = '<project xmlns="x" name="p"><solutions><solution name="solution1"/></solutions></project>'
    (tmp_path / "p/myproject_prj/hls.app").write_text(app, encoding="utf-8")
    theirs = parse(str(tmp_path / "p"))
    capsys.readouterr()
    ours: dict[str, Any] = {row.reached: row for row in vendor.read(tmp_path / "p")}

    estimate, csynth = ours["estimated"], theirs["CSynthesisReport"]
    assert float(csynth["WorstLatency"]) == estimate.cycles.value
    assert float(csynth["IntervalMax"]) == estimate.ii.value
    assert 1000 / float(csynth["TargetClockPeriod"]) == estimate.clock_mhz
    assert 1000 / float(csynth["EstimatedClockPeriod"]) == estimate.fmax_mhz.value
    for name, kind in (("LUT", "lut"), ("FF", "ff"), ("DSP", "dsp"), ("URAM", "uram")):
        assert float(csynth[name]) == getattr(estimate.total, kind).value
    assert float(csynth["BRAM_18K"]) == 2 * estimate.total.bram.value

    synthesized, synth = ours["synthesized"], theirs["VivadoSynthReport"]
    for name, kind in (("LUT", "lut"), ("FF", "ff"), ("DSP48E", "dsp"), ("URAM", "uram")):
        assert float(synth[name]) == getattr(synthesized.total, kind).value
    # hls4ml files Vivado's whole tiles under the name of the halves.
    assert float(synth["BRAM_18K"]) == synthesized.total.bram.value

    cosim = theirs["CosimReport"]
    assert float(cosim["LatencyMax"]) == ours["simulated"].cycles.value
    assert float(cosim["IntervalMax"]) == ours["simulated"].ii.value

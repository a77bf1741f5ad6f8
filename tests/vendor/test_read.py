"""Every kind of project among the fixtures: the figures that a reader would find by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgeml import vendor
from edgeml.errors import EdgemlError
from edgeml.figures import Hardware

REPORTS = Path(__file__).parent / "reports"


def used(row: Hardware) -> dict[str, float]:
    return {kind: figure.value for kind, figure in row.total.present().items()}


def one(rows: list[Hardware], reached: str) -> Hardware:
    found = [row for row in rows if row.reached == reached]
    assert len(found) == 1, [row.reports for row in found]
    return found[0]


def value(figure: object) -> float | None:
    return getattr(figure, "value", None)


def test_vitis_hls_with_its_simulation_and_synthesis() -> None:
    rows = vendor.read(REPORTS / "vitis")
    assert [row.reached for row in rows] == ["synthesized", "simulated", "estimated"]
    estimate = one(rows, "estimated")
    # 18-kbit halves: 5 of them are two and a half blocks.
    assert used(estimate) == {"lut": 3052, "ff": 2100, "dsp": 12, "bram": 2.5, "uram": 0}
    assert (value(estimate.cycles), value(estimate.ii)) == (57, 16)
    assert (estimate.clock_mhz, value(estimate.fmax_mhz)) == (200, 250)
    assert (estimate.tool, estimate.part, estimate.design) == (
        "Vitis HLS 2023.1",
        "xc7z020-clg400-1",
        "hls4ml",
    )
    assert "latency is 41 to 57 cycles; the figure is the worst case" in estimate.notes
    names = [layer.layer for layer in estimate.layers]
    assert names == ["dense_config2_U0", "relu_config3_U0", "(Expression)", "(FIFO)"]
    for kind in ("lut", "ff", "dsp", "bram"):  # the shares are the whole
        shares = [value(getattr(layer.usage, kind)) or 0 for layer in estimate.layers]
        assert sum(shares) == used(estimate)[kind]
    assert (value(estimate.layers[0].cycles), value(estimate.layers[0].ii)) == (20, 16)

    simulated = one(rows, "simulated")
    assert (value(simulated.cycles), value(simulated.ii)) == (56, 17)
    assert (simulated.part, simulated.clock_mhz, used(simulated)) == ("xc7z020-clg400-1", 200, {})

    synthesized = one(rows, "synthesized")
    assert used(synthesized) == {"lut": 2500, "ff": 1800, "dsp": 11, "bram": 1.5, "uram": 2}
    assert (synthesized.tool, synthesized.cycles) == ("Vivado 2024.1", None)


@pytest.mark.parametrize("name", ["myproject_csynth.rpt", "myproject_csynth.xml", "csynth.rpt"])
def test_the_three_hls_reports_say_the_same(name: str) -> None:
    (row,) = vendor.read(REPORTS / "vitis/myproject_prj/solution1/syn/report" / name)
    assert {k: v for k, v in used(row).items() if k != "uram"} == {
        "lut": 3052,
        "ff": 2100,
        "dsp": 12,
        "bram": 2.5,
    }
    assert (value(row.cycles), value(row.ii), row.clock_mhz) == (57, 16, 200)
    # In the summary a dash may mean none or unknown, so it is no zero.
    assert row.total.uram is None if name == "csynth.rpt" else value(row.total.uram) == 0


def test_accelerator_of_old_tools() -> None:
    rows = vendor.read(REPORTS / "accelerator")
    fitted = [row for row in rows if row.reached == "fitted"]
    assert len(fitted) == 2
    timed = next(row for row in fitted if row.fmax_mhz)
    assert used(timed) == {"lut": 5000, "ff": 6000, "dsp": 4, "bram": 3.5}
    assert (timed.clock_mhz, value(timed.fmax_mhz), value(timed.power_w)) == (100, 125, 1.634)
    assert [(hop.layer.rsplit("/", 1)[-1], round(hop.ns, 3)) for hop in timed.critical_path] == [
        ("dense", 5.821),
        ("relu", 0.398),
    ]
    assert timed.part == "7z020clg400-1"
    by_layer = next(row for row in fitted if row.layers)
    assert [layer.layer for layer in by_layer.layers] == ["axi_dma_0", "myproject_0"]
    assert used(by_layer) == used(timed)
    assert value(by_layer.layers[0].usage.bram) == 2.5

    estimate = one(rows, "estimated")
    assert estimate.model == "myproject_axi"
    assert estimate.cycles is None and value(estimate.ii) == 20
    assert "latency is not known to the tool" in estimate.notes
    # The network inside the AXI shell is shown by its layers.
    assert [x.layer for x in estimate.layers if x.layer[0] != "("] == [
        "Loop_1_proc_U0",
        "dense_2_U0",
        "relu_3_U0",
    ]
    simulated = one(rows, "simulated")
    assert (value(simulated.cycles), simulated.ii) == (31, None)


def test_quartus_standard() -> None:
    (row,) = vendor.read(REPORTS / "quartus_standard")
    assert used(row) == {"lut": 2100, "ff": 3200, "dsp": 6, "bram": 8}
    assert (row.tool, row.part, row.reached) == ("Quartus 18.1.0", "5CSEBA6U23I7", "fitted")
    assert (row.clock_mhz, value(row.fmax_mhz)) == (100, 95.5)  # the slower corner
    assert [(x.layer, value(x.usage.lut), value(x.usage.dsp)) for x in row.layers] == [
        ("u_fc1", 1500.5, 4),
        ("u_fc2", 499.5, 2),
    ]
    assert "timing is not met: 100 MHz asked, 95.5 MHz possible" in row.notes
    assert "worst setup slack -0.471 ns" in row.notes


def test_the_share_of_a_module() -> None:
    fit = REPORTS / "quartus_standard/output_files/net.fit.rpt"
    summary, timing = fit.with_suffix(".summary"), fit.with_name("net.sta.rpt")
    found = vendor.share([timing, summary, fit], "net")
    assert found is not None
    usage, layers = found
    assert {kind: figure.value for kind, figure in usage.present().items()} == {
        "lut": 2100,
        "ff": 3200,
        "dsp": 6,
        "bram": 8,
    }
    assert [(x.layer, value(x.usage.lut)) for x in layers] == [("fc1", 1500.5), ("fc2", 499.5)]
    assert vendor.share([fit], "net_fc2") is not None and vendor.share([fit], "net_fc3") is None
    assert vendor.share([timing, summary], "net") is None  # no table by instance


def test_quartus_pro_and_a_part_without_alms() -> None:
    (row,) = vendor.read(REPORTS / "quartus_pro")
    assert used(row) == {"lut": 930, "ff": 1761, "dsp": 12, "bram": 2}
    assert (row.tool, row.clock_mhz, value(row.fmax_mhz)) == ("Quartus 21.4.0 Pro", 300.03, 350.48)
    (old,) = vendor.read(REPORTS / "cyclone4")
    # No RAM blocks in this summary: not known, not zero. Two 9-bit elements are a block.
    assert used(old) == {"lut": 2194, "ff": 1386, "dsp": 7}


def test_catapult() -> None:
    rows = vendor.read(REPORTS / "catapult")
    estimate = one(rows, "estimated")
    assert used(estimate) == {"lut": 680, "dsp": 9}
    assert (value(estimate.cycles), value(estimate.ii), estimate.clock_mhz) == (25, 8, 200)
    assert (estimate.tool, estimate.part) == ("Catapult 2023.1", "Xilinx-KINTEX-uplus-2")
    assert used(one(rows, "synthesized"))["lut"] == 2500


def test_intel_hls_and_oneapi() -> None:
    rows = vendor.read(REPORTS / "intel_hls")
    assert used(one(rows, "fitted")) == {"lut": 2000.5, "ff": 5000, "dsp": 90, "bram": 70}
    assert value(one(rows, "fitted").fmax_mhz) == 251.5
    assert (value(one(rows, "simulated").cycles), value(one(rows, "simulated").ii)) == (130, 16)
    # ALUTs are no ALMs: the LUT figure stays open.
    assert used(one(rows, "estimated")) == {"ff": 7938, "dsp": 92, "bram": 77}
    rows = vendor.read(REPORTS / "oneapi")
    assert used(one(rows, "fitted")) == {"lut": 4000.5, "ff": 16000, "dsp": 40, "bram": 36}
    # Two whole DSP blocks, and 80 fractional ones of which a block holds two.
    assert used(one(rows, "estimated")) == {"ff": 7938, "dsp": 42, "bram": 77}
    assert [layer.layer for layer in one(rows, "estimated").layers] == ["dense_config2"]


def test_hls_export() -> None:
    (row,) = vendor.read(REPORTS / "export")
    assert used(row) == {"lut": 4000, "ff": 5000, "dsp": 12, "bram": 3.5, "uram": 0}
    assert (row.clock_mhz, value(row.fmax_mhz), row.reached) == (200, 250, "fitted")


def test_every_fixture_is_read_or_known_to_hold_nothing() -> None:
    rows = vendor.read(REPORTS)
    seen = {report for row in rows for report in row.reports}
    silent = {path.relative_to(REPORTS).as_posix() for path in vendor.reports(REPORTS)} - seen
    assert silent == {
        "accelerator/myproject_vivado_accelerator/project_1.runs/impl_1/design_1_wrapper_drc_routed.rpt",
        "accelerator/myproject_prj/solution1/syn/report/myproject_csynth.rpt",  # inside the AXI shell
        "oneapi/build/myproject.report.prj/reports/resources/json/quartus.ndjson",  # Quartus has not run
        "quartus_standard/output_files/net.flow.rpt",
        "vitis/myproject_prj/solution1/syn/report/csynth_design_size.rpt",
        "vitis/myproject_prj/solution1/syn/report/dense_config2_s_csynth.rpt",  # a module of the top
    }


# ---------------------------------------------------------------- what must not pass

SYN = "vitis/myproject_prj/solution1/syn/report/myproject_csynth.rpt"
UTIL = "vitis/vivado_synth.rpt"
IMPL = "accelerator/myproject_vivado_accelerator/project_1.runs/impl_1"
TIMING = f"{IMPL}/design_1_wrapper_timing_summary_routed.rpt"
FIT = "quartus_standard/output_files/net.fit.rpt"
STA = "quartus_standard/output_files/net.sta.rpt"
CYCLE = "catapult/Catapult/myproject.v1/cycle.rpt"
RTL = "catapult/Catapult/myproject.v1/rtl.rpt"
XML = "vitis/myproject_prj/solution1/syn/report/myproject_csynth.xml"
COSIM = "vitis/myproject_prj/solution1/sim/report/myproject_cosim.rpt"
JS = "intel_hls/myproject-fpga.prj/reports/lib/report_data.js"


@pytest.mark.parametrize(
    ("path", "old", "new", "said", "line"),
    [
        (SYN, "|Total            |", "|Sum              |", "no row Total", 51),
        (SYN, "|    3052|    0|", "|   many|    0|", "'many' is not a number", 65),
        (SYN, "|   LUT  | URAM|\n+-", "|   LCs  | URAM|\n+-", "no column LUT", 51),
        (SYN, "== Utilization Estimates", "== Usage", "no utilization estimates", 89),
        (SYN, "|       41|       57|  0.205 us|", "|       41|  0.205 us|", "6 cells, 7 expected", 32),
        (SYN, "Vitis HLS Report", "Nextgen HLS Report", "unknown format", 4),
        (XML, "</profile>", "", "not complete XML", 50),
        (XML, "<LUT>3052</LUT>", "", "no LUTs", 33),
        (XML, "<LUT>3052<", "<LUT>3k052<", "'3k052' is not a number", 37),
        (XML, "<profile>\n", '<!DOCTYPE x [<!ENTITY a "b">]>\n<profile>\n', "document type", 1),
        (UTIL, "| CLB LUTs*  ", "| ALM LUTs*  ", "no row Slice LUTs", 52),
        (UTIL, "Design State : Optimized", "Design State : Dreamt", "unknown design state 'Dreamt'", 1),
        (UTIL, "Site Type        | Used |", "Site Type        | Busy |", "no column Used", 25),
        (UTIL, "| Command      : report_utilization", "| Ordered : x", "unknown format", 1),
        (TIMING, "| Design Timing Summary", "| Timing", "no design timing summary", 101),
        (TIMING, "clk_fpga_0  {0.000", "other {0.000", "'clk_fpga_0' is not in the clock summary", 1),
        (FIT, "; Successful", "; Failed", "did not succeed", 16),
        (FIT, "; Logic utilization (in ALMs) ", "; Logic                       ", "neither ALMs", 55),
        (FIT, "; 2,100 / 41,910 ( 5 % )   ", "; plenty                   ", "'plenty'", 23),
        (STA, "; Restricted Fmax ;", "; Highest         ;", "no column Restricted Fmax", 34),
        (CYCLE, "Design Total:   ", "Sum:   ", "no line Design Total", 25),
        (RTL, "-- Catapult Ultra", "-- Ultra", "unknown format", 1),
        (COSIM, "Pass|             56|", "Pass|             5x6|", "'5x6'", 11),
        (JS, 'var areaJSON={"columns"', "var areaJSON={'columns'", "variable areaJSON is not JSON", 2),
    ],
)  # fmt: skip
def test_what_is_not_laid_out_as_known_is_refused(
    path: str, old: str, new: str, said: str, line: int, tmp_path: Path
) -> None:
    text = (REPORTS / path).read_text(encoding="utf-8")
    assert old in text
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    target.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(EdgemlError) as refused:
        vendor.read(tmp_path)
    assert said in str(refused.value)
    assert refused.value.where == f"{target}:{line}"


@pytest.mark.parametrize("cut", [0, 0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("path", [SYN, XML, UTIL, FIT, RTL, CYCLE, TIMING])
def test_a_report_cut_short_never_reads_as_less(path: str, cut: float, tmp_path: Path) -> None:
    text = (REPORTS / path).read_text(encoding="utf-8")
    (whole,) = vendor.read(REPORTS / path)
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    target.write_text(text[: int(len(text) * cut)], encoding="utf-8")
    try:
        (row,) = vendor.read(target)
    except EdgemlError:
        return
    # Whatever is still said is what the whole report says; nothing turned into zero.
    for kind, figure in row.total.present().items():
        assert figure == getattr(whole.total, kind)
    assert row.cycles in (None, whole.cycles) and row.fmax_mhz in (None, whole.fmax_mhz)


def test_a_strict_read_refuses_an_unknown_report_until_it_is_skipped(tmp_path: Path) -> None:
    shutil.copytree(REPORTS / "cyclone4", tmp_path / "p")
    (tmp_path / "p/mystery.rpt").write_text("== A report of tomorrow ==\nLUT 0\n", encoding="utf-8")
    with pytest.raises(
        EdgemlError, match=r"unknown format; it begins with '== A report of tomorrow =='"
    ) as e:
        vendor.read(tmp_path)
    assert e.value.where == f"{tmp_path / 'p/mystery.rpt'}:1"
    assert len(vendor.read(tmp_path, ["mystery.rpt"])) == 1
    assert len(vendor.read(tmp_path, ["p/myst*"])) == 1


def test_an_empty_folder_or_none(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="holds no report"):
        vendor.read(tmp_path)
    with pytest.raises(EdgemlError, match="no such folder"):
        vendor.read(tmp_path / "none")


def test_reports_that_disagree_are_noted(tmp_path: Path) -> None:
    shutil.copytree(REPORTS / "vitis/myproject_prj", tmp_path / "p")
    path = tmp_path / "p/solution1/syn/report/myproject_csynth.xml"
    path.write_text(path.read_text(encoding="utf-8").replace("<LUT>3052<", "<LUT>4000<"), encoding="utf-8")
    row = one(vendor.read(tmp_path), "estimated")
    assert used(row)["lut"] == 3052
    assert any(
        "lut: myproject_csynth.rpt says 3052, myproject_csynth.xml says 4000" in note for note in row.notes
    )


def test_a_failed_cosimulation_measured_nothing(tmp_path: Path) -> None:
    text = (REPORTS / COSIM).read_text(encoding="utf-8").replace("|      Pass|", "|      Fail|")
    (tmp_path / "top_cosim.rpt").write_text(text, encoding="utf-8")
    (row,) = vendor.read(tmp_path)
    assert row.cycles is None
    assert row.notes == ("the co-simulation ended with Fail: nothing was measured",)


def test_catapult_without_latency(tmp_path: Path) -> None:
    text = (
        (REPORTS / CYCLE)
        .read_text(encoding="utf-8")
        .replace("1212      25          8", "1212      -1          8")
    )
    (tmp_path / "cycle.rpt").write_text(text, encoding="utf-8")
    (row,) = vendor.read(tmp_path)
    assert row.cycles is None and "Catapult does not know the latency" in row.notes


def test_timing_without_a_clock(tmp_path: Path) -> None:
    text = (REPORTS / TIMING).read_text(encoding="utf-8")
    start = text.index("Clock       Waveform(ns)")
    end = text.index("-----", text.index("  half"))
    text = text[:start] + text[end:]
    start = text.index("Clock             WNS(ns)")
    text = text[:start] + text[text.index("-" * 90, start) :]
    (tmp_path / "t_timing.rpt").write_text(text, encoding="utf-8")
    (row,) = vendor.read(tmp_path)
    assert (row.fmax_mhz, row.clock_mhz) == (None, None)
    assert "no path is constrained by a clock: no frequency can be told" in row.notes
    assert row.reached == "fitted"  # its wires are "routed", though neither head nor name says so

"""Vendor projects through mock tools: tclsh runs their scripts, with stubs that check what they are given."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from edgeml import boards
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.figures import Hardware
from edgeml.files import FileSet
from edgeml.synth.vendors import hls, projects
from edgeml.synth.vendors.projects import project_of, vendor_project
from edgeml.tools import verilator
from tests.synth.top.cores import Net, parallel, stream

MOCKS = Path(__file__).parent / "mocks"
VENDORS = [name for name in boards.names() if boards.load(name).flow.value in ("vivado", "vitis", "quartus")]

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed: apt-get install tcl"),
]


@pytest.fixture
def tools_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{MOCKS}{os.pathsep}{os.environ['PATH']}")


def written(net: Net, folder: Path) -> tuple[Net, Path]:
    files = {name: text.encode() for name, text in net.files.items()}
    FileSet({**files, "edgeml.json": net.manifest.to_json().encode()}).write(folder)
    return net, folder


@pytest.fixture
def verilog(tmp_path: Path) -> tuple[Net, Path]:
    return written(parallel(), tmp_path / "verilog")


def built(verilog: tuple[Net, Path], board: str, folder: Path, **more: object):
    net, path = verilog
    return vendor_project(path, boards.load(board), folder, net.golden, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_board_builds_unattended(
    name: str, verilog: tuple[Net, Path], tmp_path: Path, tools_there: None
) -> None:
    done = built(verilog, name, tmp_path / "out")
    log = next((tmp_path / "out").glob("*.log")).read_text()
    assert "edgeml: done" in log and done.not_run == ""
    fitted = next(row for row in done.hardware if row.reached == "fitted")
    manifest = verilog[0].manifest
    assert fitted.total.lut and fitted.total.ff and fitted.fmax_mhz and fitted.clock_mhz
    assert (fitted.design, fitted.board, fitted.source) == ("verilog", name, "vendor")
    assert (fitted.model, fitted.graph) == (manifest.model, manifest.graph)
    assert fitted.cycles and fitted.cycles.value == manifest.latency
    assert fitted.fmax_mhz.value > fitted.clock_mhz > 0
    assert Hardware.read(tmp_path / "out/vendor-fitted.json") == fitted
    for report in fitted.reports:
        assert (tmp_path / "out" / report).is_file()
    assert (not done.bitstream) == ("out of context" in done.settings)
    if done.bitstream:
        assert (done.project / done.bitstream).is_file()


def test_a_zynq_is_the_network_behind_a_dma(
    verilog: tuple[Net, Path], tmp_path: Path, tools_there: None
) -> None:
    done = built(verilog, "pynq-z2", tmp_path / "out")
    fitted = done.hardware[0]
    # The network's share, not the DMA's and the interconnect's.
    assert fitted.total.lut is not None and fitted.total.lut.value == 2500
    assert [(x.layer, x.usage.lut and x.usage.lut.value) for x in fitted.layers] == [("act", 600)]
    assert "the whole design with what is around the network takes 4000 LUTs" in fitted.notes
    assert fitted.power_w is not None and fitted.power_w.value == 0.5
    for name in ("edgeml.bit", "edgeml.hwh", "edgeml.json", "golden.npz", "edgeml_driver.py"):
        assert (done.project / "drivers/python" / name).is_file()
    manifest = VerilogManifest.read(done.project / "drivers/python")
    assert manifest == verilog[0].manifest
    assert "-DEDGEML_DMA_BASE=0x40400000" in (done.project / "drivers/c/Makefile").read_text()
    assert (
        "0xa0000000"
        in project_of(verilog[1], boards.load("zcu102"), verilog[0].golden).files["build.tcl"].decode()
    )


def test_a_streamed_network_builds_too(tmp_path: Path, tools_there: None) -> None:
    net = written(stream(), tmp_path / "verilog")
    for name in ("pynq-z2", "arty-a7-35t", "vu13p", "de10-nano", "agilex7"):
        done = built(net, name, tmp_path / name)
        assert done.hardware


@pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-")
@pytest.mark.parametrize("name", ["pynq-z2", "arty-a7-35t", "de10-nano", "vu13p"])
def test_what_the_script_reads_is_clean_verilog(name: str, verilog: tuple[Net, Path], tmp_path: Path) -> None:
    done = built(verilog, name, tmp_path / "out", execute=False)
    assert done.not_run == "it was not asked to run"
    script = (done.project / ("edgeml.qsf" if name == "de10-nano" else "build.tcl")).read_text()
    sources = sorted(done.project.glob("rtl/*.v"))
    assert sources and all(f"rtl/{path.name}" in script for path in sources)
    top = {"pynq-z2": f"{verilog[0].manifest.top}_system", "vu13p": verilog[0].manifest.top}
    verilator.lint(sources, top.get(name, "edgeml_board"), tmp_path / "lint.log")


def test_without_the_tool_the_project_is_there_and_nothing_claims_to_have_run(
    verilog: tuple[Net, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"].replace(str(MOCKS), ""))
    done = built(verilog, "pynq-z2", tmp_path / "out")
    assert done.hardware == () and done.bitstream == ""
    assert done.not_run.startswith("vivado is not installed: install Vivado")
    assert (done.project / "build.tcl").is_file()
    assert not list((done.project / "reports").iterdir())
    assert not list((tmp_path / "out").glob("vendor-*.json"))


@pytest.mark.parametrize("board", ["pynq-z2", "vu13p", "de10-nano"])
@pytest.mark.parametrize(
    ("mock", "said"),
    [
        ("dies", "the licence server is on fire"),
        ("hangs", "took longer than 1 s"),
        ("killed", "SIGKILL"),
        ("odd", "unknown format"),
        ("silent", "holds no report|wrote no edgeml.fit.rpt"),
    ],
)
def test_a_tool_that_fails_is_one_clear_error(
    board: str,
    mock: str,
    said: str,
    verilog: tuple[Net, Path],
    tmp_path: Path,
    tools_there: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOCK", mock)
    limit = 1.0 if mock == "hangs" else 60.0
    with pytest.raises(EdgemlError, match=said) as failed:
        built(verilog, board, tmp_path / "out", seconds=limit)
    tool = "quartus" if board == "de10-nano" else "vivado"
    log = tmp_path / f"out/{tool}.log"
    assert str(log) in failed.value.hint and log.is_file()
    assert not list((tmp_path / "out").glob("vendor-*.json"))


@pytest.mark.parametrize(("board", "said"), [("pynq-z2", "did not finish"), ("de10-nano", "170011")])
def test_a_design_that_does_not_fit(
    board: str,
    said: str,
    verilog: tuple[Net, Path],
    tmp_path: Path,
    tools_there: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOCK", "unroutable")
    with pytest.raises(EdgemlError, match=said):
        built(verilog, board, tmp_path / "out")


def test_old_reports_do_not_pass_for_new_ones(
    verilog: tuple[Net, Path], tmp_path: Path, tools_there: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert built(verilog, "vu13p", tmp_path / "out").hardware
    monkeypatch.setenv("MOCK", "silent")
    with pytest.raises(EdgemlError, match="holds no report"):
        built(verilog, "vu13p", tmp_path / "out")


def test_boards_of_other_flows_and_missing_files(verilog: tuple[Net, Path], tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="goes through yosys-ecp5, which has no vendor project"):
        built(verilog, "ulx3s-85f", tmp_path / "out")
    (verilog[1] / verilog[0].manifest.files[0]).unlink()
    with pytest.raises(EdgemlError, match=r"no such file that edgeml\.json lists"):
        built(verilog, "pynq-z2", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("broken", ["rtl", "port", "command"])
def test_the_mock_sees_what_a_tool_would_see(
    broken: str, verilog: tuple[Net, Path], tmp_path: Path, tools_there: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mock is no rubber stamp: a script with a wrong file, port or command fails in it."""
    real = project_of

    def spoiled(*args: object):
        made = real(*args)  # type: ignore[arg-type]
        files = dict(made.files.files)
        text = files["build.tcl"].decode()
        old, new = {
            "rtl": ("rtl/edgeml_collect.v", "rtl/edgeml_collects.v"),
            "port": ("axi_dma_0/M_AXIS_MM2S", "axi_dma_0/M_AXIS_MM2"),
            "command": ("validate_bd_design", "validate_design"),
        }[broken]
        assert old in text
        files["build.tcl"] = text.replace(old, new).encode()
        return made.__class__(**{**made.__dict__, "files": made.files.__class__(files)})

    monkeypatch.setattr(projects, "project_of", spoiled)
    said = {"rtl": "does not exist", "port": "no pin", "command": "invalid command name"}[broken]
    with pytest.raises(EdgemlError, match=said):
        built(verilog, "pynq-z2", tmp_path / "out")


# ---------------------------------------------------------------- hls4ml projects


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An hls4ml project with hls4ml's own scripts."""
    templates = pytest.importorskip("importlib.util").find_spec("hls4ml")
    if templates is None:
        pytest.skip("hls4ml is not installed")
    folder = tmp_path / "hls4ml"
    (folder / "firmware/weights").mkdir(parents=True)
    script = Path(templates.origin).parent / "templates/vitis/build_prj.tcl"
    (folder / "build_prj.tcl").write_text(
        script.read_text(encoding="utf-8").replace("myproject", "myproject"), encoding="utf-8"
    )
    (folder / "project.tcl").write_text(
        'set project_name "myproject"\nset backend "vitis"\nset part "xc7z020clg400-1"\n'
        'set clock_period 5\nset clock_uncertainty 27%\nset version "1.0.0"\nset maximum_size 4096\n',
        encoding="utf-8",
    )
    for name in ("firmware/myproject.cpp", "myproject_test.cpp"):
        (folder / name).write_text("", encoding="utf-8")
    _hls4ml_manifest("Vitis").write(folder / "edgeml.json")
    (folder / "hls4ml_config.yml").write_text("", encoding="utf-8")
    return folder


def _hls4ml_manifest(backend: str) -> Hls4mlManifest:
    return Hls4mlManifest(backend=backend, project="myproject", inputs=(), outputs=(), values=())


def test_an_hls4ml_project_through_vitis_hls(project: Path, tools_there: None) -> None:
    (row,) = hls.build(project, seconds=60)
    assert (row.reached, row.design, row.tool) == ("estimated", "hls4ml", "Vitis HLS 2023.1")
    assert row.total.lut is not None and row.total.lut.value == 3052
    assert "synth      1" in (project / "build_opt.tcl").read_text()
    assert (project / "vitis_hls.log").is_file()


def test_hls_failures(project: Path, tools_there: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK", "dies")
    with pytest.raises(EdgemlError, match="licence server"):
        hls.build(project, seconds=60)
    monkeypatch.setenv("MOCK", "silent")
    with pytest.raises(EdgemlError, match="holds no report"):
        hls.build(project, seconds=60)
    monkeypatch.delenv("MOCK")
    assert hls.build(project, seconds=60)
    for path in project.rglob("*csynth*"):
        os.utime(path, (1.7e9, 1.7e9))  # of an earlier day
    monkeypatch.setenv("MOCK", "silent")
    with pytest.raises(EdgemlError, match="without a new synthesis report"):
        hls.build(project, seconds=60)
    _hls4ml_manifest("oneAPI").write(project / "edgeml.json")
    with pytest.raises(EdgemlError, match="oneAPI backend"):
        hls.build(project)


def test_hls_without_the_tool(project: Path) -> None:
    with pytest.raises(MissingToolError, match="vitis_hls is not installed"):
        hls.build(project)

"""Reports are filed under a run: best figures, every stage, copies of the files; or nothing at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edgeml import vendor
from edgeml.errors import EdgemlError
from edgeml.figures import Hardware
from edgeml.synth.read import _design, _manifests, file_reports
from tests.synth.top.cores import parallel

REPORTS = Path(__file__).parent.parent / "vendor/reports"


@pytest.fixture
def hls(tmp_path: Path) -> Path:
    """An hls4ml project of one part throughout."""
    shutil.copytree(REPORTS / "vitis", tmp_path / "project")
    path = tmp_path / "project/vivado_synth.rpt"
    path.write_text(path.read_text(encoding="utf-8").replace("xcu250-figd2104-2L-e", "7z020clg400-1"))
    return tmp_path / "project"


def test_an_hls4ml_project(hls: Path, tmp_path: Path) -> None:
    rows, _ = file_reports(tmp_path / "run", hls, "pynq-z2", "net", "abc")
    assert [row.reached for row in rows] == ["synthesized", "simulated", "estimated"]
    folder = tmp_path / "run/synth/pynq-z2-hls4ml"
    best = Hardware.read(folder / "result.json")
    assert (best.design, best.board, best.model, best.graph) == ("hls4ml", "pynq-z2", "net", "abc")
    # Synthesis counts the resources; only the simulation counted cycles.
    assert (best.reached, best.total.lut and best.total.lut.value) == ("synthesized", 2500)
    assert best.cycles and best.ii and (best.cycles.value, best.ii.value) == (56, 17)
    assert "cycles from the simulated stage (HLS co-simulation)" in best.notes
    for stage in ("synthesized", "simulated", "estimated"):
        row = Hardware.read(folder / f"vendor-{stage}.json")
        assert row.reached == stage and row.settings
        for report in row.reports:
            assert (folder / "reports" / report).read_bytes() == (hls / report).read_bytes()
    for report in best.reports:
        assert (folder / report).is_file()


def test_the_board_is_found_by_its_part(tmp_path: Path) -> None:
    ((row,), _) = file_reports(tmp_path / "run", shutil_fit(tmp_path, "5CSEBA6U23I7"))
    assert row.board == "de10-nano"
    assert (tmp_path / "run/synth/de10-nano/result.json").is_file()
    ((row,), _) = file_reports(tmp_path / "run", shutil_fit(tmp_path, "5CGXFC9E7F35C8"))
    assert row.board == "" and (tmp_path / "run/synth/5CGXFC9E7F35C8/result.json").is_file()


def test_two_projects_in_one_folder_are_told_apart(tmp_path: Path) -> None:
    """A report of an hls4ml project that nothing marks as one is none of the Verilog that lies beside it."""
    both = tmp_path / "both"
    fit = shutil_fit(both, "5CSEBA6U23I7")
    (fit / "edgeml.json").write_text(parallel().manifest.to_json(), encoding="utf-8")
    shutil.copytree(REPORTS / "vitis", both / "theirs")
    (both / "theirs/hls4ml_config.yml").unlink()
    seen = {row.reports[0]: _design(row, tmp_path / "run", both) for row in vendor.read(both)}
    assert {design for name, design in seen.items() if name.startswith("theirs")} == {"hls4ml"}
    assert {design for name, design in seen.items() if name.startswith(fit.name)} == {"verilog"}


def test_an_hls4ml_manifest_is_no_verilog_whatever_its_values_are_called(tmp_path: Path) -> None:
    (tmp_path / "edgeml.json").write_text('{"schema": 1, "outputs": ["top"]}', encoding="utf-8")
    assert list(_manifests([tmp_path])) == []
    (tmp_path / "edgeml.json").write_text('{"top": ', encoding="utf-8")
    with pytest.raises(EdgemlError, match="not a manifest"):
        list(_manifests([tmp_path]))


def shutil_fit(tmp_path: Path, part: str) -> Path:
    """A Quartus project of the run's own top on a part."""
    folder = tmp_path / part
    shutil.copytree(REPORTS / "quartus_standard", folder)
    for path in folder.rglob("net.*"):
        path.write_text(path.read_text(encoding="utf-8").replace("5CSEBA6U23I7", part), encoding="utf-8")
    (folder / "edgeml.json").write_text("{}", encoding="utf-8")
    return folder


def test_what_is_not_clear_is_refused_and_leaves_nothing(hls: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(EdgemlError, match="several boards have part .*pynq-z1, pynq-z2, zybo-z7-20"):
        file_reports(run, hls)
    with pytest.raises(EdgemlError, match="is of part 7z020clg400-1; zcu102 has xczu9eg-ffvb1156-2-e"):
        file_reports(run, hls, "zcu102")
    with pytest.raises(EdgemlError, match="design 'net' is neither the run's Verilog nor its hls4ml project"):
        file_reports(run, REPORTS / "quartus_standard")
    with pytest.raises(EdgemlError, match="name no part"):
        file_reports(run, REPORTS / "intel_hls")
    (hls / "odd.rpt").write_text("LUTs: plenty\n", encoding="utf-8")
    assert not run.exists()
    rows, (unread,) = file_reports(run, hls, "pynq-z2")
    assert rows and "unknown format" in unread.reason and unread.where == f"{hls / 'odd.rpt'}:1"
    assert file_reports(run, hls, "pynq-z2", skip=["odd.rpt"])[1] == ()


def test_a_verilog_top_is_known_by_its_manifest(tmp_path: Path) -> None:
    verilog = tmp_path / "run/verilog"
    verilog.mkdir(parents=True)
    stream = {"port": "s_axis", "bits": 8, "beats": 1, "values": []}
    manifest = {
        "schema": 1, "model": "m", "graph": "g", "top": "net", "mode": "parallel", "clock_mhz": 100,
        "latency": 1, "interval": 1, "input": stream, "output": stream, "files": ["net.v"],
    }  # fmt: skip
    (verilog / "edgeml.json").write_text(json.dumps(manifest), encoding="utf-8")
    ((row,), _) = file_reports(tmp_path / "run", REPORTS / "quartus_standard")
    assert (row.design, row.board) == ("verilog", "de10-nano")
    assert (tmp_path / "run/synth/de10-nano/vendor-fitted.json").is_file()

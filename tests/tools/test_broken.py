"""Compilers that end well and write nothing, print rubbish, or hang: one error that names the log."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeml import backends
from edgeml.backends.hls4ml import csim
from edgeml.errors import EdgemlError
from edgeml.ir import input_codes
from edgeml.tools import read_log, run
from tests.report.samples import sample_graph, sample_inputs


def program(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def lazy_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A g++ that tells its version and does nothing else."""
    program(tmp_path / "bin", "g++", 'case "$1" in -dump*) echo 12.2.0;; esac; exit 0')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache"))


def test_a_compiler_that_writes_nothing_for_hls4ml(lazy_compiler: None, tmp_path: Path) -> None:
    backend, graph = backends.load("hls4ml"), sample_graph()
    if backend.missing():
        pytest.skip(backend.missing())
    backend.emit(graph).write(tmp_path / "hls4ml")
    codes = input_codes(graph, sample_inputs(3))
    with pytest.raises(EdgemlError, match=r"g\+\+: ended without an error and without simulation") as caught:
        csim.CSimulation().run(tmp_path / "hls4ml", graph, codes)
    assert Path(caught.value.hint.removeprefix("all output is in ")).is_file()


def test_a_compiler_that_writes_nothing_for_verilator(lazy_compiler: None, tmp_path: Path) -> None:
    backend, graph = backends.load("verilog"), sample_graph()
    runner = backend.runners()[0]
    if backend.missing() or runner.available():
        pytest.skip(backend.missing() or runner.available())
    backend.emit(graph).write(tmp_path / "verilog")
    with pytest.raises(EdgemlError, match="ended without an error and without") as caught:
        runner.run(tmp_path / "verilog", graph, input_codes(graph, sample_inputs(3)))
    assert Path(caught.value.hint.removeprefix("all output is in ")).is_file()


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "touch made"]
    run(command, tmp_path, tmp_path / "log", 10)
    with pytest.raises(EdgemlError, match="without made"):
        run(command, tmp_path, tmp_path / "log", 10, writes=[tmp_path / "made"])
    done = run(["/bin/sh", "-c", "echo x > made"], tmp_path, tmp_path / "log", 10, writes=[tmp_path / "made"])
    assert done.code == 0


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="cannot write the log"):
        run(["/bin/true"], tmp_path, tmp_path / "nowhere" / "log", 10)


def test_what_a_program_prints_moves_no_cursor(tmp_path: Path) -> None:
    rubbish = r"\033[2J\033]0;title\007\033[31merror: \377\376\000\007\b\r broken\033[0m\n"
    with pytest.raises(EdgemlError, match="error:") as caught:
        run(["/bin/sh", "-c", f"printf '{rubbish}'; exit 1"], tmp_path, tmp_path / "log", 10)
    assert str(caught.value).isprintable() and "title" not in caught.value.what
    assert b"\x1b[2J" in (tmp_path / "log").read_bytes()  # the log itself is as it was
    assert all(line.isprintable() for line in read_log(tmp_path / "log").splitlines())


def test_an_error_shows_what_does_not_show() -> None:
    error = EdgemlError("a\x1b[2Jb", os.fsdecode(b"\xff.toml"), "x\x07")
    assert str(error).isprintable() and "\\x1b" in str(error) and "\\udcff" in str(error)

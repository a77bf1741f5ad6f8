"""A microcontroller on a serial line: the exported program behind a pseudo terminal, compared by a check."""

from __future__ import annotations

import os
import subprocess
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder
from edgeml.checks.board import Wiring
from edgeml.checks.result import Result
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from tests.backends.contract import small, with_other_weight
from tests.support import needs_tool
from tests.zoo import zoo

pytestmark = [pytest.mark.tool, pytest.mark.slow]


@contextmanager
def plugged_in(folder: Path) -> Iterator[str]:
    """The serial port of the program in a folder."""
    sources = [str(folder / "test" / "serial.c"), str(folder / "src" / "model.c")]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
    program = str(folder / "serial")
    subprocess.run([needs_tool("gcc"), *flags, f"-I{folder}/src", *sources, "-o", program], check=True)
    board, host = os.openpty()
    tty.setraw(host)
    process = subprocess.Popen([program], stdin=board, stdout=board)
    try:
        yield os.ttyname(host)
    finally:
        process.kill()
        process.wait()
        os.close(host)
        os.close(board)


def checked(graph: Graph, run: Path, **wiring: str) -> Result:
    rng = np.random.default_rng(3)
    x = {name: rng.normal(size=(20, *graph.info(name).shape)) for name in graph.inputs}
    golden = vectors.make(graph, x if len(x) > 1 else next(iter(x.values())))
    check = check_folder(run, graph, golden, ["mcu"], wiring=Wiring(**wiring), cover=False)  # pyright: ignore[reportArgumentType]
    (row,) = check.results
    assert row.backend == "mcu"
    return row


@pytest.mark.parametrize("name", ["mlp", "several_inputs_outputs"])
def test_a_right_program_is_exact(name: str, tmp_path: Path) -> None:
    graph = zoo()[name]
    backends.load("c").emit(graph).write(tmp_path / "c")
    with plugged_in(tmp_path / "c") as port:
        row = checked(graph, tmp_path, port=port)
    assert (row.status, row.samples, row.reason) == ("exact", row.samples, "") and row.samples >= 20


def test_another_network_is_not_compared(tmp_path: Path) -> None:
    graph = small()
    backends.load("c").emit(graph).write(tmp_path / "c")
    backends.load("c").emit(with_other_weight(graph)).write(tmp_path / "other")
    with plugged_in(tmp_path / "other") as port:
        row = checked(graph, tmp_path, port=port)
    assert row.status == "not-run" and row.failed and "holds small with the graph" in row.reason


def test_a_weight_that_became_another_is_a_mismatch(tmp_path: Path) -> None:
    graph = small()
    files = backends.load("c").emit(graph)
    files.write(tmp_path / "c")
    damaged = files["src/model.c"].replace(b"-2, 7, 1\n", b"-2, 7, 2\n")
    assert damaged != files["src/model.c"]
    (tmp_path / "c" / "src" / "model.c").write_bytes(damaged)
    with plugged_in(tmp_path / "c") as port:
        row = checked(graph, tmp_path, port=port)
    assert row.status == "mismatch" and "self-test failed" in row.reason


def test_no_line_and_no_export_are_not_run(tmp_path: Path) -> None:
    graph = small()
    assert checked(graph, tmp_path).reason.startswith("no port and no log")
    log = tmp_path / "log"
    log.write_bytes(b"x")
    assert "edgeml export RUN --to c" in checked(graph, tmp_path, log=log).reason  # pyright: ignore[reportArgumentType]
    backends.load("c").emit(graph).write(tmp_path / "c")
    assert "none of a board's frames" in checked(graph, tmp_path, log=log).reason  # pyright: ignore[reportArgumentType]
    with pytest.raises(EdgemlError, match="no such log"):
        checked(graph, tmp_path, log=tmp_path / "none")  # pyright: ignore[reportArgumentType]

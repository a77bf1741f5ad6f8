"""The real Verilog behind a pseudo terminal: `edgeml check --with board --port` against a simulated board."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.boards import load
from edgeml.checks import golden as vectors
from edgeml.checks.board import Wiring, check_board
from edgeml.checks.golden import Golden
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from edgeml.synth.top import emit, simulate
from edgeml.synth.top.harness import HEADERS, HOST
from edgeml.synth.top.rom import DATA
from edgeml.synth.top.simulate import QUICK, program
from edgeml.synth.vectors import Vectors
from edgeml.tools import run, verilator

VERILOG = backends.load("verilog")

pytestmark = [
    pytest.mark.tool,
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(verilator.missing() or VERILOG.missing()), reason=verilator.missing() or VERILOG.missing() or "-"
    ),
]

# Between the simulated line and a pseudo terminal; ends when the file "stop" appears.
SERVE = r"""
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
#include <termios.h>
int main(int argc, char** argv) {
  const int board = posix_openpt(O_RDWR | O_NOCTTY);
  if (board < 0 || grantpt(board) || unlockpt(board)) fail("no pseudo terminal");
  const int keep = open(ptsname(board), O_RDWR | O_NOCTTY);
  termios raw;
  tcgetattr(keep, &raw);
  cfmakeraw(&raw);
  tcsetattr(keep, TCSANOW, &raw);
  fcntl(board, F_SETFL, O_NONBLOCK);
  std::ofstream("name.new") << ptsname(board);
  std::rename("name.new", "name");
  Host host(std::atof(argv[1]));
  while (access("stop", F_OK)) {
    uint8_t bytes[4096];
    const ssize_t count = read(board, bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; ++i) host.send(bytes[i]);
    host.pass(2000);
    if (!host.got.empty() && write(board, host.got.data(), host.got.size()) < 0) fail("write");
    host.got.clear();
  }
  return 0;
}
"""


@contextmanager
def plugged_in(simulation: Path, words: Path, folder: Path) -> Iterator[str]:
    """The device of a simulated board."""
    folder.mkdir()
    shutil.copyfile(words, folder / words.name)
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            run([simulation, str(QUICK)], folder, folder / "log", 120.0)
        except BaseException as error:  # noqa: BLE001  shown by the test
            failures.append(error)

    worker = threading.Thread(target=serve)
    worker.start()
    try:
        until = time.monotonic() + 20
        while not (folder / "name").exists() and worker.is_alive() and time.monotonic() < until:
            time.sleep(0.02)
        yield (folder / "name").read_text()
    finally:
        (folder / "stop").touch()
        worker.join(20)
    assert not failures, failures


def dense() -> tuple[Graph, Golden]:
    rng = np.random.default_rng(3)
    build = Builder("dense")
    value = build.input((5,), FixedType(False, 6, 6))
    weight = build.const(rng.integers(-8, 8, (5, 4)), FixedType(True, 4, 3), "fc.weight")
    value = build.add(MatMul(), value, weight, name="fc")
    graph = build.graph(value)
    return graph, vectors.make(graph, rng.random((30, 5)))


def image() -> tuple[Graph, Golden]:
    """Nine pixels of three channels out: a result of nine beats."""
    rng = np.random.default_rng(4)
    build = Builder("image")
    value = build.input((5, 5, 2), FixedType(False, 4, 4))
    weight = build.const(rng.integers(-4, 4, (3, 3, 2, 3)), FixedType(True, 3, 2), "conv.weight")
    value = build.add(Conv((1, 1), ((0, 0), (0, 0)), (1, 1)), value, weight, name="conv")
    value = build.add(Relu(), value, name="relu")
    graph = build.graph(value)
    return graph, vectors.make(graph, rng.random((12, 5, 5, 2)))


@pytest.mark.parametrize(
    ("made", "mode", "board"), [(dense, "parallel", "icebreaker"), (image, "stream", "ulx3s-85f")]
)
def test_a_simulated_board_on_a_port(made, mode: str, board: str, tmp_path: Path) -> None:
    graph, golden = made()
    folder = tmp_path / "verilog"
    VERILOG.emit(graph, VERILOG.options({"mode": mode})).write(folder)
    manifest, chosen = VerilogManifest.read(folder), load(board)
    assert manifest.mode == mode and (manifest.output.beats > 1) == (mode == "stream")
    top = emit(manifest, chosen, Vectors(golden.inputs, golden.expected))
    top.files.write(folder)
    done = simulate(folder, manifest, chosen, top, Vectors(golden.inputs, golden.expected), runs=3)
    assert (done.vectors, done.runs) == (golden.samples, 3)

    parameters = {"CLOCKS": QUICK, "TIMEOUT": 18, "RESET": 4}
    simulation = program(folder, manifest, chosen, top, parameters, HEADERS + HOST + SERVE)
    log = tmp_path / "board.log"
    with plugged_in(simulation, folder / DATA, tmp_path / "scratch") as port:
        result = check_board(graph, golden, tmp_path, Wiring(port=port, save_log=log))
    assert (result.status, result.samples) == ("exact", golden.samples)
    assert check_board(graph, golden, tmp_path, Wiring(log=log)).status == "exact"

    # The same log against vectors that differ in one integer.
    name = graph.outputs[0]
    codes = golden.expected[name].copy()
    codes[(7, *[0] * (codes.ndim - 1))] += 1
    other = Golden(golden.x, golden.inputs, {name: codes})
    wrong = check_board(graph, other, tmp_path, Wiring(log=log))
    assert (wrong.status, wrong.mismatches) == ("mismatch", 1)

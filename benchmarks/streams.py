"""Networks of MLPerf Tiny's size as Verilog streams: `python -m benchmarks.streams [NETWORK ...]`.

Each is emitted (seconds of the processor, memory), compiled and run by Verilator on 20 samples with stalls
and compared with the reference, and estimated for pynq-z2 and zcu104; with `--fit` layouts are searched for
both, with `--hls4ml` its C simulation in io_stream runs the same samples. Lines of JSON go to standard
output. What a tool is missing for, or a back end refuses, says so.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.tiny import NETWORKS
from edgeml import backends, boards
from edgeml.backend import Runner
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.runner import Simulation
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal, estimate, preflight
from edgeml.figures import Hardware
from edgeml.ir import Graph, evaluate_codes

BOARDS = ("pynq-z2", "zcu104")


def emitted(graph: Graph, folder: Path) -> dict[str, object]:
    """Write the Verilog, and what that took."""
    begin = time.process_time()
    BACKEND.emit(graph, BACKEND.options({})).replace(folder)
    manifest = VerilogManifest.read(folder)
    return {
        "seconds": round(time.process_time() - begin, 1),
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "latency": manifest.latency,
        "interval": manifest.interval,
    }


def compared(graph: Graph, folder: Path, samples: int, runner: Runner) -> str:
    """The verdict of a simulation, with the seconds of the processor for compiling and running it."""
    if runner.available():
        return f"not run: {runner.available()}"
    (name,) = graph.inputs
    info = graph.info(name)
    codes = np.random.default_rng(1).integers(info.lo.min(), info.hi.max() + 1, (samples, *info.shape))
    begin = _seconds()
    found = runner.run(folder, graph, {name: codes})
    took = _seconds() - begin
    expected = evaluate_codes(graph, {name: codes})
    same = all(np.array_equal(found[key], value) for key, value in expected.items())
    return f"{'exact' if same else 'DIFFERS'} on {samples} samples, {took:.0f} s"


def _seconds() -> float:
    """Seconds of the processor, those of ended programs included."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def by_hls4ml(graph: Graph, folder: Path, samples: int) -> str:
    """The verdict of hls4ml's C simulation in io_stream."""
    backend = backends.load("hls4ml")
    try:
        backend.emit(graph, backend.options({"io_type": "io_stream"})).replace(folder)
    except EdgemlError as error:
        return f"refused: {error}"
    return compared(graph, folder, samples, backend.runners()[0])


def figures(hardware: Hardware) -> dict[str, object]:
    """An estimate in short."""
    total = {kind: getattr(hardware.total, kind) for kind in ("lut", "ff", "dsp", "bram")}
    short: dict[str, object] = {
        kind: [figure.low, figure.value, figure.high] for kind, figure in total.items() if figure is not None
    }
    if hardware.cycles is not None and hardware.ii is not None:
        short |= {"cycles": hardware.cycles.value, "ii": hardware.ii.value}
    return short


def on_board(graph: Graph, name: str, fit: bool) -> dict[str, object]:
    """The estimate of the default layout, and of the one that is found."""
    board = boards.load(name)
    result: dict[str, object] = {"default": figures(estimate(graph, board, "verilog"))}
    if fit:
        try:
            found = preflight(graph, board, "verilog", {}, Goal(fit=True))
            result["fit"] = figures(found.estimate)
            result["layout"] = "" if found.solution is None else found.solution.text()
        except EdgemlError as error:
            result["fit"] = str(error)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)}; all")
    parser.add_argument("--fit", action="store_true", help="search layouts that fit both boards")
    parser.add_argument(
        "--hls4ml", action="store_true", help="run hls4ml's C simulation in io_stream as well"
    )
    parser.add_argument("--samples", type=int, default=20, help="samples in simulation; 20")
    given = parser.parse_args()
    for name in given.networks or NETWORKS:
        if name not in NETWORKS:
            parser.error(f"no network {name}; there are {', '.join(NETWORKS)}")
        for key, value in measured(NETWORKS[name](), given.samples, given.fit, given.hls4ml):
            sys.stdout.write(json.dumps({"network": name, key: value}) + "\n")
            sys.stdout.flush()


def measured(graph: Graph, samples: int, fit: bool, hls4ml: bool) -> Iterator[tuple[str, object]]:
    """The facts of one network, as they come."""
    with tempfile.TemporaryDirectory() as folder:
        yield "emission", emitted(graph, Path(folder))
        yield "verilator", compared(graph, Path(folder), samples, Simulation())
    if hls4ml:
        with tempfile.TemporaryDirectory() as folder:
            yield "hls4ml", by_hls4ml(graph, Path(folder), samples)
    for board in BOARDS:
        yield board, on_board(graph, board, fit)


if __name__ == "__main__":
    main()

"""hls4ml's C simulation: the project as it lies on the disk, compiled with g++ and run on integers.

The project's own sources and bridge are compiled together with a small main program, which hands codes
over as doubles (exact up to 53 bits) and writes outputs and inner values back. Nothing is written into the
project.
The program is kept in a cache under a digest of everything it was compiled from; weights are read from the
project at run time, as hls4ml does it.

Invariant: an output is returned as a code of the graph's type, or there is an error.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml import install, tools
from edgeml.backend import Runner, Takes
from edgeml.backends.hls4ml.constants import simulated_text
from edgeml.backends.hls4ml.harness import main_program
from edgeml.backends.hls4ml.manifest import MANIFEST, Hls4mlManifest, LayerValue
from edgeml.backends.hls4ml.planner import DOUBLE_BITS
from edgeml.backends.hls4ml.weights import check_weights
from edgeml.cache import cache_folder
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph
from edgeml.ir.work import products
from edgeml.scratch import scratch_folder
from edgeml.tools import refusal, run, stop

_INCLUDES: Mapping[str, tuple[str, ...]] = {
    "Vitis": ("firmware/ap_types",),
    "Vivado": ("firmware/ap_types",),
    "Quartus": ("firmware/ac_types", "firmware/ap_types"),
    "Catapult": (
        "firmware/ac_types/include",
        "firmware/ac_math/include",
        "firmware/ac_simutils/include",
        "firmware/nnet_utils",
    ),
}
"""hls4ml back ends whose C simulation builds with plain g++, and the folders of their headers."""

_NEEDS = {
    "oneAPI": "its C simulation needs Intel's compiler icpx",
    "Libero": "its C simulation needs the headers of Microchip's SmartHLS",
}

_FLAGS = ("-std=c++17", "-O1", "-w", "-fno-gnu-unique", "-pthread")
"""-O1: measured on a 784-256-64-32-10 MLP, 2.5 s to compile against 3.9 s with -O2, at the same speed."""

SANITIZER = ("-fsanitize=address",)

_COMPILE_SECONDS = 1800.0
_RUN_SECONDS = 3600.0

_GENERATED = "firmware/nnet_utils/nnet_code_gen.h"
_MOST_GENERATED = 1 << 23
"""Bytes of assignments that hls4ml writes for the windows of convolutions in io_parallel: one line for each
window, 10 MB for an image of 224 x 224, where g++ 12 held 1.9 GB after some minutes and had not ended."""

_WORK = 2e9
"""Multiplications of a check, some minutes of the C simulation."""


class CSimulation(Runner):
    """Compiles and runs the project.

    Args:
        sanitized: the address sanitizer ends it at a place outside of an array.
    """

    name: ClassVar[str] = "hls4ml"
    artefact: ClassVar[str] = MANIFEST
    takes: ClassVar[Takes] = Takes.CODES
    samples: ClassVar[int] = 1000

    def __init__(self, sanitized: bool = False) -> None:
        self._flags = SANITIZER if sanitized else ()

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        del failed
        return (CSimulation(sanitized=True),)

    def available(self) -> str:
        if find_spec("hls4ml") is None:
            return f"hls4ml is not installed: {install.command('hls4ml')}"
        tool = tools.load("gxx")
        return "" if tools.find("gxx") else f"g++ is not installed: {tool.install}"

    def most_vectors(self, folder: Path, graph: Graph) -> int:
        return max(1, int(_WORK) // max(1, products(graph)))

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        manifest = Hls4mlManifest.read(folder)
        check_ports(manifest, graph, folder)
        check_weights(folder / "firmware" / "weights")
        program = compiled(folder, manifest, self._flags)
        inner = tuple(port for port in manifest.values if port.value in keep and _shown(graph, port.value))
        values = simulated(program, folder, manifest, graph, inputs, inner)
        return {port.value: _codes(values[port.value], port, graph) for port in (*manifest.outputs, *inner)}


def compiled(folder: Path, manifest: Hls4mlManifest, more: Sequence[str] = ()) -> Path:
    """The simulation program for a project, from the cache or freshly compiled.

    Args:
        folder: of the project.
        manifest: its ports.
        more: flags of the compiler.

    Raises:
        MissingToolError: g++ is missing, this hls4ml back end needs another compiler, or the project is too
            large for one.
        BrokenArtefactError: the project does not compile; names the log.
        EdgemlError: the compiler fails otherwise.
    """
    if manifest.backend not in _INCLUDES:
        reason = _NEEDS.get(manifest.backend, "it has no C simulation that edgeml knows")
        raise MissingToolError(
            f"{manifest.backend}: {reason}", str(folder), "check the Vitis project instead"
        )
    generated = folder / _GENERATED
    if generated.is_file() and generated.stat().st_size > _MOST_GENERATED:
        raise MissingToolError(
            f"hls4ml wrote {generated.stat().st_size >> 20} MB of windows for convolutions of a whole image "
            "at once, which no C simulation compiles in reasonable time",
            str(folder),
            "edgeml export RUN --to hls4ml --io-type io_stream",
        )
    gxx = tools.need("gxx")
    inputs = [port.size for port in manifest.inputs]
    main = main_program(manifest.project, inputs, _distinct_sizes(manifest), manifest.backend == "Quartus")
    flags = (*_FLAGS, *more, *(f"-I{path}" for path in ("", *_INCLUDES[manifest.backend])))
    digest = _digest(folder, (main, " ".join(flags), gxx.version))
    program = cache_folder("hls4ml") / digest / "simulation"
    if program.is_file():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(program.parent) as scratch:
        source, target = Path(scratch) / "main.cpp", Path(scratch) / "simulation"
        source.write_text(main)
        includes = [f"-I{folder.resolve() / path}" for path in ("", "firmware", *_INCLUDES[manifest.backend])]
        command = [gxx.path, *_FLAGS, *more, *includes, source, "-o", target]
        log = program.parent / "compile.log"
        done = run(command, Path(scratch), log, _COMPILE_SECONDS, check=False, writes=[target])
        if done.code:
            raise refusal(done)
        target.replace(program)  # atomic: two checks may compile the same project at once
    return program


def simulated(
    program: Path,
    folder: Path,
    manifest: Hls4mlManifest,
    graph: Graph,
    inputs: Mapping[str, IntArray],
    inner: Sequence[LayerValue] = (),
) -> dict[str, NDArray[np.float64]]:
    """Run the program on codes; values (samples, size) of the outputs and of `inner` by graph value.

    Raises:
        BrokenArtefactError: the sanitizer or a fault of its own ends it.
        EdgemlError: the program fails otherwise, or wrote something else than asked.
    """
    samples = len(inputs[manifest.inputs[0].value])
    with scratch_folder() as scratch:
        data = [
            to_float(np.asarray(inputs[p.value], np.int64), graph.info(p.value).type.frac).reshape(
                samples, p.size
            )
            for p in manifest.inputs
        ]
        np.concatenate(data, axis=1).astype("<f8").tofile(Path(scratch) / "in")
        layers = list(dict.fromkeys(p.layer for p in inner))
        sizes = {p.layer: p.size for p in inner}
        words = [word for layer in layers for word in (layer, str(sizes[layer]))]
        log = program.parent / f"run-{os.getpid()}.log"
        weights = str((folder / "firmware" / "weights").resolve())
        done = run(
            [program, "in", "out", str(samples), *words],
            Path(scratch),
            log,
            _RUN_SECONDS,
            {"EDGEML_WEIGHTS": weights, "ASAN_OPTIONS": "detect_leaks=0"},
            check=False,
            writes=[Path(scratch) / "out"] if samples else (),
        )
        if done.code:
            raise stop(done)
        log.unlink(missing_ok=True)
        doubles = np.fromfile(Path(scratch) / "out", "<f8")
    outputs = list(dict.fromkeys(p.layer for p in manifest.outputs))
    sizes |= {p.layer: p.size for p in manifest.outputs}
    # An output may be kept as well: it is then written twice, once by the bridge and once by the trace.
    columns = [(layer, True) for layer in outputs] + [(layer, False) for layer in layers]
    width = sum(sizes[layer] for layer, _ in columns)
    if doubles.size != samples * width:
        raise EdgemlError(
            f"the simulation wrote {doubles.size} numbers, {samples * width} expected", str(folder)
        )
    table = doubles.reshape(samples, width)
    parts: dict[tuple[str, bool], NDArray[np.float64]] = {}
    start = 0
    for layer, is_output in columns:
        parts[layer, is_output] = table[:, start : start + sizes[layer]]
        start += sizes[layer]
    result = {p.value: parts[p.layer, False] for p in inner}
    return result | {p.value: parts[p.layer, True] for p in manifest.outputs}


def check_ports(manifest: Hls4mlManifest, graph: Graph, folder: Path) -> None:
    """Compare the ports of a project with the graph.

    Raises:
        EdgemlError: a port differs.
    """
    for kind, ports, names in (
        ("inputs", manifest.inputs, graph.inputs),
        ("outputs", manifest.outputs, graph.outputs),
    ):
        if sorted(port.value for port in ports) != sorted(set(names)):
            raise EdgemlError(
                f"has the {kind} {', '.join(p.value for p in ports)}, the graph has {', '.join(names)}",
                str(folder),
                "export again",
            )
    for port in (*manifest.inputs, *manifest.outputs, *manifest.values):
        info = graph.infos.get(port.value)
        if info is None:
            continue  # inside an expanded composite op: it has no name in the graph
        if (info.shape, info.frac) != (port.shape, port.frac):
            raise EdgemlError(
                f"holds shape {port.shape} with {port.frac} fractional bits, the graph {info}",
                f"{folder}, {port.value}",
                "export again",
            )


def _shown(graph: Graph, value: str) -> bool:
    """True if a trace of doubles holds the value exactly; the emitter refuses wider ports."""
    return graph.info(value).magnitude < 1 << DOUBLE_BITS


def _codes(values: NDArray[np.float64], port: LayerValue, graph: Graph) -> IntArray:
    info = graph.info(port.value)
    codes = np.ldexp(values.reshape(-1, *info.shape), np.asarray(info.type.frac, np.int32))
    rounded = np.rint(codes)
    if not np.array_equal(codes, rounded) or np.any(np.abs(codes) > 2.0**62):
        raise EdgemlError(
            f"the project's values are no multiples of 2^-{info.frac}: its type is not {info.type}",
            port.value,
        )
    return rounded.astype(np.int64)


def _distinct_sizes(manifest: Hls4mlManifest) -> list[int]:
    return list({port.layer: port.size for port in manifest.outputs}.values())


def _digest(folder: Path, extra: Sequence[str]) -> str:
    """Over everything that is compiled: sources and headers with their names, flags, compiler.

    The numbers of weights are read when it runs.
    """
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".cpp", ".h", ".hpp", ".tb", ".def") and path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + b"\0")
            total.update(simulated_text(read_bytes(path, "source of the project")) + b"\0")
    for text in extra:
        total.update(text.encode() + b"\0")
    return total.hexdigest()[:32]

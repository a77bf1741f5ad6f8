"""Cycle-accurate simulation of the Verilog as it lies on the disk, compiled by Verilator.

Invariant: an output is a code of the graph's type read from the lanes that the manifest states, after latency
and interval were measured and found as promised, or there is an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.backend import Runner, Takes
from edgeml.backends.verilog.harness import MAIN, UNREADABLE
from edgeml.backends.verilog.manifest import MANIFEST, Lanes, Stream, VerilogManifest
from edgeml.backends.verilog.probe import inner_values
from edgeml.errors import BrokenArtefactError, EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.scratch import scratch_folder
from edgeml.tools import Completed, failure, run, verilator

_SECONDS = 3600.0

_CLOCKS = 10_000_000
"""Clocks between the samples of a check: a minute or two for a network of some hundred thousand weights."""

_ERROR = "error: "


class Undriven(IntEnum):
    """The value of bits that nothing drives, and of registers at the start, by Verilator's numbers."""

    LOW = 0
    HIGH = 1
    RANDOM = 2


class Simulation(Runner):
    """Compiles and runs the Verilog.

    Args:
        stalls: random gaps on both streams and a reset in mid-stream before the samples.
        seed: of the stalls and of the random values in unused bits.
        promised: another latency or interval than edgeml.json has is an error.
        undriven: the value of bits that nothing drives.
        optimized: False for a program that is there three times as soon and takes longer for each sample.
        warnings: Verilator may warn of the text.
    """

    name: ClassVar[str] = "verilator"
    artefact: ClassVar[str] = MANIFEST
    takes: ClassVar[Takes] = Takes.CODES
    samples: ClassVar[int] = 1000

    def __init__(
        self,
        stalls: bool = True,
        seed: int = 0,
        promised: bool = True,
        undriven: Undriven = Undriven.LOW,
        optimized: bool = True,
        warnings: bool = False,
    ) -> None:
        self._stalls, self._seed = stalls, seed
        self._promised, self._undriven = promised, undriven
        self._optimized, self._warnings = optimized, warnings

    def available(self) -> str:
        return verilator.missing()

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        return tuple(
            Simulation(promised=False, undriven=bits, optimized=self._optimized, warnings=failed)
            for bits in (Undriven.LOW, Undriven.HIGH, Undriven.RANDOM)
        )

    def unoptimized(self) -> Simulation:
        return Simulation(self._stalls, self._seed, self._promised, self._undriven, False, self._warnings)

    def most_vectors(self, folder: Path, graph: Graph) -> int:
        return max(1, _CLOCKS // max(1, VerilogManifest.read(folder).interval))

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        manifest = VerilogManifest.read(folder)
        check_ports(manifest, graph, folder)
        sources = [folder / name for name in manifest.files]
        for path in sources:
            if not path.is_file():
                raise EdgemlError("a file that edgeml.json lists is missing", str(path), "export again")
        program = verilator.simulation(sources, manifest.top, MAIN, self._optimized, self._warnings)
        samples = len(inputs[graph.inputs[0]])
        if not samples:
            return {v.value: np.zeros((0, *v.shape), np.int64) for v in manifest.output.values}
        words = pack(manifest.input, inputs, np.random.default_rng(self._seed))
        source, sink = manifest.input, manifest.output
        with scratch_folder() as name:
            scratch = Path(name)
            words.tofile(scratch / "in")
            numbers = (
                samples,
                source.bits,
                source.beats,
                sink.bits,
                sink.beats,
                manifest.latency,
                manifest.interval,
            )
            flags = (int(self._stalls), self._seed, int(self._promised), self._undriven)
            arguments = [str(n) for n in (*numbers, *flags)]
            log = program.parent / f"run-{os.getpid()}.log"
            command = [program, "in", "out", *arguments]
            done = run(command, scratch, log, _SECONDS, check=False, writes=[scratch / "out"])
            if done.code:
                raise _failed(done)
            log.unlink(missing_ok=True)
            raw = np.fromfile(scratch / "out", "<u4")
        outputs = unpack(sink, raw.reshape(samples, sink.beats, -1))
        inner = [name for name in keep if name not in outputs]
        return outputs | (inner_values(sources, manifest, graph, inputs, words, inner) if inner else {})


def _failed(done: Completed) -> EdgemlError:
    """The error for a simulation that did not come to its end."""
    line = next((line for line in done.output.splitlines() if line.startswith(_ERROR)), "")
    if not line or line.removeprefix(_ERROR) in UNREADABLE:
        return failure(done)
    return BrokenArtefactError(line.removeprefix(_ERROR), "simulation", f"all output is in {done.log}")


def pack(stream: Stream, codes: Mapping[str, IntArray], rng: np.random.Generator) -> NDArray[np.uint32]:
    """Beats as little-endian words, shape (samples, beats, words); unused bits of lanes are random.

    Args:
        stream: the port.
        codes: (samples, *shape) by value.
        rng: for the unused bits.
    """
    parts: list[NDArray[np.uint8]] = []
    for lanes in stream.values:
        value = codes[lanes.value]
        table = value.reshape(len(value), stream.beats, lanes.elements).astype(np.int64).view(np.uint64)
        mask = np.uint64((1 << lanes.width) - 1)
        noise = rng.integers(0, 2**64, table.shape, np.uint64, endpoint=False)
        mixed = (table & mask) | (noise & ~mask)
        parts.append(mixed.astype(f"<u{lanes.lane // 8}").view(np.uint8))
    data = np.concatenate(parts, axis=-1)
    padded = np.zeros((*data.shape[:2], -(-data.shape[2] // 4) * 4), np.uint8)
    padded[..., : data.shape[2]] = data
    return padded.view("<u4")


def unpack(stream: Stream, words: NDArray[Any]) -> dict[str, IntArray]:
    """Codes (samples, *shape) by value from beats; whole lanes are read: their upper bits must be right."""
    data = np.ascontiguousarray(words.astype("<u4")).view(np.uint8)
    return {lanes.value: _codes(lanes, data) for lanes in stream.values}


def _codes(lanes: Lanes, data: NDArray[np.uint8]) -> IntArray:
    start, size = lanes.offset // 8, lanes.elements * lanes.lane // 8
    kind = f"<{'i' if lanes.signed else 'u'}{lanes.lane // 8}"
    table = np.ascontiguousarray(data[..., start : start + size]).view(kind)
    return table.reshape(len(data), *lanes.shape).astype(np.int64)


def check_ports(manifest: VerilogManifest, graph: Graph, folder: Path) -> None:
    """Refuse a manifest whose inputs and outputs are not those of a graph.

    Raises:
        EdgemlError: they are not; names the value.
    """
    for kind, stream, names in (
        ("inputs", manifest.input, graph.inputs),
        ("outputs", manifest.output, graph.outputs),
    ):
        values = [lanes.value for lanes in stream.values]
        if values != list(names):
            raise EdgemlError(
                f"has the {kind} {', '.join(values)}, the graph has {', '.join(names)}",
                str(folder),
                "export again",
            )
        for lanes in stream.values:
            info = graph.info(lanes.value)
            fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1)
            same = np.array_equal(np.broadcast_to(np.asarray(lanes.frac), fracs.shape), fracs)
            if info.shape != lanes.shape or not same or info.type.signed != lanes.signed:
                raise EdgemlError(
                    f"holds another type than {info}", f"{folder}, {lanes.value}", "export again"
                )

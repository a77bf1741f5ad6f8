"""The C as it lies on the disk, compiled with the warnings and sanitizers of gcc or clang, and run on codes.

Invariant: an output is a code that the program wrote, without an access out of bounds, an overflow of a
signed number or a shift beyond its width on the way; or there is an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.backend import Runner, Takes
from edgeml.backends.c.compilers import COMPILERS, SANITIZERS, checked_compiler, no_compiler
from edgeml.backends.c.harness import main_program
from edgeml.backends.c.ports import MANIFEST, CManifest, CPort
from edgeml.cache import cache_folder, digest
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.scratch import scratch_folder
from edgeml.tools import refusal, run, stop

FLAGS = (
    *("-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"),
    *SANITIZERS,
)
PLAIN = ("-std=c99", "-O1", "-w", *SANITIZERS)
"""Flags for what a proof compiles: a program is not wrong because of a warning."""

_COMPILE_SECONDS = 600.0
RUN_SECONDS = 3600.0


class HostProgram(Runner):
    """Compiles and runs the program.

    Args:
        compilers: names of tools, best first; the first that is installed is used.
        warnings: a warning of the compiler is an error.
    """

    name: ClassVar[str] = "c"
    artefact: ClassVar[str] = MANIFEST
    takes: ClassVar[Takes] = Takes.CODES

    def __init__(self, compilers: Sequence[str] = COMPILERS, warnings: bool = True) -> None:
        self._compilers, self._warnings = tuple(compilers), warnings

    def available(self) -> str:
        return no_compiler(self._compilers)

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        return (HostProgram(self._compilers, warnings=False),) if failed and self._warnings else ()

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        manifest = CManifest.read(folder / MANIFEST)
        check_ports(manifest, graph, folder)
        program = self._compiled(folder, manifest)
        numbers = [i for i, one in enumerate(manifest.traced) if one.value in keep]
        columns = [*manifest.outputs, *(manifest.traced[i] for i in numbers)]
        samples = len(inputs[graph.inputs[0]])
        if not samples:
            return {one.value: np.zeros((0, *one.shape), np.int64) for one in columns}
        with scratch_folder() as scratch:
            (scratch / "in").write_bytes(packed(manifest.inputs, inputs))
            log = program.parent / f"run-{os.getpid()}.log"
            words = ["in", "out", str(samples), *map(str, numbers)]
            done = run([program, *words], scratch, log, RUN_SECONDS, check=False, writes=[scratch / "out"])
            if done.code:
                raise stop(done)
            log.unlink(missing_ok=True)
            return written(scratch / "out", columns, samples, str(folder))

    def _compiled(self, folder: Path, manifest: CManifest) -> Path:
        """The program, from the cache or freshly compiled.

        Raises:
            MissingToolError: there is no compiler.
            BrokenArtefactError: it does not compile; names the log.
            EdgemlError: the compiler fails otherwise.
        """
        files = {name: read_source(folder / name) for name in (*manifest.sources, *manifest.headers)}
        flags = FLAGS if self._warnings else PLAIN
        return compiled(files, main_program(manifest), self._compilers, flags)


def compiled(
    files: Mapping[str, bytes],
    main: str,
    compilers: Sequence[str] = COMPILERS,
    flags: Sequence[str] = FLAGS,
) -> Path:
    """A program, from the cache or freshly compiled.

    Args:
        files: by their place.
        main: the file that is compiled; it includes the others.
        compilers: names of tools, best first.
        flags: of the compiler.

    Raises:
        MissingToolError: there is no compiler.
        BrokenArtefactError: it does not compile; names the log.
        EdgemlError: the compiler fails otherwise, or a warning is taken for an error.
    """
    tool = checked_compiler(compilers)
    named = [part for name, content in files.items() for part in (name, content)]
    key = digest([*named, main, *flags, str(tool.path), tool.version])
    program = cache_folder("c") / key / "program"
    if program.is_file():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(program.parent) as scratch:
        for name, content in files.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).write_bytes(content)
        (scratch / "main.c").write_text(main)
        command = [tool.path, *flags, "-Isrc", "-I.", "main.c", "-o", "program"]
        target = scratch / "program"
        log = program.parent / "compile.log"
        done = run(command, scratch, log, _COMPILE_SECONDS, check=False, writes=[target])
        if done.code:
            raise refusal(done)
        target.replace(program)  # atomic: two checks may compile the same program at once
    return program


def read_source(path: Path) -> bytes:
    """A file of the program.

    Raises:
        EdgemlError: it is missing or cannot be read.
    """
    if not path.is_file():
        raise EdgemlError("a file that edgeml.json lists is missing", str(path), "export again")
    return read_bytes(path, "source of the C project")


def packed(ports: Sequence[CPort], codes: Mapping[str, IntArray]) -> bytes:
    """Codes (samples, *shape) by value as the memory of the program, sample by sample, little-endian."""
    parts = [
        np.ascontiguousarray(codes[one.value].reshape(len(codes[one.value]), -1).astype(_dtype(one))).view(
            np.uint8
        )
        for one in ports
    ]
    return np.concatenate(parts, axis=1).tobytes()


def written(path: Path, ports: Sequence[CPort], samples: int, where: str) -> dict[str, IntArray]:
    """Codes (samples, *shape) by value in the file that the program wrote.

    Raises:
        EdgemlError: it cannot be read, or holds another number of samples.
    """
    codes = unpacked(ports, read_bytes(path, "output of the program"), where)
    there = len(codes[ports[0].value])
    if there != samples:
        raise EdgemlError(f"the program wrote {there} samples of {samples}", where)
    return codes


def unpacked(ports: Sequence[CPort], data: bytes, where: str) -> dict[str, IntArray]:
    """Codes (samples, *shape) by value from the memory of the program.

    Raises:
        EdgemlError: these are not the bytes of whole samples.
    """
    sizes = [one.size * one.item_bytes for one in ports]
    if len(data) % sum(sizes):
        raise EdgemlError(f"the program wrote {len(data)} bytes, samples of {sum(sizes)} expected", where)
    table = np.frombuffer(data, np.uint8).reshape(-1, sum(sizes))
    ends = np.cumsum(sizes)
    return {
        one.value: np.ascontiguousarray(table[:, end - size : end])
        .view(_dtype(one))
        .reshape(len(table), *one.shape)
        .astype(np.int64)
        for one, size, end in zip(ports, sizes, ends, strict=True)
    }


def _dtype(one: CPort) -> str:
    return f"<{'i' if one.kind.signed else 'u'}{one.item_bytes}"


def check_ports(manifest: CManifest, graph: Graph, folder: Path) -> None:
    """Refuse a program whose inputs and outputs are not the graph's.

    Raises:
        EdgemlError: names, shapes or types differ.
    """
    for kind, ports, names in (
        ("inputs", manifest.inputs, graph.inputs),
        ("outputs", manifest.outputs, graph.outputs),
    ):
        values = [one.value for one in ports]
        if values != list(names):
            raise EdgemlError(
                f"has the {kind} {', '.join(values)}, the graph has {', '.join(names)}",
                str(folder),
                "export again",
            )
        for one in ports:
            info = graph.info(one.value)
            fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1)
            stated = np.asarray(one.frac)
            same = stated.size in (1, fracs.size) and bool(np.all(stated == fracs))
            if info.shape != one.shape or not same or info.type.signed != one.signed:
                raise EdgemlError(f"holds another type than {info}", f"{folder}, {one.value}", "export again")

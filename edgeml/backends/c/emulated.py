"""The C as it lies on the disk, compiled for a microcontroller's core and run on a machine emulated by QEMU.

Invariant: an output is a code that the emulated program wrote, in the order of the samples; or there is an
error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.backend import Runner, Takes
from edgeml.backends.c.largest import largest_layer, largest_text, widest_layer, widest_text
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.runner import check_ports, packed, unpacked
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.mcus.cores import McuCore
from edgeml.mcus.emulate import emulate
from edgeml.mcus.program import ModelSources, TooLargeError, build, missing


class EmulatedProgram(Runner):
    """Compiles the program for a core and runs it under QEMU; see `on_core`.

    Args:
        core: the core.
    """

    artefact: ClassVar[str] = MANIFEST
    takes: ClassVar[Takes] = Takes.CODES
    samples: ClassVar[int] = 1000

    def __init__(self, core: McuCore) -> None:
        self.core = core

    def available(self) -> str:
        return missing(self.core)

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        manifest = CManifest.read(folder / MANIFEST)
        check_ports(manifest, graph, folder)
        _, program = linked(self.core, folder, manifest, graph)
        samples = len(inputs[graph.inputs[0]])
        if not samples:
            return {one.value: np.zeros((0, *one.shape), np.int64) for one in manifest.outputs}
        done = emulate(self.core, program, packed(manifest.inputs, inputs), samples)
        if done.samples != samples:
            raise EdgemlError(f"ran {done.samples} samples of {samples}", self.core.name, str(program))
        return unpacked(manifest.outputs, done.output, str(folder))


def on_core(core: McuCore) -> Runner:
    """The runner for a core, named after it."""

    class OnCore(EmulatedProgram):
        """Runs the program on one core."""

        name: ClassVar[str] = core.name

    return OnCore(core)


def linked(core: McuCore, folder: Path, manifest: CManifest, graph: Graph) -> tuple[ModelSources, Path]:
    """The C of a project and the program that was linked from it.

    Raises:
        MissingToolError: the compiler is missing.
        EdgemlError: a file is missing, or it does not compile (names the log), or the machine is too small
            for it (names the bytes that are missing and the layer that takes most).
    """
    model = model_sources(folder, manifest)
    try:
        return model, build(core, model)
    except TooLargeError as error:
        most = [error.what]
        if error.lacks_flash:
            most.append(largest_text(*largest_layer(model.sources), "constants"))
        if error.lacks_ram:
            most.append(widest_text(*widest_layer(graph)))
        raise EdgemlError("; ".join(most), error.where, error.hint) from None


def model_sources(folder: Path, manifest: CManifest) -> ModelSources:
    """The C of a project, as the harness of emulated machines takes it.

    Raises:
        EdgemlError: a file that the manifest lists is missing.
    """
    files = [folder / name for name in (*manifest.sources, *manifest.headers)]
    for path in files:
        if not path.is_file():
            raise EdgemlError("a file that edgeml.json lists is missing", str(path), "export again")
    sources = tuple(files[: len(manifest.sources)])
    headers = tuple(files[len(manifest.sources) :])
    return ModelSources(sources, sources[0].resolve().parent, headers, calls(manifest))


def calls(manifest: CManifest) -> str:
    """The header with the buffers of a program and the functions that fill and empty them."""
    prefix = manifest.prefix
    buffers = "\n".join(
        f"static {prefix}_{one.name}_t port_{one.name}[{one.size}];"
        for one in (*manifest.inputs, *manifest.outputs)
    )
    reads = " || ".join(f"edgeml_read(port_{one.name}, sizeof port_{one.name})" for one in manifest.inputs)
    writes = " || ".join(f"edgeml_write(port_{one.name}, sizeof port_{one.name})" for one in manifest.outputs)
    arguments = ", ".join(f"port_{one.name}" for one in (*manifest.inputs, *manifest.outputs))
    return _CALLS.format(
        header=Path(manifest.headers[0]).name,
        buffers=buffers,
        reads=reads,
        writes=writes,
        call=f"{prefix}_run({arguments})",
    )


_CALLS = """\
#include "{header}"

{buffers}

static inline int32_t edgeml_read_inputs(void)
{{
    return {reads};
}}

static inline int32_t edgeml_write_outputs(void)
{{
    return {writes};
}}

static inline int edgeml_call(void)
{{
    return {call};
}}
"""

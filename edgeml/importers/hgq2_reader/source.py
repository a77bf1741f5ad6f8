"""An imported HGQ2 model in its own framework, which has a Python of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from edgeml.archives import read_npz
from edgeml.errors import MissingToolError
from edgeml.files import read_bytes
from edgeml.importers.base import Floats, SourceModel
from edgeml.ir import Graph
from edgeml.scratch import scratch_folder
from edgeml.tools import run

VARIABLE = "EDGEML_HGQ2_PYTHON"
"""Names the Python that has HGQ2; scripts/hgq2-environment makes one."""

_SECONDS = 600.0


class Hgq2Source(SourceModel):
    """HGQ2's own layers, in float32.

    Args:
        content: the archive.
        graph: what was read from it.
    """

    title = "HGQ2, float32"

    def __init__(self, content: bytes, graph: Graph) -> None:
        self._content, self._graph = content, graph
        self.values = graph.outputs

    def missing(self) -> str:
        python = os.environ.get(VARIABLE, "")
        if not python:
            return f"HGQ2 has an environment of its own: name its Python in {VARIABLE}"
        return "" if os.access(python, os.X_OK) else f"{VARIABLE} names {python}, which is no program"

    def run(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats]:
        del keep
        if self.missing():
            raise MissingToolError(self.missing(), self.title)
        with scratch_folder() as name:
            folder = Path(name)
            (folder / "model.keras").write_bytes(self._content)
            inputs = [np.asarray(x[each], np.float32) for each in self._graph.inputs]
            np.savez(folder / "samples.npz", *inputs)
            script = folder / "foreign.py"  # alone: modules beside it would hide those of HGQ2
            script.write_bytes(read_bytes(Path(__file__).with_name("foreign.py"), "script"))
            files = [str(folder / part) for part in ("model.keras", "samples.npz", "results.npz")]
            command = [os.environ[VARIABLE], script, *files]
            run(command, folder, folder / "log", _SECONDS, writes=[folder / "results.npz"])
            results = read_npz(folder / "results.npz", "results of HGQ2")
        return {name: results[f"arr_{place}"] for place, name in enumerate(self._graph.outputs)}

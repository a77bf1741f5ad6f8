"""One attempt to find a difference, and the file that replays it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import backends
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes, saved

REFUSED = "refused"
EXACT = "exact"


class DifferenceError(AssertionError):
    """Integers differ."""


@dataclass(frozen=True)
class Failure:
    """A graph and codes for which a back end's integers differ from the reference's."""

    backend: str
    options: Mapping[str, Any]
    graph: Graph
    inputs: Mapping[str, IntArray]
    message: str

    def save(self, folder: Path) -> Path:
        """Write graph.json, graph.npz, codes.npz, what.txt into a folder of their own; the folder."""
        target = folder / f"{self.backend}-{self.graph.digest[:8]}"
        saved.save(self.graph).write(target)
        np.savez(target / "codes.npz", **dict(self.inputs))  # pyright: ignore[reportArgumentType]  # numpy's stub takes the names for its own options
        lines = [
            self.backend,
            *(f"{key}={value}" for key, value in self.options.items()),
            "",
            self.message,
            "",
        ]
        (target / "what.txt").write_text("\n".join([*lines, str(self.graph), ""]), encoding="utf-8")
        return target


def attempt(backend: str, options: Mapping[str, Any], graph: Graph, inputs: Mapping[str, IntArray]) -> str:
    """Emit, run and compare one graph.

    Returns:
        "exact", or "refused" if the back end says it cannot express the graph.

    Raises:
        DifferenceError: integers differ; the first one is told.
    """
    target = backends.load(backend)
    chosen = target.options(options)
    if target.refusals(graph, chosen):
        return REFUSED
    expected = evaluate_codes(graph, inputs)
    with tempfile.TemporaryDirectory(prefix="edgeml-fuzz-") as name:
        folder = Path(name)
        target.emit(graph, chosen).write(folder)
        for runner in target.runners():
            got = runner.run_codes(folder, graph, inputs)
            for output, codes in expected.items():
                apart = np.argwhere(got[output] != codes)
                if apart.size:
                    first = tuple(int(i) for i in apart[0])
                    raise DifferenceError(
                        f"{runner.name}: {output}{list(first)} is {got[output][first]}, "
                        f"expected {codes[first]}"
                    )
    return EXACT


def replay(folder: Path) -> str:
    """Try a saved failure again.

    Raises:
        DifferenceError: it still differs.
    """
    backend, *rest = (folder / "what.txt").read_text(encoding="utf-8").splitlines()
    options = dict(line.split("=", 1) for line in rest[: rest.index("")])
    with np.load(folder / "codes.npz", allow_pickle=False) as archive:
        inputs = {name: archive[name].astype(np.int64) for name in archive.files}
    return attempt(backend, options, saved.load(folder), inputs)

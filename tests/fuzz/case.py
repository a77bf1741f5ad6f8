"""One attempt to find a difference, and the file that replays it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import backends
from edgeml.backend import Takes
from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph, evaluate_codes, input_codes, saved

REFUSED = "refused"
EXACT = "exact"


class DifferenceError(AssertionError):
    """Integers differ."""


def floats_near(graph: Graph, codes: Mapping[str, IntArray], seed: int) -> dict[str, NDArray[np.float32]]:
    """Floats off the grid around codes: ties, their neighbours, values beyond both bounds, negative zero.

    Args:
        graph: whose inputs they are.
        codes: (samples, *shape) by input name.
        seed: of what becomes of which element; an element may stay on the grid.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, NDArray[np.float32]] = {}
    for name, given in codes.items():
        kind = graph.info(name).type
        plain = np.float32(to_float(given, kind.frac))
        tie = np.float32(to_float(2 * given + rng.choice([-1, 1], given.shape), np.asarray(kind.frac) + 1))
        span = np.float32(to_float(np.asarray(kind.hi - kind.lo + 1), kind.frac))
        kinds = [
            plain,
            tie,
            np.nextafter(tie, np.float32(np.inf)),
            np.nextafter(tie, np.float32(-np.inf)),
            plain + span,
            plain - span,
            np.full_like(plain, -0.0),
        ]
        found[name] = np.choose(rng.integers(0, len(kinds), given.shape), kinds).astype(np.float32)
    return found


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
    """Emit, run and compare one graph: on the codes, and, what takes floats, on floats off the grid as well.

    The floats follow from the codes, so that a saved failure needs no others.

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
            _same(runner.name, runner.run_codes(folder, graph, inputs), expected)
            if runner.takes is Takes.FLOATS:
                x = floats_near(graph, inputs, sum(int(codes.sum()) for codes in inputs.values()) & 0xFFFF)
                wanted = evaluate_codes(graph, input_codes(graph, x))
                _same(f"{runner.name}, floats off the grid", runner.run(folder, graph, x), wanted)
    return EXACT


def _same(what: str, got: Mapping[str, IntArray], expected: Mapping[str, IntArray]) -> None:
    for output, codes in expected.items():
        apart = np.argwhere(got[output] != codes)
        if apart.size:
            first = tuple(int(i) for i in apart[0])
            raise DifferenceError(
                f"{what}: {output}{list(first)} is {got[output][first]}, expected {codes[first]}"
            )


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

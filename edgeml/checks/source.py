"""An imported model in its own framework as one row of the check, where that is not Keras.

Invariant: the row is "exact" only if every float of the framework is exactly the graph's integer. A
difference is a mismatch; one that was announced when the file was imported names the note and its bound. A
note is about one graph and one file, by their digests; of others it announces nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from edgeml.checks.announced import Framework, announcing, judged
from edgeml.checks.golden import Golden
from edgeml.checks.names import SOURCE
from edgeml.checks.result import Difference, Result
from edgeml.fixed import IntArray
from edgeml.ir import Graph

if TYPE_CHECKING:
    from pathlib import Path

    from edgeml.importers import SourceModel
    from edgeml.importers.base import Floats

Reader: TypeAlias = "Callable[[], tuple[SourceModel, str]]"
"""Reads the imported file again: the model in its own framework, and the SHA-256 of the file."""


def check_source(graph: Graph, golden: Golden, read: Reader | None, notes_file: Path) -> Result:
    """Compare the imported model with the golden integers.

    Args:
        graph: the exact graph.
        golden: the vectors, with the floats that the model takes.
        read: reads the file; None if no such file was imported.
        notes_file: what was noted at its import; may not be there.

    Raises:
        EdgemlError: the file is damaged, or it is another one.
        MissingToolError: a package of its format is not installed.
    """
    if read is None:
        return Result(
            backend=SOURCE, status="not-run", reason="no model of another framework was imported here"
        )
    model, digest = read()
    if missing := model.missing():
        return Result(backend=SOURCE, status="not-run", reason=missing)
    both = golden.joined()
    floats = model.run(both.x)
    wrong, worst = 0, 0
    first: Difference | None = None
    for name, expected in both.expected.items():
        frac = np.asarray(graph.info(name).type.frac, np.int32)
        steps = np.ldexp(floats[name].astype(np.float64), frac)
        apart = np.abs(steps - expected)
        if first is None and np.any(apart):
            first = _first(name, expected, steps, apart, golden.samples)
        wrong += int(np.count_nonzero(apart))
        worst = max(worst, int(np.ceil(apart.max(initial=0))))
    if not wrong:
        return Result(
            backend=SOURCE, status="exact", samples=golden.samples, synthetic=golden.synthetic_count
        )
    result = Result(
        backend=SOURCE,
        status="mismatch",
        samples=golden.samples,
        synthetic=golden.synthetic_count,
        mismatches=wrong,
        max_abs_lsb=worst,
        first=first,
    )
    framework = Framework(model.values, model.run, model.run_double, model.rounded_layers, model.rounded)
    return judged(result, announcing(graph, digest, notes_file), graph, both, framework)


def _first(name: str, expected: IntArray, steps: Floats, apart: Floats, samples: int) -> Difference:
    """The first element that differs, its vector counted in its own part of golden.npz."""
    vector, *position = (int(i) for i in np.argwhere(apart)[0])
    at = (vector, *position)
    synthetic = vector >= samples
    return Difference(
        op=name,
        index=(vector - samples if synthetic else vector, *position),
        expected=int(expected[at]),
        got=round(float(steps[at])),
        synthetic=synthetic,
    )

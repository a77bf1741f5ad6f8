"""Keras itself as one row of the check.

Invariant: the row is "exact" only if every float of Keras is exactly the graph's integer. Where the
lowering noted that it may not be, a difference is still a mismatch, but one that was announced: the row names
the note. A note is about one graph and one model file, by their digests; of others it announces nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.checks.compare import compare
from edgeml.checks.golden import Golden
from edgeml.checks.names import KERAS
from edgeml.checks.result import Result
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.presets import Lowering
from edgeml.runs import model_digest


def check_keras(
    graph: Graph,
    golden: Golden,
    model_file: Path | None,
    notes_file: Path,
    lowering: Lowering | None = None,
) -> Result:
    """Compare the trained model with the golden integers.

    Args:
        graph: the exact graph.
        golden: the vectors, with the floats Keras takes.
        model_file: the Keras model, if there is one.
        notes_file: what its lowering noted; may not be there.
        lowering: how it was lowered; found from the graph if None.

    Raises:
        EdgemlError: the model is damaged, or it is another one.
    """
    if model_file is None or not model_file.exists():
        return Result(backend=KERAS, status="not-run", reason="there is no Keras model here")
    try:
        from edgeml.keras.load import load_model
        from edgeml.keras.runner import OffGridError, keras_codes

        model = load_model(model_file)
    except MissingToolError as error:
        return Result(backend=KERAS, status="not-run", reason=str(error))

    def execute(part: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        return keras_codes(model, graph, part.x, keep, lowering)

    try:
        result = compare(KERAS, graph, golden, execute)
    except OffGridError as error:
        result = _off_grid(model, graph, golden, str(error), lowering)
    if result.status != "mismatch":
        return result
    digest = model_digest(model_file)
    return result.model_copy(update={"announced": announced(graph, digest, notes_file)})


def _off_grid(model: Any, graph: Graph, golden: Golden, reason: str, lowering: Lowering | None) -> Result:
    """Keras returned floats that are no integers of the output's type: count what is not equal."""
    from edgeml.keras.runner import keras_floats

    both = golden.joined()
    floats = keras_floats(model, graph, both.x, options=lowering)
    wrong, worst = 0, 0
    for name, expected in both.expected.items():
        frac = np.asarray(graph.info(name).type.frac, np.int32)
        apart = np.abs(np.ldexp(floats[name].astype(np.float64), frac) - expected)
        wrong += int(np.count_nonzero(apart))
        worst = max(worst, int(np.ceil(apart.max(initial=0))))
    return Result(
        backend=KERAS,
        status="mismatch",
        samples=golden.samples,
        synthetic=golden.synthetic_count,
        mismatches=wrong,
        max_abs_lsb=worst,
        reason=reason,
    )


def announced(graph: Graph, model: str, notes_file: Path) -> str:
    """The note that announced a difference when this model was lowered to this graph; "" if there is none.

    Args:
        graph: the exact graph.
        model: SHA-256 of the model's file, see `edgeml.runs.model_digest`.
        notes_file: where the notes lie.
    """
    from edgeml.keras.notes import Notes

    try:
        notes = Notes.read(notes_file)
    except EdgemlError:  # a damaged file announces nothing
        return ""
    return notes.reason if (notes.graph, notes.model) == (graph.digest, model) else ""

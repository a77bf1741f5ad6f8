"""Keras itself as one row of the check.

Invariant: the row is "exact" only if every float of Keras is exactly the graph's integer. Where the
lowering noted that it may not be, a difference is still a mismatch; the reason then names the note.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.checks.compare import compare
from edgeml.checks.golden import Golden
from edgeml.checks.result import Result
from edgeml.errors import MissingToolError
from edgeml.fixed import IntArray
from edgeml.ir import Graph

NAME = "keras"


def check_keras(graph: Graph, golden: Golden, model_file: Path | None, notes_file: Path) -> Result:
    """Compare the trained model with the golden integers.

    Args:
        graph: the exact graph.
        golden: the vectors, with the floats Keras takes.
        model_file: the Keras model, if there is one.
        notes_file: what its lowering noted; may not be there.

    Raises:
        EdgemlError: the model or the notes are damaged, or the model is another one.
    """
    if model_file is None or not model_file.exists():
        return Result(backend=NAME, status="not-run", reason="there is no Keras model here")
    try:
        from edgeml.keras.load import load_model
        from edgeml.keras.runner import OffGridError, keras_codes

        model = load_model(model_file)
    except MissingToolError as error:
        return Result(backend=NAME, status="not-run", reason=str(error))

    def execute(part: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        return keras_codes(model, graph, part.x, keep)

    try:
        result = compare(NAME, graph, golden, execute)
    except OffGridError as error:
        result = _off_grid(model, graph, golden, str(error))
    if result.status != "mismatch":
        return result
    told = [result.reason, _noted(graph, notes_file)]
    return result.model_copy(update={"reason": "; ".join(filter(None, told))})


def _off_grid(model: Any, graph: Graph, golden: Golden, reason: str) -> Result:
    """Keras returned floats that are no integers of the output's type: count what is not equal."""
    from edgeml.keras.runner import keras_floats

    floats = keras_floats(model, graph, golden.x)
    wrong, worst = 0, 0
    for name, expected in golden.expected.items():
        frac = np.asarray(graph.info(name).type.frac, np.int32)
        apart = np.abs(np.ldexp(floats[name].astype(np.float64), frac) - expected)
        wrong += int(np.count_nonzero(apart))
        worst = max(worst, int(np.ceil(apart.max(initial=0))))
    return Result(
        backend=NAME,
        status="mismatch",
        samples=golden.samples,
        mismatches=wrong,
        max_abs_lsb=worst,
        reason=reason,
    )


def _noted(graph: Graph, notes_file: Path) -> str:
    from edgeml.keras.notes import Notes

    if not notes_file.exists():
        return ""
    notes = Notes.read(notes_file)
    return notes.reason if notes.graph == graph.digest else ""

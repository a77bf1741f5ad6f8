"""The Keras model of a run folder, and the exact graph that it is lowered to.

Invariant: graph.json and graph.npz are there only if the model behind them was complete.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.ir import Graph, saved
from edgeml.keras.factor_bits import CALIBRATION, lower_on_samples
from edgeml.keras.load import load_model
from edgeml.keras.notes import Notes
from edgeml.runs import Run

if TYPE_CHECKING:
    import keras


def lower_run(run: Run, strict: bool = False) -> Graph:
    """The run's exact graph, from its graph.json and graph.npz or, if there are none, lowered and saved.

    Writes notes.json beside it: what the lowering noted, and where Keras and the graph may differ, how much.

    Args:
        run: a trained run.
        strict: refuse a model that cannot be lowered exactly.

    Raises:
        EdgemlError: training is not complete, a layer is not covered or, if strict, not exact, or the
            disk is full.
    """
    graph_there = run.graph_file.is_file() and run.graph_file.with_suffix(".npz").is_file()
    notes = Notes.read(run.notes_file) if graph_there and run.notes_file.is_file() else None
    if notes is not None and notes.model:  # earlier versions did not note which model they are about
        if strict:
            notes.refuse_inexact(str(run.folder))
        return run.graph()
    model = trained_model(run)
    data = run.data()
    samples = data.x_train[:CALIBRATION]
    lowered = lower_on_samples(model, run.name, strict, run.config.lowering, samples)
    digest = hashlib.sha256(read_bytes(run.model_file, "Keras model")).hexdigest()
    notes = Notes.of(model, lowered, data.x_test, digest)
    saved.save(lowered.graph).write(run.folder)
    notes.write(run.notes_file)
    return lowered.graph


def trained_model(run: Run) -> keras.Model:
    """The run's quantization-aware model.

    Raises:
        EdgemlError: training is not complete, or the file is damaged.
    """
    if not run.model_file.is_file():
        raise EdgemlError("its training is not complete", str(run.folder), f"run edgeml {run.origin} again")
    return load_model(run.model_file)

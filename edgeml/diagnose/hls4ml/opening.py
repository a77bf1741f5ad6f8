"""From a run or a Keras model's file, and a folder that hls4ml wrote, to their comparison."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.diagnose.hls4ml.compare import ProjectComparison, compare_project
from edgeml.diagnose.hls4ml.source import read_project
from edgeml.errors import EdgemlError

_SEED = 20261129
_RANDOM = 200
"""Samples where none are given: a C simulation is slow, and differences of types show at once."""


def compare_with(
    model: Path, project: Path, data: str | None, samples: int, tell: Callable[[str], None]
) -> ProjectComparison:
    """Compare a project with the Keras model of a run, or in a file.

    Args:
        model: a run, or the file of a Keras model.
        project: the folder that hls4ml wrote.
        data: for a file: a data set's name or file; random samples, normally distributed, if None.
        samples: most samples.
        tell: called with a line about what is done.

    Raises:
        EdgemlError: one of the two cannot be read, they are not of one model, or the data do not fit.
        MissingToolError: g++ or TensorFlow is not installed.
    """
    foreign = read_project(project)
    tell("reading the model")
    keras_model, x = _model(model, data)
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), samples)).astype(np.int64))
    return compare_project(foreign, keras_model, x[chosen], tell)


def _model(model: Path, data: str | None) -> tuple[Any, Any]:
    """The Keras model and samples for it."""
    from edgeml.keras.load import load_model
    from edgeml.runs import KERAS_SUFFIXES, Run

    if model.suffix.lower() not in KERAS_SUFFIXES:
        if data is not None:
            raise EdgemlError("is for a model's file", "--data", "a run has its own data")
        run = Run.find(model)
        if not run.is_keras:
            raise EdgemlError("is a run of no Keras model", str(run.folder), "give the Keras model's file")
        return load_model(run.model_file), run.data().x_test
    loaded = load_model(model)
    inputs = list(loaded.inputs)
    if len(inputs) != 1:
        raise EdgemlError(f"has {len(inputs)} inputs, and a diagnosis takes one", str(model))
    shape = tuple(inputs[0].shape[1:])
    if None in shape:
        raise EdgemlError(f"takes samples of shape {shape}, one axis of any length", str(model), "fix it")
    if data is None:
        return loaded, np.random.default_rng(_SEED).normal(size=(_RANDOM, *shape)).astype(np.float32)
    return loaded, _samples(data, shape)


def _samples(data: str, shape: tuple[int, ...]) -> Any:
    """The test part of some data, as samples of a shape.

    Raises:
        EdgemlError: there are no such data, or they have another number of values.
    """
    from edgeml.presets import DataSpec, prepare

    prepared = prepare(DataSpec(dataset=data), unlabelled=True)
    x = prepared.x_test
    if tuple(x.shape[1:]) != shape and math.prod(x.shape[1:]) == math.prod(shape):
        x = x.reshape(len(x), *shape)  # an image for a model that takes vectors, or the other way round
    if tuple(x.shape[1:]) != shape:
        raise EdgemlError(
            f"the model takes samples of shape {shape}, {data} has {prepared.sample_shape}",
            "--data",
            "give an .npz file with x as the model takes it",
        )
    return x

"""The speed of the models' emulation on this machine, timed in one run, side by side.

Invariant: every model gets the same samples in one batch and the same number of threads; the fastest of
several runs counts, for the others were disturbed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.report.floats import FloatModel
from edgeml.report.machine import threads
from edgeml.report.numbers import Number, absent, measured
from edgeml.report.predictions import predict
from edgeml.report.sections.speed.facts import EmulationSpeed, SpeedFacts
from edgeml.report.source import RunSource

REPEATS = 7
SECONDS = 2.0
"""Per model; slower ones are repeated less often."""

SAMPLES = 1_000
"""Samples of the batch that is timed."""


def collect(source: RunSource) -> SpeedFacts:
    """The times of the exact model and of its baselines.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    models = source.shared(predict)
    if reason := models.reasons.get("exact"):
        return SpeedFacts(missing={"speed": reason})
    x = source.data.x_test[:SAMPLES]
    batch, alone = (
        {"exact": _call(models.execute, source.feeds(len(part)))}
        | {name: _timed(model, part) for name, model in models.baselines.items()}
        for part in (x, x[:1])
    )
    return SpeedFacts(speed=measure(batch, alone, len(x), threads(), models.reasons))


def _call(execute: Callable[[Any], object], x: Mapping[str, NDArray[np.float32]]) -> Callable[[], object]:
    return lambda: execute(x)


def _timed(model: FloatModel, x: NDArray[np.float32]) -> Callable[[], object]:
    return lambda: model.predict(x, batch=len(x))


def best_times(models: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the fastest of up to `REPEATS` calls of each, after one that is not counted.

    The models take turns, so that what else the machine does meets all of them.
    """
    for run in models.values():
        run()
    best = dict.fromkeys(models, math.inf)
    begin = time.perf_counter()
    for _ in range(REPEATS):
        for name, run in models.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
        if time.perf_counter() - begin > SECONDS * len(models):
            break
    return best


def measure(
    models: Mapping[str, Callable[[], object]],
    alone: Mapping[str, Callable[[], object]],
    samples: int,
    cores: int,
    reasons: Mapping[str, str],
) -> EmulationSpeed:
    """Time models.

    Args:
        models: by "exact", "float", "int8": a call that runs all samples; left out if there is none.
        alone: the same, a call that runs one sample.
        samples: how many samples a call runs.
        cores: threads of ONNX Runtime in these calls.
        reasons: why a model is left out.
    """
    names = ("exact", "float", "int8")

    def numbers(calls: Mapping[str, Callable[[], object]], count: int) -> dict[str, Number]:
        best = best_times(calls)
        return {
            name: measured(best[name] / count * 1e6)
            if name in best
            else absent(reasons.get(name, "not in the run"))
            for name in names
        }

    timed = {**numbers(models, samples), "alone": numbers(alone, 1)}
    return EmulationSpeed.model_validate({**timed, "samples": samples, "threads": cores, "repeats": REPEATS})

"""How fast the models emulate on this machine, timed in one run, side by side.

Invariant: every model gets the same samples in one batch and the same number of threads; the fastest of
several runs counts, for the others were disturbed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from edgeml.report.facts import Number, Speed, absent, measured

REPEATS = 7
SECONDS = 2.0
"""A model slower than this in total is not repeated further."""


def best_time(run: Callable[[], object]) -> float:
    """Seconds of the fastest of up to `REPEATS` calls, after one that is not counted."""
    run()
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < SECONDS:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return float(np.min(times))


def measure(
    models: Mapping[str, Callable[[], object]], samples: int, threads: int, reasons: Mapping[str, str]
) -> Speed:
    """Time models.

    Args:
        models: by "exact", "float", "int8": a call that runs all samples; left out if there is none.
        samples: how many samples a call runs.
        threads: of ONNX Runtime, as stated by whoever made the calls.
        reasons: why a model is left out.
    """

    def number(name: str) -> Number:
        if name not in models:
            return absent(reasons.get(name, "not in the run"))
        return measured(best_time(models[name]) / samples * 1e6)

    timed = {name: number(name) for name in ("exact", "float", "int8")}
    return Speed.model_validate({**timed, "samples": samples, "threads": threads, "repeats": REPEATS})

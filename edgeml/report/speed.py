"""How fast the models emulate on this machine, timed in one run, side by side.

Invariant: every model gets the same samples in one batch and the same number of threads; the fastest of
several runs counts, for the others were disturbed.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from edgeml.report.facts import Speed
from edgeml.report.numbers import Number, absent, measured

REPEATS = 7
SECONDS = 2.0
"""Per model; slower ones are repeated less often."""


def threads() -> int:
    """Cores that this process may use; ONNX Runtime gets as many threads."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> str:
    """The processor, the cores this process may use, and the system."""
    names: list[str] = []
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {threads()} cores, {platform.system()} {platform.release()}"


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
) -> Speed:
    """Time models.

    Args:
        models: by "exact", "float", "int8": a call that runs all samples; left out if there is none.
        alone: the same, a call that runs one sample.
        samples: how many samples a call runs.
        cores: threads of ONNX Runtime, as whoever made the calls set them.
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
    return Speed.model_validate({**timed, "samples": samples, "threads": cores, "repeats": REPEATS})

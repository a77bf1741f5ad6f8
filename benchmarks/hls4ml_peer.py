"""The time of hls4ml's own emulation of the same graph: `compile()` and `predict()` as users call them."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from edgeml.backends.hls4ml import BACKEND
from edgeml.backends.hls4ml.planner import plan_graph
from edgeml.backends.hls4ml.project import model_graph, quiet
from edgeml.backends.hls4ml.reuse import choose
from edgeml.ir import Graph, evaluate


@dataclass(frozen=True)
class Peer:
    """hls4ml's side of one comparison.

    Args:
        version: of hls4ml.
        io_type: of the project.
        samples: in one call of predict.
        predict_us: microseconds per sample, median of the rounds.
        ready_s: seconds from the graph to the first prediction: writing, compiling, predicting one sample.
        exact: whether its integers were the reference's.
    """

    version: str
    io_type: str
    samples: int
    predict_us: float
    ready_s: float
    exact: bool


def measure(graph: Graph, io_type: str, samples: int, rounds: int = 3) -> Peer:
    """Build, compile and time the project of a graph, without the trace hooks that edgeml adds for itself."""
    options = BACKEND.options({"io_type": io_type, "trace": False})
    plan = plan_graph(graph, options.target().backend, options.io_type, options.project)
    info = graph.info(graph.inputs[0])
    codes = np.random.default_rng(0).integers(info.lo, info.hi, (samples, *info.shape), endpoint=True)
    # On the input's grid: hls4ml truncates floats where the graph rounds them.
    x = np.ldexp(codes.astype(np.float32), -info.frac)
    with tempfile.TemporaryDirectory(prefix="edgeml-bench-") as folder, quiet():
        start = time.perf_counter()
        model = model_graph(plan, options, choose(plan.layers, options), Path(folder) / "project")
        model.compile()
        model.predict(np.ascontiguousarray(x[:1]))
        ready = time.perf_counter() - start
        times: list[float] = []
        for _ in range(rounds):
            start = time.perf_counter()
            y = model.predict(x)
            times.append(time.perf_counter() - start)
    exact = bool(np.array_equal(np.asarray(y, np.float64).reshape(samples, -1), evaluate(graph, x)))
    return Peer(
        metadata.version("hls4ml"), io_type, samples, statistics.median(times) / samples * 1e6, ready, exact
    )

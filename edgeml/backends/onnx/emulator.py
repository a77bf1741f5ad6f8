"""The fast exact executor: a graph as an exact ONNX model in ONNX Runtime, in floats and integers.

`carriers` chooses the kernels and proves them; a new session is tried against `evaluate` at the bounds of its
inputs, and if a processor's kernels differ there, the emulator is made of floats and says so.

Invariant: for every input the integers are those of `edgeml.ir.evaluate`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.carriers import RULES, CarrierRule
from edgeml.backends.onnx.integer import EMULATOR
from edgeml.backends.onnx.lowering import (
    EXACT,
    OnnxDialect,
    build_model,
    emulator_plan,
    output_tensor,
    plan_of,
)
from edgeml.backends.onnx.plan import CarrierPlan
from edgeml.backends.onnx.session import open_session, run_session
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray, from_float, to_float
from edgeml.ir import Graph, evaluate, outputs_of
from edgeml.notebook import html_table
from edgeml.types import Data, Values

_ELEMENTS = 1 << 18
"""Elements of the largest intermediate per batch: a megabyte stays in the cache, more is slower."""

_FEWEST = 8
"""Samples per batch of the widest network: below, the calls cost more than the cache saves."""

_PROBES = 4
"""Vectors of the test when a session is created: all bounds, and random ones of them."""

_FEW_VALUES = 8192
"""Below it BLAS uses one thread."""

_MOST = 4096
"""Samples per batch of the narrowest network."""


class Emulator:
    """Runs one graph in ONNX Runtime. Making one takes milliseconds; it holds a session and idle threads.

    Batches are small enough for the cache and run side by side, one thread each. That is quicker than to
    share the work of every op between threads, and far quicker on a machine that has other work.

    Args:
        graph: the exact graph.
        threads: batches run at a time; 0 for as many as there are cores.
        rules: from which size on an op is computed by an integer kernel; none, and all are floats.

    Raises:
        EdgemlError: an op needs more bits than float64 carries exactly; names it. `edgeml.evaluate` still
            runs such a graph.
        MissingToolError: ONNX Runtime is not installed.

    >>> from edgeml.fixed import FixedType
    >>> from edgeml.ir import Builder
    >>> build = Builder("double")
    >>> x = build.input((2,), FixedType(True, 4, 1))
    >>> from edgeml.ir.ops.add import Add
    >>> Emulator(build.graph(build.add(Add(), x, x))).predict([[0.3, -1.5]])
    array([[ 1., -3.]])
    """

    def __init__(self, graph: Graph, threads: int = 0, rules: tuple[CarrierRule, ...] = RULES) -> None:
        self._graph = graph
        self._outputs = tuple(dict.fromkeys(graph.outputs))
        self._tensors = [output_tensor(graph, name) for name in self._outputs]
        self._threads = threads or _cores()
        self._pool = thread_pool(self._threads)
        self._shapes = {name: graph.info(name).shape for name in graph.inputs}
        self._alone = len(graph.inputs) == len(self._outputs) == 1
        self._note = ""
        self._open(emulator_plan(graph, rules), EMULATOR)
        if self._plan.integers.kernels and not self._proves_itself():
            self._note = "integer kernels differ on this processor, so floats are used"
            self._open(plan_of(graph), EXACT)

    def _open(self, plan: CarrierPlan, dialect: OnnxDialect) -> None:
        self._plan = plan
        self._wide = plan.wide
        self._kinds: dict[str, type[np.floating[Any]]] = {
            name: np.float64 if name in plan.wide else np.float32 for name in self._graph.inputs
        }
        content = build_model(self._graph, plan, dialect).SerializeToString()
        self._session = open_session(content, self._graph.name, threads=1, config=dialect.config)
        largest = max(info.size for name, info in plan.graph.infos.items() if name not in plan.constants)
        self._batch = max(_FEWEST, min(_MOST, _ELEMENTS // largest))

    def _proves_itself(self) -> bool:
        """True if the integers equal the reference's where sums are largest: inputs at their bounds.

        The proof is about the arithmetic; this is about the processor's kernels.
        """
        rng = np.random.default_rng(0)
        most = np.finfo(np.float32).max
        x: dict[str, NDArray[Any]] = {}
        for name in self._graph.inputs:
            info = self._graph.info(name)
            ends = rng.integers(0, 2, (_PROBES, *info.shape)).astype(np.bool_)
            ends[0], ends[1] = False, True
            # Floats, for an input that saturates symmetrically has a lowest code that it never gives.
            values = to_float(np.where(ends, info.hi, info.lo), info.type.frac)
            x[name] = np.clip(values, -most, most).astype(np.float32)
        expected: Any = evaluate(self._graph, x, raw=True)
        got: Any = self.predict(x, raw=True)
        if len(self._outputs) == 1:
            return np.array_equal(got, expected)
        return all(np.array_equal(got[name], expected[name]) for name in self._outputs)

    def __repr__(self) -> str:
        return f"Emulator({', '.join(f'{key} {value}' for key, value in self._facts())})"

    def _repr_html_(self) -> str:
        return html_table(f"emulator of {self._graph.name}", (), self._facts())

    def _facts(self) -> list[tuple[str, str]]:
        """Labels and texts of `repr` and of the table in a notebook."""

        def ports(names: Iterable[str]) -> str:
            infos = ((name, self._graph.info(name)) for name in dict.fromkeys(names))
            return ", ".join(f"{name} {info.type} {list(info.shape)}" for name, info in infos)

        kernels = len(self._plan.integers.kernels)
        kinds = "float32 and float64" if self._wide else "float32"
        if kernels:
            kinds = f"{kernels} integer kernel{'s' if kernels > 1 else ''}, else {kinds}"
        if self._note:
            kinds += f" ({self._note})"
        return [
            ("of", self._graph.name),
            ("inputs", ports(self._graph.inputs)),
            ("outputs", ports(self._outputs)),
            ("carried in", kinds),
            ("threads", str(self._threads)),
            ("samples per batch", str(self._batch)),
        ]

    @property
    def graph(self) -> Graph:
        """The graph that it runs."""
        return self._graph

    @property
    def batch(self) -> int:
        """Samples that are run at a time."""
        return self._batch

    def predict(self, x: Data, raw: bool = False) -> Values:
        """Run the network on floats.

        Args:
            x: floats (samples, *shape) like the Keras input; a mapping by name or a sequence in order for
                several inputs. Taken as float32, as Keras does.
            raw: return int64 codes instead of values.

        Returns:
            float64 values code * 2^-frac (or the codes) of shape (samples, ...); a dict by output name if
            there are several outputs.

        Raises:
            EdgemlError: inputs are missing, shapes differ, or values are NaN or infinite.
        """
        if self._alone and not raw and self._is_one_batch(x):
            (name,) = self._graph.inputs  # what a mapping and threads cost is half the time of one sample
            (part,) = self._one_batch({name: self._floats(name, x)})
            return np.add(part, 0.0, dtype=np.float64)  # minus zero becomes zero
        feeds = {name: self._floats(name, values) for name, values in self._by_name(x).items()}
        values = self._run(feeds)
        if raw:
            return outputs_of(self._graph, self._codes(values), raw=True)
        return next(iter(values.values())) if len(values) == 1 else values

    def predict_codes(self, inputs: Mapping[str, IntArray]) -> dict[str, IntArray]:
        """Run the network on codes.

        Args:
            inputs: codes (samples, *shape) by input name.

        Returns:
            Codes (samples, *shape) by output name.

        Raises:
            EdgemlError: an input is missing, of the wrong shape or out of range.
        """
        feeds: dict[str, NDArray[Any]] = {}
        for name in self._graph.inputs:
            if name not in inputs:
                raise EdgemlError("no codes given for this input", name)
            info, codes = self._graph.info(name), np.asarray(inputs[name])
            if codes.shape[1:] != info.shape or codes.ndim != len(info.shape) + 1:
                raise EdgemlError(f"codes of shape {codes.shape}, (samples, *{info.shape}) expected", name)
            if codes.size and (np.any(codes < info.lo) or np.any(codes > info.hi)):
                raise EdgemlError(f"codes from {codes.min()} to {codes.max()} do not fit {info.type}", name)
            feeds[name] = to_float(codes, info.type.frac).astype(self._kinds[name])
        return self._codes(self._run(feeds))

    def _codes(self, values: Mapping[str, NDArray[Any]]) -> dict[str, IntArray]:
        return {name: from_float(tensor, self._graph.info(name).type.frac) for name, tensor in values.items()}

    def _by_name(self, x: Any) -> dict[str, Any]:
        names = self._graph.inputs
        if isinstance(x, Mapping):
            arrays = dict(cast("Mapping[str, Any]", x))
        elif len(names) == 1:
            arrays = {names[0]: x}
        elif len(x) == len(names):
            arrays = dict(zip(names, x, strict=True))
        else:
            raise EdgemlError(
                f"{len(x)} inputs given, {len(names)} expected: {', '.join(names)}", self._graph.name
            )
        if set(arrays) != set(names):
            raise EdgemlError(
                f"inputs {', '.join(arrays)} given, {', '.join(names)} expected", self._graph.name
            )
        return arrays

    def _floats(self, name: str, values: Any) -> NDArray[Any]:
        floats, shape = np.asarray(values, np.float32), self._shapes[name]
        if floats.shape[1:] != shape or floats.ndim != len(shape) + 1:
            expected = ", ".join(map(str, shape))
            raise EdgemlError(f"data of shape {floats.shape} given, (samples, {expected}) expected", name)
        return np.ascontiguousarray(floats, self._kinds[name])

    def _is_one_batch(self, x: Any) -> bool:
        """True for an array of no more samples than a batch."""
        if not isinstance(x, np.ndarray):
            return False
        shape = np.shape(cast("Any", x))
        return len(shape) > 0 and shape[0] <= self._batch

    def _one_batch(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs of at most one batch, as the session gives them."""
        for values in feeds.values():
            if not _finite(values):
                raise _not_finite(feeds)
        return run_session(self._session, self._tensors, feeds, self._graph.name)

    def _run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
        counts = {values.shape[0] for values in feeds.values()}
        if len(counts) != 1:
            raise EdgemlError(f"inputs with different numbers of samples: {sorted(counts)}", self._graph.name)
        samples = counts.pop()
        results = {name: np.empty((samples, *self._graph.info(name).shape)) for name in self._outputs}

        def run(start: int) -> None:
            stop = start + self._batch
            parts = self._one_batch({name: values[start:stop] for name, values in feeds.items()})
            for name, part in zip(self._outputs, parts, strict=True):
                np.add(part, 0.0, out=results[name][start:stop])  # in float64, and minus zero becomes zero

        if samples <= self._batch or self._threads == 1:
            for start in range(0, max(samples, 1), self._batch):
                run(start)
            return results
        starts = iter(range(0, samples, self._batch))

        def run_rest() -> None:
            for start in starts:  # shared: each thread takes the next batch, so none waits for a slow one
                run(start)

        count = min(self._threads, -(-samples // self._batch))
        tasks = [self._pool.submit(run_rest) for _ in range(count)]
        try:
            raised = [task.exception() for task in tasks]
        finally:
            for _ in starts:  # after Ctrl-C the threads end with the batch that they are at
                pass
        for error in filter(None, raised):
            raise error
        return results


def _finite(values: NDArray[Any]) -> bool:
    """True if all values are numbers; few of them are squared and summed, which is quicker."""
    if values.size < _FEW_VALUES and math.isfinite(np.vdot(values, values)):
        return True
    return bool(np.isfinite(values).all())


def _not_finite(feeds: Mapping[str, NDArray[Any]]) -> EdgemlError:
    counts = {name: int(np.count_nonzero(~np.isfinite(values))) for name, values in feeds.items()}
    name = max(counts, key=lambda name: counts[name])
    what = f"{counts[name]} of {feeds[name].size} values are NaN or infinite"
    return EdgemlError(what, name, "clean the data first")


def thread_pool(threads: int) -> ThreadPoolExecutor:
    """A pool that starts a thread when there is work for it; of as many as there are cores, each has its own.

    Linux wakes a thread on the core of the one that wakes it and parts them after milliseconds, more than a
    call takes: threads that hand the interpreter to each other would share a core. ONNX Runtime ties its own
    threads to cores as well.
    """
    if threads != _cores() or not hasattr(os, "sched_setaffinity"):
        return ThreadPoolExecutor(threads)
    cores = iter(sorted(os.sched_getaffinity(0)))

    def settle() -> None:
        with suppress(OSError):  # a core that was taken away meanwhile
            os.sched_setaffinity(0, {next(cores)})

    return ThreadPoolExecutor(threads, initializer=settle)


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

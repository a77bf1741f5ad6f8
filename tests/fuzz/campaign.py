"""Many attempts with one seed, shrunk to the smallest failure if there is one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st

import edgeml
from edgeml import backends
from edgeml.ir import Graph
from tests.backends.c.packing import packing_few
from tests.fuzz.case import EXACT, REFUSED, Failure, attempt
from tests.strategies import graph_codes, graphs, side_by_side

Attempt = Callable[[str, Mapping[str, Any], Graph, Mapping[str, Any]], str]

_TURNS: Mapping[str, tuple[Mapping[str, Any], ...]] = MappingProxyType(
    {
        "hls4ml": tuple(
            {"backend": backend, "io_type": io_type}
            for backend in ("Vitis", "Vivado")
            for io_type in ("io_parallel", "io_stream")
        ),
        "verilog": ({"mode": "parallel"}, {"mode": "stream"}, {"mode": "stream", "pair_bits": 40}),
    }
)
"""Options that have an equal share of the graphs; back ends that are compiled get smaller graphs too."""

JOINT_TURNS: Mapping[str, tuple[Mapping[str, Any], ...]] = MappingProxyType(
    {"c": ({}, {"pack_weights": True})}
)
"""Back ends of which many graphs go into one program, with the options that the programs get in turn."""

_JOINT_SAMPLES = 8


def seed_of_sources(backend: str) -> int:
    """A seed that changes with the code that is tried: each change of it draws other graphs.

    It is the same in every run of one commit, so that a failure is the commit's and not the day's.
    """
    digest = sha256()
    root = Path(edgeml.__file__).parent
    for folder in ("fixed", "ir", "passes", f"backends/{backend}"):
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:4], "big")


@dataclass
class Outcome:
    """The result of a campaign: counts by verdict, and the smallest failure."""

    counts: Counter[str] = field(default_factory=Counter)
    failure: Failure | None = None


def graph_campaign(
    backend: str,
    count: int,
    number: int,
    tell: Callable[[], None] = lambda: None,
    run: Attempt = attempt,
) -> Outcome:
    """Random graphs of core ops through one back end.

    Args:
        backend: its name.
        count: graphs to run; those that the back end refuses are drawn anew and do not count.
        number: the seed.
        tell: called after each graph.
        run: what tries one graph; tests put in one that is wrong.

    Returns:
        How many were exact and refused, and the smallest failure.
    """
    outcome = Outcome()
    drawn = graphs(max_nodes=5, max_width=12, max_bits=48) if backend in _TURNS else graphs()
    turns = _TURNS.get(backend, ({},))

    def hunt(options: Mapping[str, Any], count: int, number: int) -> None:
        @hunting(number, count)
        @given(graph=drawn, data=st.data())
        def one(graph: Graph, data: Any) -> None:
            inputs = data.draw(graph_codes(graph, 16))
            try:
                verdict = run(backend, options, graph, inputs)
            except Exception as error:  # a crash is a failure as much as a difference
                outcome.failure = Failure(backend, options, graph, inputs, f"{type(error).__name__}: {error}")
                raise
            outcome.counts[verdict] += 1
            tell()
            if verdict != EXACT:
                reject()

        one()

    for turn, options in enumerate(turns):
        share = len(range(turn, count, len(turns)))
        try:
            if share and outcome.failure is None:
                hunt(options, share, number * len(turns) + turn)
        except Exception:
            if outcome.failure is None:  # not from the executor: the campaign itself is broken
                raise
            outcome.counts["different"] += 1
    return outcome


def joint_campaign(
    backend: str,
    count: int,
    number: int,
    tell: Callable[[], None] = lambda: None,
    run: Attempt = attempt,
    at_once: int = 40,
) -> Outcome:
    """Random graphs of core ops through a back end that is compiled, many of them in one program.

    Args:
        backend: its name.
        count: graphs to run; those that the back end refuses are drawn anew and do not count.
        number: the seed.
        tell: called after each graph.
        run: what tries one graph; tests put in one that is wrong.
        at_once: graphs per program.

    Returns:
        How many were exact and refused, and a graph that fails: one alone if it does so alone.
    """
    outcome = Outcome()
    waiting: list[tuple[Graph, Mapping[str, Any]]] = []
    turns = itertools.cycle(JOINT_TURNS[backend])

    def flush() -> None:
        if not waiting:
            return
        options, parts = next(turns), [*waiting]
        waiting.clear()
        codes = {
            f"g{i}_{name}": np.resize(values, (_JOINT_SAMPLES, *values.shape[1:]))
            for i, (_, inputs) in enumerate(parts)
            for name, values in inputs.items()
        }
        whole = side_by_side([graph for graph, _ in parts])
        for graph, inputs in ((whole, codes), *parts):
            try:
                with packing_few():
                    run(backend, options, graph, inputs)
            except Exception as error:  # noqa: BLE001  # a crash is a failure as much as a difference
                if outcome.failure is None or graph is not whole:
                    outcome.failure = Failure(
                        backend, options, graph, inputs, f"{type(error).__name__}: {error}"
                    )
            if outcome.failure is None:
                outcome.counts[EXACT] += len(parts)
                return
            if outcome.failure.graph is not whole:
                break
        outcome.counts["different"] += 1

    @hunting(number, count)
    @given(graph=graphs(max_nodes=8, max_width=14), data=st.data())
    def draw(graph: Graph, data: Any) -> None:
        target = backends.load(backend)
        if target.refusals(graph, target.options({})):
            outcome.counts[REFUSED] += 1
            reject()
        inputs = data.draw(graph_codes(graph, _JOINT_SAMPLES))
        if outcome.failure is not None:  # the others are drawn, because what is drawn must not change
            return
        waiting.append((graph, inputs))
        tell()
        if len(waiting) == at_once:
            flush()

    draw()
    flush()
    return outcome


def hunting(number: int, count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Settings of a campaign: `count` accepted examples of seed `number`, shrunk, nothing remembered."""
    chosen = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]  # iterating the enum, which its stub does not know
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
    )
    return lambda test: seed(number)(chosen(test))

"""A check of a large graph does not compile for minutes unasked."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml import backends
from edgeml.backends.hls4ml import compile_time
from edgeml.checks.result import Result
from edgeml.ir import Builder, Graph
from tests.zoo import conv, fixed, ufixed


def network(side: int, filters: int) -> Graph:
    build = Builder("network")
    x = build.input((side, side, 2), ufixed(6, 0))
    x = build.cast(conv(build, x, "c1", (3, 3), filters, 1), ufixed(5, 2), name="act")
    return build.graph(x)


def test_small_graphs_are_left_as_they_are() -> None:
    backend = backends.load("hls4ml")
    for graph in (network(12, 4), network(28, 8)):
        assert backend.for_check(graph, {}) == ({}, "")
    build = Builder("dense")
    x = build.input((60_000,), ufixed(6, 0))  # no convolution: it compiles at once
    assert backend.for_check(build.graph(build.cast(x, fixed(6, 1))), {}) == ({}, "")


def test_large_convolutions_are_streamed_unless_asked_otherwise() -> None:
    backend, graph = backends.load("hls4ml"), network(34, 16)
    size, seconds = compile_time(graph)
    assert size == 32 * 32 * 16 and 60 < seconds < 200
    chosen, told = backend.for_check(graph, {"reuse_factor": 1})
    assert chosen == {"reuse_factor": 1, "io_type": "io_stream"}
    assert told.startswith(
        "as io_stream, for with io_parallel a convolution of 16,384 values compiles for about"
    )
    chosen, told = backend.for_check(graph, {"io_type": "io_parallel"})
    assert chosen == {"io_type": "io_parallel"} and told.startswith("with io_parallel")
    assert backend.for_check(graph, {"io_type": "io_stream"})[1] == ""
    vivado, told = backend.for_check(graph, {"backend": "Vivado"})
    assert vivado["io_type"] == "io_stream" and told


def test_the_row_says_what_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def compare(name, graph, golden, execute) -> Result:
        return Result(backend=name, status="exact", samples=1)

    monkeypatch.setattr("edgeml.checks.artefacts.compare", compare)
    hls4ml = type(backends.load("hls4ml"))
    emit = hls4ml.emit

    def spied(self, graph, options):
        asked.append(options.io_type)
        return emit(self, graph, options)

    monkeypatch.setattr(hls4ml, "emit", spied)
    monkeypatch.setattr("edgeml.backends.hls4ml.LONG_SECONDS", 1.0)
    check = edgeml.check(network(6, 2), np.zeros((1, 6, 6, 2)), ["hls4ml"])
    assert asked == ["io_stream"] and check["hls4ml"].reason.startswith("as io_stream")

"""Graphs of the tests of the Verilog back end, and the one way they are simulated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.runner import Simulation
from edgeml.fixed import IntArray
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.tools import verilator
from tests.zoo import dense, fixed, ufixed


def digits_like() -> Graph:
    """The shape and types of the preset digits_mlp, with random weights."""
    build = Builder("digits")
    x = build.input((64,), ufixed(5, 1), "pixels")
    x = build.cast(dense(build, x, "fc1", 32, fixed(6, 0), fixed(6, 0), 201), ufixed(6, 2), name="act1")
    x = build.cast(dense(build, x, "fc2", 32, fixed(6, 0), fixed(6, 0), 203), ufixed(6, 2), name="act2")
    return build.graph(dense(build, x, "logits", 10, fixed(6, 0), fixed(6, 0), 205))


def small() -> Graph:
    """A dense layer and a cast: compiles quickly."""
    build = Builder("compact")
    x = build.input((4,), fixed(5, 2))
    return build.graph(
        build.cast(dense(build, x, "fc", 3, fixed(4, 1), fixed(4, 1), 211), fixed(5, 3), name="act")
    )


def partly_read() -> Graph:
    """Two inputs: of one no output depends on elements 1, 4 and 5, of the other one on none at all."""
    build = Builder("partly")
    x = build.input((6,), fixed(5, 2), "x")
    build.input((3,), fixed(4, 2), "unread")
    weights = np.array([[1, 3], [0, 0], [-2, 5], [7, 0], [0, 0], [0, 0]])
    return build.graph(build.add(MatMul(), x, build.const(weights, fixed(4, 4), "w"), name="fc"))


def emitted(graph: Graph, folder: Path, **settings: Any) -> VerilogManifest:
    """Write the Verilog of a graph and lint it with every warning on."""
    BACKEND.emit(graph, BACKEND.options(settings)).replace(folder)
    manifest = VerilogManifest.read(folder)
    verilator.lint([folder / name for name in manifest.files], manifest.top, folder / "lint.log")
    return manifest


def assert_exact(
    graph: Graph, folder: Path, inputs: dict[str, IntArray], runner: Simulation | None = None
) -> None:
    """The simulation gives the reference's integers; latency and interval are checked by the runner."""
    assert (folder / MANIFEST).is_file()
    got = (runner or Simulation()).run(folder, graph, inputs)
    for name, expected in evaluate_codes(graph, inputs).items():
        np.testing.assert_array_equal(got[name], expected, err_msg=name)

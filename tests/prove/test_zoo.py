"""Every graph of the zoo, as each back end that has a prover emits it, is proven for every input."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.backend import Backend, Takes
from edgeml.ir import Graph, ops
from edgeml.ir.composite import Composite
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.passes import prepare
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Proof, Verdict
from edgeml.stages import NoProver
from tests.zoo import zoo

PROVERS = [name for name in backends.names() if not isinstance(backends.load(name).prover(), NoProver)]
COMPILED = [name for name in PROVERS if backends.load(name).runners()[0].takes is Takes.CODES]
"""Back ends whose stages are compiled: a second a graph of C, four of hls4ml, ten of Verilog."""

GRAPHS = zoo()
FEW: dict[str, tuple[str, ...]] = {"hls4ml": (), "verilog": ("max_min",)}
MORE = {
    "hls4ml": ("cnn_2d",),
    "verilog": ("residual", "arg_max", "cast_per_element", "lookup", "sum_pool_padding", "wide_products"),
}
"""Graphs that the quick tests prove of compiled artefacts, and the slow ones; of others a few, and all.

test_verilog.py reads all of them without simulating any.
"""

OPEN = {
    ("c", "input_per_element"): "a variable that does not hold one number for each element",
    ("verilog", "cast_modes"): "holds nothing of what the graph reads there",
}
"""Graphs that are not proven, with the reason."""


def emitted(backend: Backend, graph: Graph, folder: Path) -> bool:
    """Write the artefact; False if the graph is refused."""
    if backend.refusals(graph, backend.options({})):
        return False
    backend.emit(graph).write(folder / backend.folder)
    return True


def proof(name: str, graph: Graph, folder: Path) -> Proof:
    return prove_folder(folder, graph, [name]).results[0]


@cache
def kinds() -> set[str]:
    """The ops of all graphs of the zoo, prepared."""
    cores = [prepare(graph) for graph in GRAPHS.values()]
    return {node.op.op_name() for core in cores for node in core.nodes}


def test_the_exact_models_are_among_them() -> None:
    assert {"onnx", "qonnx"} <= set(PROVERS)


def test_every_core_op_is_in_a_graph_that_is_proven() -> None:
    core = {name for name in ops.names() if not issubclass(ops.load(name), Composite)}
    assert core - {Const.op_name(), Input.op_name()} <= kinds()


@pytest.mark.parametrize("name", [name for name in PROVERS if name not in COMPILED])
@pytest.mark.parametrize("graph", [name for name in GRAPHS if name != "softmax_rows"])
def test_it_is_proven(name: str, graph: str, tmp_path: Path) -> None:
    proven(name, graph, tmp_path)


def few(name: str) -> tuple[str, ...]:
    return FEW.get(name, ("residual", "max_min"))


def more(name: str) -> tuple[str, ...]:
    return MORE.get(name, tuple(graph for graph in GRAPHS if graph not in few(name)))


@pytest.mark.tool
@pytest.mark.parametrize(("name", "graph"), [(name, graph) for name in COMPILED for graph in few(name)])
def test_what_is_compiled_is_proven(name: str, graph: str, tmp_path: Path) -> None:
    proven(name, graph, tmp_path)


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize(("name", "graph"), [(name, graph) for name in COMPILED for graph in more(name)])
def test_all_that_is_compiled_is_proven(name: str, graph: str, tmp_path: Path) -> None:
    proven(name, graph, tmp_path)


def proven(name: str, graph: str, tmp_path: Path) -> None:
    """Emit a graph and prove it, or find it open as stated."""
    missing = backends.load(name).runners()[0].available()
    if missing:
        pytest.skip(missing)
    if not emitted(backends.load(name), GRAPHS[graph], tmp_path):
        pytest.skip(f"{name} refuses {graph}")
    found = proof(name, GRAPHS[graph], tmp_path)
    if (name, graph) in OPEN:
        assert found.verdict is Verdict.NOT_PROVEN
        assert OPEN[name, graph] in found.reason
        return
    assert (found.verdict, found.reason) == (Verdict.PROVEN, "")
    assert all(step.argument for step in found.steps)
    assert all(step.vectors > 0 for step in found.steps)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PROVERS if name not in COMPILED])
def test_softmax_of_rows_is_proven(name: str, tmp_path: Path) -> None:
    graph = GRAPHS["softmax_rows"]
    assert emitted(backends.load(name), graph, tmp_path)
    assert proof(name, graph, tmp_path).verdict is Verdict.PROVEN


def test_a_proof_names_every_value_of_the_graph_that_the_file_names(tmp_path: Path) -> None:
    graph = GRAPHS["mlp"]
    assert emitted(backends.load("onnx"), graph, tmp_path)
    steps = proof("onnx", graph, tmp_path).steps
    assert [step.value for step in steps] == ["input", "fc1", "act1", "fc2", "act2", "fc3"]
    units = {step.value: step.vectors for step in steps}
    (first,) = graph.inputs
    assert units["fc1"] == 1 + graph.info(first).size
    assert units["fc2"] == 1 + int(np.sum(graph.info("act1").lo < graph.info("act1").hi))

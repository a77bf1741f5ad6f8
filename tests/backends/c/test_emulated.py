"""The C on emulated microcontrollers: graphs that use all ops, random graphs, and presets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import edgeml
from edgeml import backends, presets
from edgeml.backend import Runner
from edgeml.backends.c.emulated import on_core
from edgeml.errors import EdgemlError
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.backend import import_keras
from edgeml.mcus import cores
from edgeml.mcus.program import missing
from edgeml.training.build import build_model
from tests.fuzz.campaign import graph_campaign
from tests.fuzz.emulated import CORES, attempt_on_cores
from tests.zoo import codes, fixed, zoo

_PRESETS = ("cancer_mlp", "digits_cnn", "iris_mlp", "jets_mlp", "mnist_cnn")
_GRAPHS = ("cnn_1d", "residual", "lookup", "beyond_float", "cast_per_channel_modes", "several_inputs_outputs")


def runner(name: str) -> Runner:
    core = cores.load(name)
    if reason := missing(core):
        pytest.skip(reason)
    return on_core(core)


def test_every_core_is_a_runner_that_has_to_be_named() -> None:
    target = backends.load("c")
    assert tuple(one.name for one in target.named_runners()) == cores.names()
    assert not {one.name for one in target.runners()} & set(cores.names())


def compare(one: Runner, graph: Graph, folder: Path) -> None:
    inputs = codes(graph)
    backends.load("c").emit(graph).write(folder)
    got, expected = one.run(folder, graph, inputs), evaluate_codes(graph, inputs)
    assert set(got) == set(graph.outputs)
    for name in graph.outputs:
        np.testing.assert_array_equal(got[name], expected[name])


@pytest.mark.tool
@pytest.mark.parametrize("name", ["cortex-m0", "riscv32"])
def test_a_network_is_exact(name: str, tmp_path: Path) -> None:
    compare(runner(name), zoo()["cnn_2d"], tmp_path)


@pytest.mark.tool
def test_an_edited_file_is_run_as_it_lies(tmp_path: Path) -> None:
    one, graph = runner("cortex-m4"), zoo()["mlp"]
    compare(one, graph, tmp_path)
    source = tmp_path / "src" / "model.c"
    text = source.read_text()
    start = text.index("_weight[")
    at = text.index("{", start)
    source.write_text(text[:at] + "{ 1 + " + text[at + 1 :])
    inputs = codes(graph)
    got, expected = one.run(tmp_path, graph, inputs), evaluate_codes(graph, inputs)
    assert any(not np.array_equal(got[name], expected[name]) for name in graph.outputs)


@pytest.mark.tool
@pytest.mark.parametrize(
    ("rows", "columns", "what"),
    [
        (
            600,
            500,
            r"[\d,]+ bytes of flash beyond the machine's 256 KiB; the largest layer is fc with 300,",
        ),
        (
            2,
            9000,
            r"[\d,]+ bytes of RAM beyond the machine's 16 KiB; the widest layer is fc with 18,000",
        ),
    ],
)
def test_a_program_that_is_too_large_names_bytes_and_layer(
    rows: int, columns: int, what: str, tmp_path: Path
) -> None:
    one, build = runner("cortex-m0"), Builder("large")
    weights = np.resize(np.arange(-100, 101), (rows, columns))
    x = build.input((rows,), fixed(8, 1))
    sums = build.add(MatMul(), x, build.const(weights, fixed(8, 1), "w"), name="fc")
    chosen = build.add(ArgMax(), sums, name="best")
    graph = build.graph(chosen)
    backends.load("c").emit(graph).write(tmp_path)
    with pytest.raises(EdgemlError, match=what) as caught:
        one.run(tmp_path, graph, codes(graph))
    assert "compile.log" in caught.value.hint


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("name", cores.names())
def test_graphs_of_all_kinds_are_exact_on_every_core(name: str, tmp_path: Path) -> None:
    one = runner(name)
    chosen = _GRAPHS if name in CORES else ("cnn_2d", "beyond_float")
    for graph in chosen:
        compare(one, zoo()[graph], tmp_path / graph)


@pytest.mark.slow
@pytest.mark.tool
def test_random_graphs_are_exact_on_emulated_cores() -> None:
    for name in CORES:
        runner(name)
    outcome = graph_campaign("c", 5, 3, run=attempt_on_cores)
    assert outcome.failure is None, outcome.failure.message
    assert outcome.counts["exact"] >= 5


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("preset", _PRESETS)
def test_presets_are_exact_on_emulated_cores(preset: str) -> None:
    for name in CORES:
        runner(name)
    loaded = presets.load(preset)
    import_keras().utils.set_random_seed(0)
    model = build_model(loaded)
    x = np.random.default_rng(0).normal(0, 1, (20, *model.input_shape[1:])).astype(np.float32)
    result = edgeml.check(edgeml.lower(model), x, CORES)
    rows = {row.backend: row for row in result.results}
    assert {name: rows[name].status for name in CORES} == dict.fromkeys(CORES, "exact"), rows
    assert all(rows[name].samples == 20 for name in CORES)

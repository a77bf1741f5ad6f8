"""Reuse factors by layer: what may be named, what the layers take, integers and clocks under Verilator."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.runner import Simulation
from edgeml.backends.verilog.stream.factors import Reuse, choices, dense_layers, fewest_lanes
from edgeml.backends.verilog.stream.plan import FoldSegment, plan
from edgeml.errors import EdgemlError
from edgeml.estimate.verilog.counting import count
from edgeml.families.ecp5 import FABRIC as ECP5
from edgeml.ir import Graph
from tests.backends.verilog.samples import assert_exact, emitted
from tests.backends.verilog.test_probe import shown
from tests.backends.verilog.test_stream import cnn, simulated
from tests.zoo import codes, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")


def folds(graph: Graph, reuse: Reuse) -> dict[str, int]:
    """Clocks of every folded layer."""
    segments = plan(graph, reuse).segments
    return {graph.node(s.node).layer: len(s.weights) for s in segments if isinstance(s, FoldSegment)}


def manifest(graph: Graph, folder: Path, **settings: object) -> VerilogManifest:
    """The manifest beside the Verilog."""
    BACKEND.emit(graph, BACKEND.options(settings)).replace(folder)
    return VerilogManifest.read(folder)


MLP = (
    ({"fc1": 16, "fc2": 3, "fc3": 4}, {"fc1": 16, "fc2": 3, "fc3": 4}),
    ({"fc1": 8, "fc2": 1, "fc3": 2}, {"fc1": 8, "fc3": 2}),  # fc2 is laid out side by side
    ({"fc1": 1, "fc2": 6, "fc3": 1}, {"fc2": 6}),
    ({"fc1": 5, "default": 7}, {"fc1": 4, "fc2": 6, "fc3": 4}),  # the largest that divides and is allowed
    ({"fc1": 4}, {"fc1": 4, "fc2": 4, "fc3": 4}),  # the others: the beats in which the sample comes
    ({"fc2": 2}, {"fc1": 16, "fc2": 2, "fc3": 8}),
)
"""Tables for the zoo's mlp (16, 12, 8, 5), and the clocks that its folded layers then take."""


@pytest.mark.parametrize(("asked", "found"), MLP)
def test_every_layer_gets_its_own_factor(
    asked: dict[str, int], found: dict[str, int], tmp_path: Path
) -> None:
    graph = zoo()["mlp"]
    assert folds(graph, asked) == found
    written = manifest(graph, tmp_path, reuse_factor=asked)
    assert (written.mode, written.reuse_factor) == ("stream", asked)
    assert written.interval == max(found.values())
    counted = count(graph, BACKEND.options({"reuse_factor": asked}), ECP5)
    assert (counted.latency, counted.interval) == (written.latency, written.interval)
    assert {piece.layer.split(".")[0]: piece.reuse for piece in counted.pieces if piece.reuse} == found


def test_one_factor_for_all_is_a_table_of_the_same() -> None:
    graph = zoo()["mlp"]
    for factor in (1, 2, 4, 16):
        table = dict.fromkeys(("fc1", "fc2", "fc3"), factor)
        made = [
            {
                name: data
                for name, data in BACKEND.emit(
                    graph, BACKEND.options({"mode": "stream", "reuse_factor": reuse})
                ).files.items()
                if name != MANIFEST
            }
            for reuse in (factor, table)
        ]
        assert made[0] == made[1]


def test_images_come_in_pixels_whatever_the_first_layer_takes() -> None:
    graph = cnn(8)
    assert dense_layers(graph) == ("fc1", "logits")
    assert folds(graph, {"fc1": 12, "logits": 4}) == {"fc1": 12, "logits": 4}
    assert plan(graph, {"fc1": 12}).source.count == 64


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reuse_factor": {"fc4": 2}}, r"unknown layer 'fc4' or it is no dense layer.*did you mean fc"),
        ({"reuse_factor": {"act1": 2}}, "unknown layer 'act1' or it is no dense layer"),
        ({"reuse_factor": {"fc1": 0}}, "reuse_factor.*fc1.*greater than or equal to 1"),
        ({"reuse_factor": {"fc1": 2}, "mode": "parallel"}, "mode=parallel folds nothing"),
        ({"reuse_factor": 2, "mode": "parallel"}, "mode=parallel folds nothing"),
    ],
)
def test_layers_that_cannot_be_named_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(EdgemlError, match=message):
        BACKEND.emit(zoo()["mlp"], BACKEND.options(settings))


def test_a_factor_below_what_comes_in_is_refused_where_the_layer_is_named() -> None:
    graph = cnn(8)
    assert folds(graph, 2)["fc1"] == 4  # one factor for all is what a layer may take, if it can
    with pytest.raises(EdgemlError, match=r"fc1: cannot be done in 2 clocks: what it reads comes in 4 beats"):
        plan(graph, {"fc1": 2})
    assert folds(graph, {"default": 2}) == folds(graph, 2)


def test_a_manifest_that_was_tampered_with_is_none(tmp_path: Path) -> None:
    manifest(zoo()["mlp"], tmp_path, reuse_factor={"fc1": 4})
    path = tmp_path / MANIFEST
    path.write_text(path.read_text().replace('"fc1": 4', '"fc1": "many"'))
    with pytest.raises(EdgemlError, match="is not a manifest of edgeml"):
        VerilogManifest.read(tmp_path)


def test_the_choices_are_what_makes_a_difference() -> None:
    assert choices(12, 1) == (1, 2, 3, 4, 6, 12)
    assert {12 // fewest_lanes(12, 1, reuse) for reuse in range(1, 20)} == set(choices(12, 1))


class TestSimulated:
    """Under Verilator, which measures latency and interval as well."""

    pytestmark = simulated

    @pytest.mark.slow
    @pytest.mark.parametrize("asked", [MLP[0][0], MLP[1][0]])
    def test_different_factors_are_exact(self, asked: dict[str, int], tmp_path: Path) -> None:
        emitted(zoo()["mlp"], tmp_path, reuse_factor=asked)
        assert_exact(zoo()["mlp"], tmp_path, codes(zoo()["mlp"], 60), Simulation(seed=3))

    @pytest.mark.slow
    def test_a_cnn_with_different_factors_is_exact(self, tmp_path: Path) -> None:
        emitted(cnn(8), tmp_path, mode="stream", reuse_factor={"fc1": 8, "logits": 1})
        assert_exact(cnn(8), tmp_path, codes(cnn(8), 20))

    @pytest.mark.slow
    def test_the_inner_values_are_found(self, tmp_path: Path) -> None:
        seen = shown(zoo()["mlp"], tmp_path, mode="stream", reuse_factor={"fc1": 4, "fc2": 1, "fc3": 2})
        assert {"act1", "act2"} <= seen

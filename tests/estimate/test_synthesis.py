"""A design that nothing was fitted on, synthesized here: it lies in its interval; its clocks are exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeml import boards, tools
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.estimate import estimate
from edgeml.families import mapped
from edgeml.tools import yosys
from tests.backends.verilog import branches
from tests.backends.verilog.test_stream import cnn
from tests.estimate.test_hls import mlp

pytest.importorskip("da4ml", reason="da4ml is not installed")


@pytest.mark.tool
@pytest.mark.slow
@pytest.mark.parametrize(
    ("graph", "board", "settings"),
    [
        (mlp("fresh", (12, 9, 5)), "ulx3s-85f", {"mode": "parallel"}),
        (cnn(6, 911), "icebreaker", {"mode": "stream"}),
        (
            branches.autoencoder(),
            "pynq-z2",
            {
                "mode": "stream",
                "reuse_factor": {"down": 96, "middle": 72, "up": 72},
                "pair_bits": {"middle": 25, "up": 25},
            },
        ),
    ],
    ids=["parallel", "stream", "folded, two layers with two products in a multiplier"],
)
def test_a_fresh_design_lies_in_its_interval(
    graph, board: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    if tools.find("yosys") is None:
        pytest.skip(f"yosys: {tools.load('yosys').install}")
    target = mapped(boards.load(board))
    BACKEND.emit(graph, BACKEND.options(settings)).write(tmp_path / "v")
    manifest = VerilogManifest.read(tmp_path / "v")
    sources = [tmp_path / "v" / name for name in manifest.files]
    made = yosys.synthesize(sources, manifest.top, target.mapping.passes, tmp_path / "s", seconds=280.0)
    real = target.usage(made.cells)
    found = estimate(graph, boards.load(board), "verilog", settings)
    assert found.cycles is not None and found.cycles.value == manifest.latency
    for kind in ("lut", "ff", "dsp", "bram"):
        guess, truth = getattr(found.total, kind), getattr(real, kind)
        assert guess.low <= truth.value <= guess.high, f"{kind}: {truth.value} is not in {guess}"

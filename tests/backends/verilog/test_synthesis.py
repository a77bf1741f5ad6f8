"""The emitted Verilog through Yosys: read and synthesized, no undriven or implicit wire, no latch."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml import tools
from edgeml.ir import Graph
from edgeml.tools import run
from tests.backends.verilog.samples import emitted, small
from tests.backends.verilog.test_stream import cnn
from tests.zoo import zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")


@pytest.mark.tool
@pytest.mark.slow
@pytest.mark.parametrize(
    ("graph", "mode"),
    [
        (small(), "parallel"),
        (zoo()["lookup"], "parallel"),
        (zoo()["residual"], "parallel"),
        (cnn(6), "stream"),
    ],
    ids=lambda value: value.name if isinstance(value, Graph) else value,
)
def test_yosys_synthesizes_it(graph: Graph, mode: str, tmp_path: Path) -> None:
    yosys = tools.find("yosys")
    if yosys is None:
        pytest.skip(f"yosys: {tools.load('yosys').install}")
    manifest = emitted(graph, tmp_path, mode=mode)
    steps = (f"read_verilog {' '.join(manifest.files)}", f"synth -top {manifest.top} -flatten -noabc")
    script = "; ".join((*steps, "check -assert", "log done"))
    done = run([yosys.path, "-p", script], tmp_path, tmp_path / "yosys.log", 280.0, yosys.environment)
    assert "\ndone\n" in done.output  # an exit code of 0 alone does not tell that Yosys came to the end
    warnings = [line for line in done.output.splitlines() if line.startswith("Warning")]
    assert not [line for line in warnings if "implicit" in line or "no driver" in line], warnings
    assert "Latch inferred" not in done.output

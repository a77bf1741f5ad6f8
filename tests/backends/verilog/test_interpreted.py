"""Verilog under Icarus: side by side and streamed designs give the graph's integers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.interpreted import Interpretation
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate_codes
from edgeml.tools import icarus
from tests.backends.verilog.test_stream import cnn
from tests.zoo import codes, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")
interpreted = [
    pytest.mark.tool,
    pytest.mark.skipif(bool(icarus.missing()), reason=icarus.missing() or "-"),
]
_MIXED = re.compile(r"^\s*(?:wire|reg)\b[^;=]*=[^;{}()]*,\s*\w+\s*;", re.MULTILINE)
"""A declaration with what drives one of its nets and not the others: SystemVerilog, not Verilog."""


class TestInterpretation:
    pytestmark = interpreted

    @pytest.mark.parametrize(
        ("graph", "mode"),
        [("mlp", "parallel"), ("max_min", "parallel"), ("cnn_2d", "stream"), ("mlp_classes", "stream")],
    )
    def test_it_gives_the_integers_of_the_graph(self, graph: str, mode: str, tmp_path: Path) -> None:
        exact, runner = zoo()[graph], Interpretation()
        BACKEND.emit(exact, BACKEND.options({"mode": mode})).write(tmp_path)
        assert 1 <= runner.most_vectors(tmp_path, exact) <= 64
        inputs = codes(exact, 3)
        got, right = runner.run_codes(tmp_path, exact, inputs), evaluate_codes(exact, inputs)
        for name in exact.outputs:
            assert np.array_equal(got[name], right[name])

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [("fc1_0 =", "fc1_0 = 32'bx &", "neither 0 nor 1"), ("endmodule", "endmodul", "syntax error")],
    )
    def test_what_it_cannot_say_is_an_error(self, old: str, new: str, says: str, tmp_path: Path) -> None:
        exact = zoo()["mlp"]
        BACKEND.emit(exact, BACKEND.options({"mode": "parallel"})).write(tmp_path)
        path = next(path for path in tmp_path.glob("*fc1.v") if old in path.read_text())
        path.write_text(path.read_text().replace(old, new, 1))
        with pytest.raises(EdgemlError, match=says):
            Interpretation().run_codes(tmp_path, exact, codes(exact, 3))


@pytest.mark.parametrize("settings", [{"mode": "stream"}, {"mode": "stream", "reuse_factor": 4}])
def test_declarations_are_those_of_verilog_2001(settings: dict[str, object], tmp_path: Path) -> None:
    BACKEND.emit(cnn(), BACKEND.options(settings)).write(tmp_path)
    for name in VerilogManifest.read(tmp_path).files:
        assert not _MIXED.findall((tmp_path / name).read_text()), name
    assert _MIXED.search("  wire valid = offered & ready, ready;")

"""The emitted Verilog under Verilator: integers, latency, interval, stalls, resets; and that checks fail."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST
from edgeml.backends.verilog.runner import Simulation
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate_codes
from edgeml.tools import verilator
from tests.backends.verilog.samples import assert_exact, digits_like, emitted, partly_read, small
from tests.backends.verilog.test_emission import awkward
from tests.zoo import codes, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")
pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(zoo()))
def test_the_zoo_is_exact(name: str, tmp_path: Path) -> None:
    graph = zoo()[name]
    emitted(graph, tmp_path)
    assert_exact(graph, tmp_path, codes(graph, 64))


@pytest.mark.slow
@pytest.mark.parametrize("stage", [1, 2])
def test_a_digits_network_is_exact_on_all_digits(stage: int, tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    graph = digits_like()
    emitted(graph, tmp_path, adders_per_stage=stage)
    assert_exact(graph, tmp_path, {"pixels": np.asarray(load_digits(return_X_y=True)[0], np.int64)})


def test_one_layer_is_exact_with_and_without_stalls(tmp_path: Path) -> None:
    graph = small()
    emitted(graph, tmp_path)
    for runner in (Simulation(stalls=False), Simulation(seed=1), Simulation(seed=2)):
        assert_exact(graph, tmp_path, codes(graph, 500), runner)


def test_inputs_that_are_not_all_read_are_exact(tmp_path: Path) -> None:
    emitted(partly_read(), tmp_path)
    assert_exact(partly_read(), tmp_path, codes(partly_read(), 500), Simulation(seed=3))


def test_awkward_names_are_exact(tmp_path: Path) -> None:
    emitted(awkward(), tmp_path)
    assert_exact(awkward(), tmp_path, codes(awkward(), 50))


def test_no_samples_give_no_results(tmp_path: Path) -> None:
    graph = small()
    emitted(graph, tmp_path)
    assert Simulation().run(tmp_path, graph, codes(graph, 0))["act"].shape == (0, 3)


@pytest.mark.parametrize(
    ("key", "message"),
    [("latency", "the latency is 3 clocks, edgeml.json promises 4"), ("interval", "goes in every 1")],
)
def test_a_broken_promise_is_an_error(key: str, message: str, tmp_path: Path) -> None:
    graph = small()
    emitted(graph, tmp_path)
    found = json.loads((tmp_path / MANIFEST).read_text())
    found[key] += 1
    (tmp_path / MANIFEST).write_text(json.dumps(found))
    with pytest.raises(EdgemlError, match=message):
        Simulation().run(tmp_path, graph, codes(graph, 8))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("compact_act.v", "{4'd0, (", "{4'd0, ~("),  # rounding
        ("compact_fc.v", " - ", " + "),  # one weight
    ],
)
def test_a_wrong_line_is_found(file: str, old: str, new: str, tmp_path: Path) -> None:
    graph = small()
    emitted(graph, tmp_path)
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1))
    inputs = codes(graph, 200)
    assert not np.array_equal(
        Simulation().run(tmp_path, graph, inputs)["act"], evaluate_codes(graph, inputs)["act"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("edgeml_skid.v", "if (moves) m_data <=", "m_data <=", "changed before it was taken"),
        (
            "edgeml_skid.v",
            "else if (s_valid) s_ready <= 1'b0",
            "else if (s_valid) s_ready <= 1'b1",
            "no beat has moved",
        ),
        ("compact.v", "m_axis_tlast = 1'b1", "m_axis_tlast = 1'b0", "tlast"),
    ],
)
def test_a_broken_handshake_is_found(file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    graph = small()
    emitted(graph, tmp_path)
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1))
    with pytest.raises(EdgemlError, match=message):
        Simulation().run(tmp_path, graph, codes(graph, 200))


def test_lint_refuses_a_warning(tmp_path: Path) -> None:
    (tmp_path / "bad.v").write_text(
        "module bad (input wire [3:0] a, output wire [1:0] b);\n  assign b = a;\nendmodule\n"
    )
    with pytest.raises(EdgemlError, match="WIDTHTRUNC"):
        verilator.lint([tmp_path / "bad.v"], "bad", tmp_path / "log")


def test_precompiled_headers_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, main = (
        tmp_path / "tiny.v",
        '#include "Vdut.h"\nint main() { Vdut dut; dut.eval(); return dut.b; }\n',
    )
    source.write_text("module tiny (input wire a, output wire b);\n  assign b = ~a;\nendmodule\n")
    verilator.simulation([source], "tiny", main)  # the first of a folder has none
    used = verilator.simulation([source], "tiny", f"{main}// precompiled\n")
    assert list(used.parents[1].glob("*/headers-*.h.gch"))
    monkeypatch.setattr(verilator, "_headers", lambda *_: ())
    read = verilator.simulation([source], "tiny", f"{main}// read\n")
    assert used.read_bytes() == read.read_bytes()
    assert subprocess.run([used], check=False).returncode == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    emitted(small(), tmp_path)
    (tmp_path / "compact_fc.v").unlink()
    with pytest.raises(EdgemlError, match=r"compact_fc\.v"):
        Simulation().run(tmp_path, small(), codes(small(), 2))


def test_verilog_of_another_graph_is_refused(tmp_path: Path) -> None:
    emitted(small(), tmp_path)
    with pytest.raises(EdgemlError, match="export again"):
        Simulation().run(tmp_path, zoo()["relu"], codes(zoo()["relu"], 2))


def test_the_runner_says_what_it_runs() -> None:
    (runner,) = BACKEND.runners()
    assert (runner.name, runner.artefact, runner.available()) == ("verilator", MANIFEST, "")

"""Yosys says of other text that it is the same circuit only where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml import backends
from edgeml.backends.verilog.proof.equal import equal_modules
from edgeml.errors import BrokenArtefactError, EdgemlError, MissingToolError
from edgeml.files import FileSet
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.tools import verilator, yosys
from tests.prove import test_streams, test_verilog
from tests.zoo import zoo

pytestmark = pytest.mark.tool


def compared(files: FileSet, top: str, edits: tuple[tuple[str, str, str], ...]) -> tuple[str, ...]:
    if yosys.TOOL.find() is None:
        pytest.skip(f"Yosys is not installed: {yosys.TOOL.install}")
    texts = {name: files[name].decode() for name in files if name.endswith(".v")}
    others = dict(texts)
    for file, old, new in edits:
        assert old in others[file], old
        others[file] = others[file].replace(old, new, 1)
    return equal_modules(top, others, texts)


SKID_PORT = ("edgeml_skid.v", "input  wire [WIDTH-1:0] s_data", "input  wire [WIDTH-0:0] s_data")


def test_a_bit_that_nothing_reads_changes_nothing() -> None:
    edit = ("edgeml_skid.v", "reg [WIDTH-1:0] spare", "reg [WIDTH-0:0] spare")
    assert compared(test_verilog.design(), "tiny", (edit,)) == ("edgeml_skid.v",)


@pytest.mark.slow
@pytest.mark.parametrize(
    "edits",
    [
        (SKID_PORT,),
        (("tiny_sums.v", "x_1 - x_3;", "(x_1 <<< 0) - x_3;"),),
    ],
    ids=["another port", "another order"],
)
def test_what_changes_nothing_is_equal(edits: tuple[tuple[str, str, str], ...]) -> None:
    assert set(compared(test_verilog.design(), "tiny", edits)) == {file for file, _, _ in edits}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("edgeml_skid.v", "s_ready ? s_data : spare", "s_data"),
        ("edgeml_skid.v", "reg [WIDTH-1:0] spare", "reg [WIDTH-2:0] spare"),
        ("tiny_sums.v", "x_1 - x_3;", "x_1 + x_3;"),
        ("tiny.v", ".STAGES(13)", ".STAGES(12)"),
        ("tiny.v", ".s_valid(valid)", ".s_valid(s_axis_tvalid)"),
        ("tiny.v", "m_axis_tlast = 1'b1", "m_axis_tlast = 1'b0"),
    ],
)
def test_an_error_is_not_equal(file: str, old: str, new: str) -> None:
    with pytest.raises(EdgemlError, match="does not show"):
        compared(test_verilog.design(), "tiny", ((file, old, new),))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"), [("words[1] = 12'h", "words[1] = ~12'h"), ("words[1]", "words[2]"), ("[0:7]", "[1:7]")]
)
def test_another_word_of_a_memory_is_not_equal(old: str, new: str) -> None:
    with pytest.raises(EdgemlError):
        compared(test_streams.design(), "scene", (("scene_sums_weights.v", old, new),))


@pytest.mark.slow
def test_text_that_yosys_does_not_read_is_refused() -> None:
    with pytest.raises(BrokenArtefactError, match="is not read: edgeml_skid"):
        compared(test_verilog.design(), "tiny", (("edgeml_skid.v", "1'b0", "0'b0"),))


@pytest.mark.slow
def test_a_design_whose_text_is_equal_is_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if verilator.missing() or yosys.TOOL.find() is None:
        pytest.skip("Verilator or Yosys is not installed")
    graph = zoo()["relu"]
    backends.load("verilog").emit(graph).write(tmp_path / "verilog")
    path = tmp_path / "verilog" / "edgeml_skid.v"
    path.write_text(path.read_text().replace("reg [WIDTH-1:0] spare", "reg [WIDTH-0:0] spare", 1))
    proof = prove_folder(tmp_path, graph, ["verilog"]).results[0]
    assert (proof.verdict, proof.reason) == (Verdict.PROVEN, "")
    assert "edgeml_skid.v" in proof.steps[0].argument

    def missing() -> None:
        raise MissingToolError("Yosys is not there")

    monkeypatch.setattr(yosys.TOOL.__class__, "need", lambda self: missing())
    proof = prove_folder(tmp_path, graph, ["verilog"]).results[0]
    assert proof.verdict is Verdict.NOT_PROVEN
    assert "Yosys is not there" in proof.reason

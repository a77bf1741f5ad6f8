"""The tests notice when the code is broken: some of `tests/mutants/source.py` run, all of them apply."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.checks import golden as vectors
from tests.mutants.artefacts import Count, count
from tests.mutants.source import CAST, MUTANTS, ROOT, survives
from tests.zoo import zoo

OF_A_CONSTANT = re.compile(r"\.(weight|bias)(_bitwidth\[0\]| \w.*)$| as float64$")
"""The quantizer of a weight or bias of a QONNX model: its width, its rounding and flags; or a wider float."""


def test_every_mutant_applies():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        text = (ROOT / "edgeml" / mutant.file).read_text()
        assert text.count(mutant.old) == 1, mutant.name
        assert mutant.new != mutant.old


@pytest.mark.slow
def test_unbroken_code_passes():
    assert survives(None, CAST, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["tie-conv-to-odd", "matmul-bounds", "wrap-sign", "onnx-clip-bound", "qonnx-half", "dead-constants-lost"],
)
def test_is_noticed(name):
    (mutant,) = (mutant for mutant in MUTANTS if mutant.name == name)
    assert not survives(mutant, mutant.tests, mutant.only)


@pytest.mark.parametrize("name", ["onnx", "qonnx"])
def test_every_edit_of_a_model_is_shown(name: str, tmp_path: Path):
    """By the comparison each, and by vectors all but those that change no integer of any input."""
    found = broken(name, tmp_path, execute=12)
    assert found.missed == () and found.compared == found.edits > 100
    # Constants lie on the grids of their quantizers: another rounding or a wider type does not change them.
    seen_by_comparison_alone = [what for what in found.unseen if not OF_A_CONSTANT.search(what)]
    assert len(seen_by_comparison_alone) < found.executed * 0.2, seen_by_comparison_alone


@pytest.mark.parametrize("name", ["hls4ml", "verilog", "c"])
def test_every_edit_of_sources_is_shown_by_the_comparison(name: str, tmp_path: Path):
    found = broken(name, tmp_path, execute=0)
    assert found.missed == () and found.compared == found.edits >= 30


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("name", ["hls4ml", "verilog", "c"])
def test_edits_of_sources_are_shown_by_vectors_too(name: str, tmp_path: Path):
    found = broken(name, tmp_path, execute=3)
    assert found.missed == () and found.executed == 3


def broken(name: str, folder: Path, execute: int) -> Count:
    """A small network, exported, broken in every place."""
    back_end, graph = backends.load(name), zoo()["mlp_classes"]
    missing = back_end.missing() or back_end.runners()[0].available()
    if missing:
        pytest.skip(missing)
    back_end.emit(graph).write(folder)
    shape = graph.info(graph.inputs[0]).shape
    golden = vectors.make(graph, np.random.default_rng(2).random((20, *shape)))
    return count(name, folder, graph, golden, execute)

"""The tests notice when the code is broken: some of `tests/mutants/source.py` run, all of them apply."""

from __future__ import annotations

import pytest

from tests.mutants.source import CAST, MUTANTS, ROOT, survives


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
    "name", ["tie-conv-to-odd", "matmul-bounds", "wrap-sign", "onnx-clip-bound", "qonnx-half"]
)
def test_is_noticed(name):
    (mutant,) = (mutant for mutant in MUTANTS if mutant.name == name)
    assert not survives(mutant, mutant.tests, mutant.only)

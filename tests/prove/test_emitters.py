"""Mutants of emitters: all that they write is refuted (`python -m tests.prove.emitters` has them all)."""

from __future__ import annotations

import pytest

from tests.prove import emitters


@pytest.mark.slow
@pytest.mark.parametrize("name", ["onnx", "qonnx"])
def test_mutants_of_an_emitter_are_refuted(name: str) -> None:
    *_, mutant = emitters.mutants(name)
    right, line = emitters.judged(name, mutant)
    assert right and line.startswith("refuted"), line

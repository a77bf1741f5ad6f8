"""Artefacts of random networks are proven as they are emitted, whatever their constants make of the ops."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml import backends
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from tests.passes.networks import network
from tests.support import needs_c_compiler

pytestmark = pytest.mark.tool


def proven(name: str, seed: int, folder: Path) -> None:
    backend, graph = backends.load(name), network(seed)
    backend.emit(graph).write(folder / backend.folder)
    proof = prove_folder(folder, graph, [name]).results[0]
    assert (proof.verdict, proof.reason, proof.failure) == (Verdict.PROVEN, "", "")


# A variable that holds a sum for some elements alone; a layer of the back end's own; a result without a name.
@pytest.mark.parametrize("seed", [22, 26, 31])
def test_the_c_is_proven(seed: int, tmp_path: Path) -> None:
    needs_c_compiler()
    proven("c", seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 4, 10, 13, 14, 20, 27, 28, 38, 41, 52, 69])
def test_more_of_the_c_is_proven(seed: int, tmp_path: Path) -> None:
    needs_c_compiler()
    proven("c", seed, tmp_path)

"""Random QONNX and QDQ models: a sample of the campaign, which ran 500 of each kind once."""

from __future__ import annotations

import pytest

from tests.importers.campaign import contents, outcome

pytest.importorskip("qonnx", reason="the qonnx package is not installed")


def tried(kind: str, seeds: range, folder) -> list[str]:
    """The models that differ from their own executor in a way that was not announced."""
    wrong = []
    for seed in seeds:
        found = outcome(contents(kind, seed, folder), f"{kind}_{seed}.onnx")
        assert found.total > 0
        if found.float32 and not (found.announced or found.double == 0):
            wrong.append(f"{kind} {seed}: {found}")
    return wrong


@pytest.mark.parametrize(("kind", "count"), [("powers", 8), ("floats", 5), ("qdq", 2)])
def test_a_few(kind, count, tmp_path):
    assert tried(kind, range(count), tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count"), [("powers", 60), ("floats", 60), ("qdq", 12)])
def test_a_sample(kind, count, tmp_path):
    """Takes some 20 s in all."""
    assert tried(kind, range(100, 100 + count), tmp_path) == []


def test_powers_of_two_are_exact_in_float32_too(tmp_path):
    for seed in range(8, 20):
        assert outcome(contents("powers", seed, tmp_path), "x.onnx").float32 == 0

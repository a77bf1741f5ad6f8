"""A graph from arrays alone follows its settings; what does not fit is refused."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeml
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate_codes, input_codes
from edgeml.ptq.tensors import TensorRunner
from tests.ptq import nets


def test_settings_and_samples_are_those_of_the_caller(tmp_path: Path) -> None:
    file, x = tmp_path / "net.onnx", nets.draw(40, 64, 6)
    file.write_bytes(nets.mlp_model())

    def made(**settings: int) -> edgeml.Graph:
        return edgeml.quantize_graph(file, x, bits=8, settings={"inputs": 12, **settings})

    graph, narrow = made(), made(**{"layers.fc1.weights": 3})
    assert graph.info("x").scalar.width == 12
    (plain,) = TensorRunner(nets.mlp_model(), "").run(x, ("logits",))
    errors = [float(np.abs(edgeml.evaluate(one, x) - plain).max()) for one in (graph, narrow)]
    assert errors[0] < 0.3 < errors[1]
    assert graph.digest == made().digest
    named = made(**{"layers.act1.activations": 5})
    assert named.digest == made(**{"layers.act1_quant.activations": 5}).digest != graph.digest


@pytest.mark.parametrize(
    ("x", "options", "what"),
    [
        (np.zeros((4, 5)), {}, r"takes samples of shape \(6,\), these have \(5,\)"),
        (np.zeros((0, 6)), {}, "no samples to calibrate with"),
        (np.zeros((4, 6)), {"bits": 1}, "weights"),
        (np.zeros((4, 6)), {"settings": {"max_loss": 1}}, "takes no bound on the loss"),
        (np.ones((4, 6)), {"settings": {"layers.fc2.activations": 4}}, "the result of 'fc2' stays exact"),
        (np.ones((4, 6)), {"settings": {"layers.act1.weights": 4}}, "'act1' has no weights"),
        (np.zeros((4, 6)), {"settings": {"layers.fc7.weights": 4}}, "no layer 'fc7'"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, x: np.ndarray, options: dict, what: str) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(nets.mlp_model())
    with pytest.raises(EdgemlError, match=what):
        edgeml.quantize_graph(file, x, **options)


@pytest.mark.parametrize("bits", [8, 10, 13, 16])
def test_a_mean_over_36_pixels_is_rounded_half_to_even(tmp_path: Path, bits: int) -> None:
    """A multiplier alone cannot: ties go up and down in turn."""
    file = tmp_path / "net.onnx"
    file.write_bytes(nets.mean_model())
    x = np.abs(nets.draw(15, 60, 6, 6, 2))
    graph = edgeml.quantize_graph(file, x, bits=bits, corrections=(), method="minmax")
    values = evaluate_codes(graph, input_codes(graph, {"x": x}), ["pooled.pool", "pooled_quant.codes"])
    total, codes = values["pooled.pool"], values["pooled_quant.codes"]
    power = round(np.log2(36 * codes.sum() / total.sum()))  # between the LSBs of the two types
    quotients = [int(number) * Fraction(2) ** power / 36 for number in total.flat]
    most = int(graph.info("pooled_quant.codes").hi.max())
    assert codes.reshape(-1).tolist() == [min(round(quotient), most) for quotient in quotients]
    assert power <= 1, "an odd divisor has no ties"


def test_a_batch_norm_in_front_names_the_bits_that_work(tmp_path: Path) -> None:
    """Its factors are no powers of two, and steps of at most 12 bits are proven one by one."""
    file, x = tmp_path / "net.onnx", nets.draw(40, 64, 6)
    file.write_bytes(nets.norm_model())
    with pytest.raises(EdgemlError) as refusal:
        edgeml.quantize_graph(file, x, bits=14)
    assert refusal.value.where == "norm"
    settings = re.search(r"settings=\{'(.*)': (\d+)\}", refusal.value.hint)
    assert settings is not None and "--bits 12" in refusal.value.hint
    edgeml.quantize_graph(file, x, bits=14, settings={settings[1]: int(settings[2])})
    edgeml.quantize_graph(file, x, bits=12)


class NoModel:
    """Neither a model nor a path."""


@pytest.mark.parametrize(
    ("options", "where", "what"),
    [
        ({"x": "data.npz"}, "x", "no array of real numbers"),
        ({"x": [[1, 2], [3]]}, "x", "no array of real numbers"),
        ({"x": np.zeros((4, 6), complex)}, "x", "no array of real numbers"),
        ({"model": None}, "model", "is of type NoneType, not a path"),
        ({"model": NoModel()}, "model", "is of type NoModel, not a path"),
        ({"model": b"net.onnx"}, "model", "is of type bytes, not a path"),
        ({"corrections": "bias"}, "corrections", "no list of names"),
        ({"corrections": None}, "corrections", "no list of names"),
        ({"settings": "terms=0"}, "settings", "is a str, no mapping"),
    ],
)
def test_arguments_of_another_type_are_refused_by_name(options: dict, where: str, what: str) -> None:
    arguments = {"model": "net.onnx", "x": np.zeros((4, 6)), **options}
    with pytest.raises(EdgemlError, match=what) as refusal:
        edgeml.quantize_graph(**arguments)
    assert refusal.value.where == where and refusal.value.hint


@pytest.mark.parametrize(
    ("options", "where", "what"),
    [
        ({"model": NoModel()}, "model", "is of type NoModel, not a path"),
        ({"data": np.zeros((4, 6))}, "data", "is of type ndarray, not a path"),
        ({"data": {"x": [0.0]}}, "data", "is of type dict, not a path"),
        ({"out": 3}, "out", "is of type int, not a path"),
        ({"weights_file": 3}, "weights_file", "is of type int, not a path"),
        ({"progress": "yes"}, "progress", "is of type str, not a function"),
        ({"corrections": "bias"}, "corrections", "no list of names"),
        ({"settings": ["terms=0"]}, "settings", "is a list, no mapping"),
        ({"settings": {"quantize": 3}}, "quantize net.onnx", "quantize is a table of values, not 3"),
        ({"settings": {"data": "digits"}}, "quantize net.onnx", "data is a table of values, not 'digits'"),
    ],
)
def test_arguments_of_a_run_are_refused_by_name(
    options: dict, where: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.onnx").write_bytes(nets.mlp_model())
    with pytest.raises(EdgemlError, match=what) as refusal:
        edgeml.quantize(**{"model": "net.onnx", "data": "digits", **options})
    assert refusal.value.where == where and refusal.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_settings_stand_over_arguments(tmp_path: Path) -> None:
    file, x = tmp_path / "net.onnx", nets.draw(40, 64, 6)
    file.write_bytes(nets.mlp_model())
    np.savez(tmp_path / "data.npz", x=x)
    files = file, tmp_path / "data.npz", tmp_path / "run"
    six: Any = np.int64(6)
    run = edgeml.quantize(*files, bits=six, settings={"quantize.weights": 5})
    assert run.config.post_training is not None
    assert (run.config.post_training.weights, run.config.post_training.activations) == (5, 6)

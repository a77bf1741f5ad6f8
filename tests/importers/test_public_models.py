"""Models that others made, from the folder EDGEML_MODELS: exact, or refused for the reason given here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edgeml import importers
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate_codes, input_codes
from edgeml.presets import Lowering


@dataclass(frozen=True)
class Expected:
    """The import of a file.

    Args:
        input_type: of the data; empty if the model quantizes them itself.
        samples: of its own data, from NAME.io.npz.
        rounds: its executor rounds in float32, which is announced; it is compared in float64 instead.
        refused: part of the error, if it cannot be imported without a type.
    """

    input_type: str = ""
    samples: int = 4
    rounds: bool = False
    refused: str = ""


MODELS = {
    "tfc_1w2a.qonnx.onnx": Expected(samples=8),
    "kwsmlp_w3a3.qonnx.onnx": Expected(samples=8),
    "qkeras_jettagging.qonnx.onnx": Expected("fixed<16,6>", 8, refused="--input-type"),
    "qkeras_qdense.qonnx.onnx": Expected("fixed<16,6>", 8, refused="--input-type"),
    "qkeras_qconv2d.qonnx.onnx": Expected("fixed<12,4>", 4, refused="--input-type"),
    "eltwise_chanlast.qonnx.onnx": Expected("ufixed<8,8>", 1, refused="--input-type"),
    "espcn_nn_resize.qonnx.onnx": Expected(samples=1, rounds=True),
    "mnist_conv_int8.qdq.onnx": Expected(samples=16),
    "mnist_conv_float.onnx": Expected("ufixed<8,8>", refused="is a float model"),
    "ad01_int8.tflite": Expected(samples=32),
    "resnet8_int8.tflite": Expected(samples=8),
}
SLOW = ("espcn", "eltwise", "ad01")


def folder() -> Path:
    place = Path(os.environ.get("EDGEML_MODELS", ""))
    if not os.environ.get("EDGEML_MODELS") or not place.is_dir():
        pytest.skip("EDGEML_MODELS is not set to a folder of models")
    return place


def imported(path: Path, expected: Expected):
    lowering = Lowering(input_type=expected.input_type or None)
    return importers.read(
        importers.SourceFile(path, path.read_bytes()), importers.ImportOptions("net", lowering)
    )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name.startswith(SLOW) else name
        for name in sorted(MODELS)
    ],
)
def test_a_public_model(name):
    path, expected = folder() / name, MODELS[name]
    if not path.exists():
        pytest.skip(f"{name} is not in EDGEML_MODELS")
    if expected.refused:
        with pytest.raises(EdgemlError, match=expected.refused):
            imported(path, Expected())
        if "float" in expected.refused:
            return
    found = imported(path, expected)
    if found.model.missing():
        pytest.skip(found.model.missing())
    graph = found.graph
    (name,) = graph.inputs
    x = {name: data_of(path, graph, found.inputs[0], expected)}
    keep = found.model.values
    ours = evaluate_codes(graph, input_codes(graph, x), keep)
    theirs = found.model.run_double(x, keep) if expected.rounds else found.model.run(x, keep)
    assert theirs is not None
    wrong = {
        value: int(
            np.count_nonzero(
                np.ldexp(ours[value].astype(float), -graph.info(value).type.frac) != theirs[value]
            )
        )
        for value in keep
    }
    if expected.rounds:
        assert any(not note.exact for note in graph.notes)
    assert not any(wrong.values()), wrong


def data_of(path: Path, graph, layout, expected: Expected) -> np.ndarray:
    """The file's own samples, as the graph's input takes them."""
    stem = path.name.removesuffix(".onnx").removesuffix(".tflite")
    shape = graph.info(layout.name).shape
    with np.load(path.parent / f"{stem}.io.npz") as data:
        x = data["x"][: expected.samples].astype(np.float64)
    if path.suffix == ".tflite":
        return x
    x = x.reshape(len(x), *x.shape[2:])
    if layout.axes:
        x = x.transpose(0, *(axis + 1 for axis in layout.axes))
    return x.reshape(len(x), *shape) / layout.scale + layout.zero_point


def test_every_model_of_the_folder_is_named_here():
    there = {path.name for path in folder().iterdir() if path.suffix in (".onnx", ".tflite")}
    assert there <= set(MODELS)

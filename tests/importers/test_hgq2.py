"""HGQ2's archives: bits of each element, and refusals. `tests/hgq2` compares with HGQ2 itself."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import importers
from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.ir import Graph, evaluate
from edgeml.presets import Lowering
from tests.importers.formats.hgq2 import dense, quantizer, written


def read(path: Path, **lowering: Any) -> Graph:
    source = importers.SourceFile(path, path.read_bytes())
    return importers.read(source, importers.ImportOptions("small", Lowering(**lowering))).graph


def test_weights_have_the_bits_of_their_element(tmp_path: Path) -> None:
    graph = read(written(tmp_path / "small.keras", dense()))
    weights = to_float(graph.constants["fc.weight"], graph.info("fc.weight").type.frac)
    # b = 0, 1, 2 and 3 bits beside the sign with i = 1: LSBs none, 1, 1/2 and 1/4, symmetric ends.
    # -1.5 (b=0), -1.227 (1), -0.955 (2) / -0.682 (3), -0.409 (0), -0.136 (1) / 0.136 (2), 0.409 (3), ...
    expected = [[0, -1, -1], [-0.75, 0, 0], [0, 0, 0], [1, 1, 1.5]]
    # The input 2 has no bits (k + i + f = 1 - 1 + 0), so its weights are zero whatever they were.
    assert weights.tolist() == expected


def test_inputs_wrap_and_round_with_the_bits_of_their_element(tmp_path: Path) -> None:
    graph = read(written(tmp_path / "small.keras", dense(activation="linear")))
    x = np.array([[1.125, 4.0, 9.0, 0.5], [-2.125, -4.0, 9.0, -1.0]])
    # Element 0: k1 i1 f2: 1.125 rounds to 1.25, -2.125 (halfway) to -2; element 1: [-4, 4) wraps 4 to -4;
    # element 3: k1 i0 f1.
    rounded = np.array([[1.25, -4.0, 0, 0.5], [-2.0, -4.0, 0, -1.0]])
    weights = to_float(graph.constants["fc.weight"], graph.info("fc.weight").type.frac)
    bias = np.array([0.5, -0.25, 1.75])
    np.testing.assert_array_equal(evaluate(graph, x), rounded @ weights + bias)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "tanh"}, "has the activation 'tanh'"),
        ({"kq_conf": quantizer("float", "SAT", True)}, "has a quantizer of the kind float"),
        ({"kq_conf": quantizer("kbi", "WRAP_SM", True)}, "WRAP_SM"),
        ({"data_format": "channels_first"}, "has channels first"),
        ({"enable_iq": False}, "its input is not read by one quantizer alone.*--input-type"),
        ({"iq_conf": None}, "is damaged"),
    ],
)
def test_what_is_not_covered_is_refused_with_its_layer(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(EdgemlError, match=message):
        read(written(tmp_path / "small.keras", dense(**settings)))


def test_an_unknown_layer_is_named(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="fc .QGRU.: the layer QGRU of HGQ2 is not covered"):
        read(written(tmp_path / "small.keras", dense(), kind="QGRU"))


def test_a_stated_input_type_is_rounded_to_first(tmp_path: Path) -> None:
    graph = read(written(tmp_path / "small.keras", dense(enable_iq=False)), input_type="fixed<6,3>")
    assert str(graph.info("x").type) == "fixed<6,3>"


def test_an_archive_without_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "hgq>QDense", "x": "hgq>"}))
    with pytest.raises(EdgemlError):
        read(path)

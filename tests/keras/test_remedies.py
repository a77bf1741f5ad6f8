"""The remedies in refusals of layers and operations, the same at every entrance."""

from __future__ import annotations

from typing import Any

import pytest

from edgeml.errors import EdgemlError
from edgeml.keras import layers, operations
from edgeml.keras.float_onnx import float_onnx
from edgeml.keras.registry import snake_case


@pytest.mark.parametrize("folder", [layers, operations])
def test_remedies_are_of_classes_that_are_not_covered(folder: Any) -> None:
    assert {name for name in folder.REMEDIES if snake_case(name) in folder.names()} == set()


def test_remedies_of_layers_are_of_classes_that_there_are() -> None:
    keras, qkeras = pytest.importorskip("keras"), pytest.importorskip("qkeras")
    there = {*vars(keras.layers), *vars(qkeras)}
    assert {name for name in layers.REMEDIES if name not in there} == set()


@pytest.mark.parametrize(
    "name", ["LayerNormalization", "GroupNormalization", "MultiHeadAttention", "Embedding"]
)
def test_every_entrance_says_what_to_use_instead(name: str) -> None:
    keras = pytest.importorskip("keras")
    inputs = keras.Input((4, 4))
    layer = {
        "LayerNormalization": keras.layers.LayerNormalization(),
        "GroupNormalization": keras.layers.GroupNormalization(2),
        "MultiHeadAttention": keras.layers.MultiHeadAttention(1, 2),
        "Embedding": keras.layers.Embedding(9, 2),
    }[name]
    result = layer(inputs, inputs) if name == "MultiHeadAttention" else layer(inputs)
    model = keras.Model(inputs, result)
    with pytest.raises(EdgemlError) as refusal:
        float_onnx(model)
    assert f"{name} is not covered" in refusal.value.what
    assert refusal.value.hint == layers.REMEDIES[name]

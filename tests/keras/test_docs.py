"""docs/layers.md names exactly what the folders hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeml.keras import layers, operations, quantizers
from edgeml.keras.registry import snake_case

PAGE = Path(__file__).parents[2] / "docs" / "layers.md"


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        (layers, "Layers of Keras"),
        (quantizers, "Quantizers of QKeras"),
        (operations, "Operations of `keras.ops`"),
    ],
)
def test_the_page_names_every_file(folder, title):
    section = PAGE.read_text().split(f"## {title}")[1].split("\n## ")[0]
    named = {snake_case(name) for name in re.findall(r"`(\w+)`", section)}
    assert set(folder.names()) - named == set(), "add them to docs/layers.md"

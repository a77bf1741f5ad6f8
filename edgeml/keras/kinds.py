"""The class of every layer of a Keras model's file, without loading the model.

Invariant: nothing of the file runs, and TensorFlow is not imported.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from edgeml.files import read_bytes
from edgeml.keras.configuration import objects
from edgeml.keras.hdf5 import MAGIC, configuration
from edgeml.keras.load import stored_configuration
from edgeml.reading import parse_json

_SECOND = re.compile(r"_\d+$")


class LayerKinds:
    """The classes of layers by the names of their calls in the exact graph.

    Args:
        classes: by layer name, as the model's file has them.
    """

    def __init__(self, classes: dict[str, str]) -> None:
        self._classes = {re.sub(r"[^A-Za-z0-9_]", "_", name): kind for name, kind in classes.items()}

    def of(self, layer: str) -> str:
        """The class of a layer, "QDense"; "" if the file names none. "fc_2" is the second call of "fc"."""
        return self._classes.get(layer) or self._classes.get(_SECOND.sub("", layer), "")


def layer_kinds(path: Path) -> LayerKinds:
    """The classes in a .keras, HDF5 or .json file; none for a model that is not of Keras.

    Raises:
        EdgemlError: the file is damaged.
    """
    if path.suffix not in (".keras", ".h5", ".hdf5", ".json") or not path.is_file():
        return LayerKinds({})
    content = read_bytes(path, "Keras model")
    if content.startswith(MAGIC):
        config = parse_json(configuration(content, str(path)), str(path), "Keras configuration")
    elif path.suffix == ".json":
        config = parse_json(content, str(path), "Keras configuration")
    else:
        config = stored_configuration(content, str(path))
    return LayerKinds({name: kind for name, kind in map(_layer, objects(config)) if name and kind})


def _layer(entry: dict[str, Any]) -> tuple[str, str]:
    """Name and class of a serialized layer; empty for other objects."""
    settings = entry.get("config")
    if not isinstance(settings, dict):
        return "", ""
    name = settings.get("name")
    is_layer = "trainable" in settings or entry["class_name"] == "InputLayer"
    return (name, str(entry["class_name"])) if is_layer and isinstance(name, str) else ("", "")

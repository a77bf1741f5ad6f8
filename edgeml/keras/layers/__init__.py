"""One file per Keras or QKeras layer, named as its class in snake_case; the folder is the list.

A file declares `LAYER`, a `LayerHandler`: how the layer is lowered, its float counterpart, its float ONNX,
and examples that the contract tests build. To add a layer, add its file; helpers start with an underscore.
"""

from __future__ import annotations

from typing import Any

from edgeml.folder import ModuleFolder
from edgeml.keras.handlers import LayerHandler
from edgeml.keras.registry import file_of

FOLDER = ModuleFolder("layer", __name__)


def names() -> tuple[str, ...]:
    """The names of all files, sorted."""
    return FOLDER.names()


def load(name: str) -> LayerHandler:
    """What the file of that name declares.

    Raises:
        EdgemlError: there is no such file, or it declares no `LAYER`.
    """
    return FOLDER.declared(name, "LAYER", LayerHandler)


def handler(layer: Any, where: str, remedy: str = "") -> LayerHandler:
    """The handler of a Keras or QKeras layer.

    Args:
        layer: an object of the class.
        where: its name in the model, for messages.
        remedy: what to use instead if it is not covered; near names are added.

    Raises:
        EdgemlError: the class is the user's own, or not covered.
    """
    return load(file_of(FOLDER, layer, where, remedy))

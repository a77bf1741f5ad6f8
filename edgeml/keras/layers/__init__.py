"""One file per Keras or QKeras layer, named as its class in snake_case; the folder is the list.

A file declares `LAYER`, a `LayerHandler`: how the layer is lowered, its float counterpart, its float ONNX,
and examples that the contract tests build. To add a layer, add its file; helpers start with an underscore.
"""

from __future__ import annotations

from edgeml.keras.handlers import LayerHandler
from edgeml.keras.registry import HandlerFolder

FOLDER = HandlerFolder("layer", __name__, "LAYER", LayerHandler)
names, load, handler = FOLDER.names, FOLDER.load, FOLDER.handler

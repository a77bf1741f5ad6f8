"""One file per operation of `keras.ops`, named as its class in snake_case; the folder is the list.

`x + y`, `x[:, 1:]`, `-x`, `keras.ops.maximum(x, 0.5)` in a functional model are such operations. A file
declares `OPERATION`, an `OperationHandler`: how the operation is lowered, its float ONNX, and examples that
the contract tests build. An operation is its own float counterpart.

Invariant: for every input the value equals Keras' float32 result, unless a note says `exact=False` or float32
itself was not exact. To add one, add its file; helpers start with an underscore.
"""

from __future__ import annotations

from edgeml.keras.handlers import OperationHandler
from edgeml.keras.registry import HandlerFolder

FOLDER = HandlerFolder("operation", __name__, "OPERATION", OperationHandler)
names, load, handler = FOLDER.names, FOLDER.load, FOLDER.handler

"""One file per operation of `keras.ops`, named as its class in snake_case; the folder is the list.

`x + y`, `x[:, 1:]`, `-x`, `keras.ops.maximum(x, 0.5)` in a functional model are such operations. A file
declares `OPERATION`, an `OperationHandler`: how the operation is lowered, its float ONNX, and examples that
the contract tests build. An operation is its own float counterpart.

Invariant: for every input the value equals Keras' float32 result, unless a note says `exact=False` or float32
itself was not exact. To add one, add its file; helpers start with an underscore.
"""

from __future__ import annotations

from typing import Any

from edgeml.folder import ModuleFolder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.registry import file_of

FOLDER = ModuleFolder("operation", __name__)


def names() -> tuple[str, ...]:
    """The names of all files, sorted."""
    return FOLDER.names()


def load(name: str) -> OperationHandler:
    """What the file of that name declares.

    Raises:
        EdgemlError: there is no such file, or it declares no `OPERATION`.
    """
    return FOLDER.declared(name, "OPERATION", OperationHandler)


def handler(operation: Any, where: str, remedy: str = "") -> OperationHandler:
    """The handler of an operation.

    Args:
        operation: an object of the class.
        where: its name in the model, for messages.
        remedy: what to use instead if it is not covered; near names are added.

    Raises:
        EdgemlError: the class is the user's own, or not covered.
    """
    return load(file_of(FOLDER, operation, where, remedy))

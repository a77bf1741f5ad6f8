"""One file per kind of operator of TensorFlow Lite; the folder is the list of what is read.

A file is named after the operator in lower case and has `lower(operator, reader)`, which gives the value of
its output, or those of its outputs. Nothing has to be registered. A name with a leading underscore is a
helper of several.

Invariant: the codes are those of TFLite's reference kernel for int8, or the reader's notes say what is
rounded.

To add a kind of operator, write `edgeml/importers/tflite_ops/NAME.py` with `lower`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from edgeml.folder import ModuleFolder

if TYPE_CHECKING:
    from edgeml.importers.affine.value import AffineValue
    from edgeml.importers.tflite_reader.model import TfliteOperator
    from edgeml.importers.tflite_reader.reader import TfliteReader

    TfliteLowering = Callable[[TfliteOperator, TfliteReader], AffineValue | Sequence[AffineValue]]

_FOLDER = ModuleFolder("kind of TensorFlow Lite operator", __name__)


def names() -> tuple[str, ...]:
    """The kinds of operators, by file name, sorted."""
    return _FOLDER.names()


def lowering(name: str) -> TfliteLowering:
    """The function that reads an operator of a kind.

    Raises:
        EdgemlError: there is no such kind, or its file has none.
    """
    function: Any = _FOLDER.function(name, "lower", "operator, reader")
    return function

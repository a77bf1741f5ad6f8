"""One file per kind of operator of TensorFlow Lite; the folder is the list of what is read.

A file is named after the operator in lower case and has `lower(operator, reader)`, which gives the value of
its output. Nothing has to be registered. A name with a leading underscore is a helper of several.

Invariant: the codes are those of TFLite's reference kernel for int8, or the reader's notes say what is
rounded.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from edgeml.importers.affine.value import AffineValue
    from edgeml.importers.tflite_reader.model import TfliteOperator
    from edgeml.importers.tflite_reader.reader import TfliteReader


class TfliteOperatorKind(Protocol):
    """What a file of this folder has."""

    @staticmethod
    def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue: ...


def names() -> tuple[str, ...]:
    """The kinds of operators, by file name, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def load(name: str) -> TfliteOperatorKind:
    """The file of one kind."""
    return cast("TfliteOperatorKind", importlib.import_module(f"{__name__}.{name}"))

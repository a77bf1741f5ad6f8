"""A dense layer as text: "novel 1", then a line of whole numbers per input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, cover
from edgeml.importers.base import Floats, Imported, Importer, ImportOptions, SourceFile, SourceModel
from edgeml.ir import Builder
from edgeml.ir.ops.mat_mul import MatMul

_INPUT = FixedType(False, 8, 0)


class NovelModel(SourceModel):
    """The layer in NumPy.

    Args:
        weights: (inputs, outputs).
    """

    title: ClassVar[str] = "NumPy"

    def __init__(self, weights: IntArray) -> None:
        self.values = ("fc",)
        self._weights = weights

    def missing(self) -> str:
        return ""

    def run(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats]:
        codes = np.clip(np.rint(np.asarray(x["x"], np.float64)), 0, 255)
        return {"fc": codes @ self._weights.astype(np.float64)}


class NovelFormat(Importer):
    """The reader."""

    title: ClassVar[str] = "a dense layer as text"
    suffixes: ClassVar[tuple[str, ...]] = (".novel",)
    file_name: ClassVar[str] = "source.novel"

    def recognize(self, content: bytes) -> bool:
        return content.startswith(b"novel 1\n")

    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        try:
            head, *lines = source.content.decode("ascii").splitlines()
            weights = np.array([[int(word) for word in line.split()] for line in lines], np.int64)
        except (ValueError, OverflowError):
            head, weights = "", np.zeros(0, np.int64)
        if head != "novel 1" or weights.ndim != 2 or not weights.size:
            raise EdgemlError("is not a dense layer as text", source.where, "save it again")
        build = Builder(options.name)
        x = build.input((weights.shape[0],), _INPUT, "x")
        kind = cover(int(weights.min()), int(weights.max()), 0)
        product = build.add(MatMul(), x, build.const(weights, kind, "fc.weight"), name="fc")
        return Imported(build.graph(product), NovelModel(weights))


IMPORTER = NovelFormat()

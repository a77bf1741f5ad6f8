"""TensorFlow Lite models quantized to int8.

Invariant: the graph's codes are those of TFLite's reference kernels, for every input.
"""

from __future__ import annotations

from typing import ClassVar

from edgeml.errors import EdgemlError
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.compared import Correspondence
from edgeml.importers.affine.outputs import labelled
from edgeml.importers.base import Imported, Importer, ImportOptions, InputLayout, SourceFile
from edgeml.importers.tflite_reader.folding import folded
from edgeml.importers.tflite_reader.model import MAGIC, taken_apart
from edgeml.importers.tflite_reader.reader import BYTES, TfliteReader, one_scale
from edgeml.importers.tflite_reader.source import TfliteSource
from edgeml.reading import FAULTS, error_text


class TfliteImporter(Importer):
    """The reader of `.tflite` files."""

    title: ClassVar[str] = "a TensorFlow Lite model of int8"
    suffixes: ClassVar[tuple[str, ...]] = (".tflite",)
    file_name: ClassVar[str] = "source.tflite"

    def recognize(self, content: bytes) -> bool:
        """The four letters that every file has."""
        return content[4:8] == MAGIC

    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        where = source.where
        if source.weights is not None:
            raise EdgemlError("a TensorFlow Lite file has its weights itself", where, "leave --weights out")
        model = folded(taken_apart(source.content, where))
        assembly = Assembly(options.name, options.lowering, options.strict)
        reader = TfliteReader(model, assembly)
        try:
            reader.read()
            graph = assembly.finished(tuple(port.node for port in reader.outputs))
        except EdgemlError as error:
            place = f"{where}: {error.where}" if error.where else where
            raise EdgemlError(error.what, place, error.hint) from error
        except FAULTS as error:
            here = f"{where}: operator {assembly.layer}"
            raise EdgemlError(f"is not valid: {error_text(error)}", here, "convert it again") from error
        match = Correspondence(graph, assembly, reader.inputs, reader.outputs)
        layouts: list[InputLayout] = []
        for place, layout in zip(model.inputs, match.layouts(), strict=True):
            tensor = model.tensors[place]
            own = tensor.kind in BYTES
            numbers = one_scale(tensor, BYTES) if own else (layout.scale, layout.zero_point)
            layouts.append(InputLayout(layout.name, layout.axes, *numbers, codes=own))
        meanings = labelled(reader.outputs, [model.tensors[place].name for place in model.outputs])
        runner = TfliteSource(source.content, model, match, where)
        return Imported(graph, runner, tuple(layouts), outputs=meanings)


IMPORTER = TfliteImporter()

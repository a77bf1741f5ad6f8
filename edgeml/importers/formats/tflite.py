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
from edgeml.importers.tflite_reader.model import MAGIC, TfliteModel, taken_apart
from edgeml.importers.tflite_reader.reader import BYTES, REMEDY, TfliteReader, one_scale
from edgeml.importers.tflite_reader.source import TfliteSource


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
        model = folded(taken_apart(source.content, where))
        _need_integers(model, where, options)
        assembly = Assembly(options.name, options.lowering, options.strict)
        reader = TfliteReader(model, assembly)
        with assembly.reading(where, "operator", "convert it again"):
            reader.read()
            graph = assembly.finished(tuple(port.node for port in reader.outputs))
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


def _need_integers(model: TfliteModel, where: str, options: ImportOptions) -> None:
    """Refuse a model that computes in floats.

    Raises:
        EdgemlError: no operator takes or gives integers that are no constants; says what to quantize.
    """
    ends = {place for operator in model.operators for place in (*operator.inputs, *operator.outputs)}
    kinds = {
        model.tensors[place].kind for place in ends if place >= 0 and model.tensors[place].values is None
    }
    if not kinds or kinds - {"FLOAT32", "FLOAT16"}:
        return
    raise EdgemlError(
        "computes in floats: a float model, or one whose weights alone are quantized",
        where,
        f"quantize the Keras model that it was converted from: {options.quantize_command('MODEL.keras')}; "
        f"or {REMEDY}",
    )


IMPORTER = TfliteImporter()

"""ONNX models whose integers are stated: QONNX (Brevitas, QKeras, FINN), QDQ and QOperator.

Invariant: the graph's codes are the model's; where its own executor computes in float32, a note of the layer
says so.
"""

from __future__ import annotations

from typing import ClassVar

from edgeml.errors import EdgemlError
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.compared import Correspondence
from edgeml.importers.affine.outputs import labelled
from edgeml.importers.base import Imported, Importer, ImportOptions, SourceFile
from edgeml.importers.onnx_reader.model import QONNX_DOMAINS, SourceGraph, is_quantized, parse, taken_apart
from edgeml.importers.onnx_reader.reader import OnnxReader
from edgeml.importers.onnx_reader.source import OnnxSource, OrtSource, QonnxSource


class OnnxImporter(Importer):
    """The reader of `.onnx` files."""

    title: ClassVar[str] = "an ONNX model with quantizers"
    suffixes: ClassVar[tuple[str, ...]] = (".onnx",)
    file_name: ClassVar[str] = "source.onnx"

    def recognize(self, content: bytes) -> bool:
        """An ONNX model: a protobuf message that has a graph with an output."""
        if not content or content[4:8] == b"TFL3":
            return False
        try:
            parse(content, "")
        except EdgemlError:
            return False
        return True

    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        where = source.where
        model = parse(source.content, where)
        graph = taken_apart(model, where)
        _need_quantizers(graph, where, options)
        assembly = Assembly(options.name, options.lowering, options.strict, source_floats="float32")
        with assembly.reading(where, "node", "export it again"):
            reader = OnnxReader(graph, assembly)
            reader.read()
            exact = assembly.finished(tuple(port.node for port in reader.outputs))
        match = Correspondence(exact, assembly, reader.inputs, reader.outputs)
        kind: type[OnnxSource] = QonnxSource if _is_qonnx(graph) else OrtSource
        meanings = labelled(reader.outputs, reader.labels)
        return Imported(exact, kind(model, match, where, reader.shapes), match.layouts(), outputs=meanings)


def _need_quantizers(graph: SourceGraph, where: str, options: ImportOptions) -> None:
    """Refuse a model in which nothing is quantized.

    Raises:
        EdgemlError: it is a float model; has the command that quantizes it.
    """
    if is_quantized(graph):
        return
    raise EdgemlError(
        "is a float model: nothing in it is quantized, so it states no integers",
        where,
        f"{options.quantize_command(where)} quantizes it after training; or train it with Brevitas or QKeras",
    )


def _is_qonnx(graph: SourceGraph) -> bool:
    return any(node.domain in QONNX_DOMAINS for node in graph.nodes)


IMPORTER = OnnxImporter()

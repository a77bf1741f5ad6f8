"""Models of HGQ2: a .keras archive with its layers."""

from __future__ import annotations

from typing import ClassVar

from edgeml.errors import EdgemlError
from edgeml.importers.base import Imported, Importer, ImportOptions, SourceFile
from edgeml.importers.hgq2_reader.archive import is_hgq2, stored_model
from edgeml.importers.hgq2_reader.reader import Hgq2Reader
from edgeml.importers.hgq2_reader.source import Hgq2Source


class Hgq2Importer(Importer):
    """Reads what `model.save("name.keras")` wrote of a model of HGQ2, without HGQ2."""

    title: ClassVar[str] = "a model of HGQ2 (.keras)"
    suffixes: ClassVar[tuple[str, ...]] = (".keras",)
    file_name: ClassVar[str] = "source.keras"

    def recognize(self, content: bytes) -> bool:
        return is_hgq2(content)

    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        if options.hls4ml is not None:
            raise EdgemlError("states all its types itself", source.where, "leave the configuration out")
        graph = Hgq2Reader(stored_model(source.content, source.where), options, source.where).graph()
        return Imported(graph, Hgq2Source(source.content, graph))


IMPORTER = Hgq2Importer()

"""Keras' own format: a .keras archive."""

from __future__ import annotations

from edgeml.importers.base import Imported, Importer, ImportOptions, SourceFile
from edgeml.importers.formats._keras import imported
from edgeml.importers.hgq2_reader.archive import is_hgq2

_ZIP = b"PK"


class KerasArchive(Importer):
    """Reads what `model.save("name.keras")` wrote."""

    title = "a Keras model (.keras)"
    suffixes = (".keras",)
    file_name = "model.keras"

    def recognize(self, content: bytes) -> bool:
        return content.startswith(_ZIP) and b"config.json" in content and not is_hgq2(content)

    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        from edgeml.keras.load import model_of

        return imported(model_of(source.content, source.where), source, options)


IMPORTER = KerasArchive()

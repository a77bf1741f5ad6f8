"""A Keras architecture in .json, with its weights in an HDF5 file of its own."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.base import Imported, Importer, ImportOptions, SourceFile
from edgeml.importers.formats._keras import imported


class KerasJson(Importer):
    """Reads what `model.to_json()` gives and `model.save_weights("name.h5")` wrote."""

    title = "a Keras architecture (.json) with its weights"
    suffixes = (".json",)
    file_name = "model.json"
    weights_apart = True

    def recognize(self, content: bytes) -> bool:
        return content.lstrip()[:1] == b"{"

    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        from edgeml.keras.load import model_of

        if not self.recognize(source.content):
            raise EdgemlError("holds no architecture of Keras", source.where, "write it by model.to_json()")
        return imported(model_of(source.content, source.where, source.weights), source, options)


IMPORTER = KerasJson()

"""Keras' HDF5 format: a whole model in .h5 or .hdf5, of any version of Keras."""

from __future__ import annotations

from edgeml.importers.base import Imported, Importer, ImportOptions, SourceFile
from edgeml.importers.formats._keras import imported

_MAGIC = b"\x89HDF\r\n\x1a\n"


class KerasHdf5(Importer):
    """Reads what `model.save("name.h5")` wrote."""

    title = "a Keras model in HDF5 (.h5, .hdf5)"
    suffixes = (".h5", ".hdf5")
    file_name = "model.h5"

    def recognize(self, content: bytes) -> bool:
        return content.startswith(_MAGIC)

    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        from edgeml.keras.load import model_of

        return imported(model_of(source.content, source.where), source, options)


IMPORTER = KerasHdf5()

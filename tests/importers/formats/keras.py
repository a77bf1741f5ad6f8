"""A .keras archive."""

from __future__ import annotations

from pathlib import Path

from tests.importers.formats._keras import small_model
from tests.keras.old_files import hdf5_of


def sample(folder: Path) -> Path:
    """A small good file, saved by the Keras that is installed."""
    from edgeml.keras.load import model_of

    path = folder / "net.keras"
    model_of(hdf5_of(small_model()), "net.h5").save(path)
    return path

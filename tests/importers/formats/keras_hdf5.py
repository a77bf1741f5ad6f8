"""A model in HDF5."""

from __future__ import annotations

from pathlib import Path

from tests.importers.formats._keras import small_model
from tests.keras.old_files import hdf5_of


def sample(folder: Path) -> Path:
    """A small good file."""
    path = folder / "net.h5"
    path.write_bytes(hdf5_of(small_model()))
    return path

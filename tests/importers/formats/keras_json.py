"""An architecture in .json, its weights in HDF5."""

from __future__ import annotations

import json
from pathlib import Path

from tests.importers.formats._keras import small_model
from tests.keras.old_files import hdf5_of


def sample(folder: Path) -> Path:
    """A small good file."""
    path = folder / "net.json"
    path.write_text(json.dumps(small_model().config))
    return path


def weights(folder: Path) -> Path:
    """The file with its weights."""
    path = folder / "net.weights.h5"
    path.write_bytes(hdf5_of(small_model(), whole=False))
    return path

"""The loss that a file of Keras says its model was compiled with.

Invariant: only text is read; nothing of it is built or looked up.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from edgeml.files import read_bytes
from edgeml.keras.hdf5 import MAGIC


def loss_of_file(path: Path) -> tuple[str, bool] | None:
    """Name of the loss and whether it takes logits; None where the file states none, or several.

    Args:
        path: a .keras or HDF5 file that was loaded before, so that its sizes are checked.

    Raises:
        EdgemlError: it cannot be read.
    """
    content = read_bytes(path, "model file")
    try:
        if content.startswith(MAGIC):
            stated = _training_config(content)
        elif content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                stated = json.loads(archive.read("config.json")).get("compile_config")
        else:
            return None
    except (ValueError, KeyError, OSError, AttributeError, zipfile.BadZipFile):
        return None
    return _loss(stated.get("loss") or stated.get("loss_config")) if isinstance(stated, dict) else None


def _training_config(content: bytes) -> Any:
    import h5py

    with h5py.File(io.BytesIO(content), "r") as file:
        text = file.attrs.get("training_config")
    return None if text is None else json.loads(text)


def _loss(stated: Any) -> tuple[str, bool] | None:
    """One loss: by name, or as an object of Keras with its settings."""
    if isinstance(stated, str):
        return stated, False
    if not isinstance(stated, dict) or "class_name" not in stated:
        return None
    config = stated.get("config")
    settings = config if isinstance(config, dict) else {}
    return str(stated["class_name"]), settings.get("from_logits") is True

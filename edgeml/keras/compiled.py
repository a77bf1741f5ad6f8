"""The loss that a file of Keras says its model was compiled with.

Invariant: only text is read; nothing of it is built or looked up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeml.archives import opened
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.keras.hdf5 import MAGIC, opened_hdf5
from edgeml.keras.writer import AGAIN
from edgeml.reading import parse_json


def loss_of_file(path: Path) -> tuple[str, bool] | None:
    """Name of the loss and whether it takes logits; None where the file states none, or several.

    Args:
        path: a .keras or HDF5 file, or an architecture in .json, which states none.

    Raises:
        EdgemlError: it cannot be read, is damaged or none of these.
    """
    content, where = read_bytes(path, "model file"), str(path)
    if content.startswith(MAGIC):
        stated = _training_config(content, where)
    elif content.startswith(b"PK"):
        stated = _compile_config(content, where)
    elif content.lstrip()[:1] == b"{":
        return None
    else:
        raise EdgemlError("is no model file of Keras", where, AGAIN)
    return _loss(stated.get("loss") or stated.get("loss_config")) if isinstance(stated, dict) else None


def _training_config(content: bytes, where: str) -> Any:
    with opened_hdf5(content, where) as file:
        text = file.attrs.get("training_config")
    if text is None:
        return None
    return parse_json(text if isinstance(text, bytes) else str(text), where, "training configuration", AGAIN)


def _compile_config(content: bytes, where: str) -> Any:
    with opened(content, where, "is not a .keras file, or was cut short", AGAIN) as archive:
        text = archive.read("config.json")
    config = parse_json(text, where, "configuration of the model", AGAIN)
    return config.get("compile_config") if isinstance(config, dict) else None


def _loss(stated: Any) -> tuple[str, bool] | None:
    """One loss: by name, or as an object of Keras with its settings."""
    if isinstance(stated, str):
        return stated, False
    if not isinstance(stated, dict) or "class_name" not in stated:
        return None
    config = stated.get("config")
    settings = config if isinstance(config, dict) else {}
    return str(stated["class_name"]), settings.get("from_logits") is True

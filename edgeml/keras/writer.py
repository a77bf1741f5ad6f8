"""Which Keras wrote a model file, and how to get one from it that edgeml reads.

Invariant: whatever the file holds, a sentence comes back; nothing of the file is run.
"""

from __future__ import annotations

import io
import re
from contextlib import suppress

from edgeml.archives import opened
from edgeml.errors import EdgemlError
from edgeml.reading import FAULTS, parse_json

AGAIN = "save the model again with model.save('model.keras')"

_OLD = (
    "build the same model here with qkeras-v3 and keras.Input(shape), then "
    "model.load_weights({weights}) and model.save('model.keras')"
)

_VERSION = re.compile(r"\d+\.\d+[\w.+-]{0,20}")


def keras_version(content: bytes) -> str:
    """The version of Keras that wrote a .keras or HDF5 file; empty if the file does not say."""
    if content[:8] == b"\x89HDF\r\n\x1a\n":
        return _of_hdf5(content)
    with suppress(*FAULTS, EdgemlError), opened(content, "", "is no .keras file") as archive:
        info = archive.getinfo("metadata.json")
        if info.file_size < 1 << 16:
            return _clean(parse_json(archive.read(info), "", "metadata").get("keras_version"))
    return ""


def written_by(version: str) -> str:
    """Words for messages: ", written by Keras 2.15.0,"; empty if the version is not known."""
    return f", written by Keras {version}," if version else ""


def way_on(version: str, hdf5: bool, path: str) -> str:
    """What to do to get a file of Keras 3 from one that is not."""
    if version.startswith("3."):
        if hdf5:
            return f"import qkeras, then keras.models.load_model({path!r}, compile=False).save('model.keras')"
        return AGAIN
    if hdf5:
        return _OLD.format(weights=repr(path))
    return "where it was trained: model.save_weights('w.h5'); then " + _OLD.format(weights="'w.h5'")


def _of_hdf5(content: bytes) -> str:
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return _clean(file.attrs.get("keras_version"))
    except FAULTS:
        return ""


def _clean(value: object) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
    return text if _VERSION.fullmatch(text) else ""

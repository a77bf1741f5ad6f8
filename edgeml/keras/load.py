"""Read a Keras model's file without running anything it contains: .keras, HDF5, or .json with weights.

The configuration is checked before Keras sees it: only classes of Keras and QKeras, no Lambda, no size that
the weights do not fill. What the model was compiled with (losses, metrics, the optimizer) is left out:
nothing of it is used. A .keras file of Keras 3 is then loaded by Keras with safe_mode on; all others are
built again layer by layer (`edgeml.keras.rebuild`).

Invariant: a file that is not such a model is refused with one error, and no code of the file runs.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgeml.archives import opened
from edgeml.errors import EdgemlError, excerpt
from edgeml.files import read_bytes
from edgeml.keras.backend import import_keras
from edgeml.keras.configuration import (
    check_classes,
    check_sizes,
    objects,
    with_named_functions,
    without_compilation,
)
from edgeml.keras.hdf5 import MAGIC, configuration
from edgeml.keras.rebuild import rebuilt
from edgeml.keras.registry import import_learned
from edgeml.keras.stored import check_weights
from edgeml.keras.writer import AGAIN, UNLOADABLE, keras_version
from edgeml.reading import parse_json
from edgeml.scratch import scratch_folder


def load_model(path: str | Path) -> Any:
    """The Keras model in a file.

    Args:
        path: the file, as `model.save` wrote it; or an architecture in .json, as `model.to_json` gives it,
            whose weights lie beside it in NAME.weights.h5.

    Returns:
        keras.Model, not compiled.

    Raises:
        EdgemlError: there is no such file, it is cut short, no model of Keras, holds code or classes other
            than those of Keras and QKeras, or does not load.
        MissingToolError: TensorFlow, Keras or QKeras is not installed.
    """
    file = Path(path)
    beside = file.with_name(f"{file.stem}.weights.h5")
    weights = read_bytes(beside, "weights file") if file.suffix == ".json" and beside.is_file() else None
    return model_of(read_bytes(file, "Keras model"), str(path), weights)


def model_of(content: bytes, where: str, weights: bytes | None = None) -> Any:
    """As `load_model`, of the bytes of a file.

    Args:
        content: of the file.
        where: the file, for messages.
        weights: of the HDF5 file with its weights, for an architecture.

    Raises:
        EdgemlError: as `load_model`.
        MissingToolError: as `load_model`.
    """
    if content.startswith(MAGIC):
        return rebuilt(configuration(content, where), content, where)
    if content.lstrip()[:1] == b"{":
        if weights is None:
            raise EdgemlError(
                "holds an architecture and no weights",
                where,
                "give the file with its weights as --weights FILE",
            )
        return rebuilt(content, weights, where)
    version = keras_version(content)
    if version and not version.startswith("3."):
        return rebuilt(*_of_archive(content, where), where)
    config = stored_configuration(content, where)
    check_classes(with_named_functions(config), where)
    check_sizes(config, _stored(content), where)
    check_weights(content, where)
    keras = import_keras()
    import_learned()
    try:
        with _uncompiled(content, config) as file:
            return keras.saving.load_model(file, compile=False, safe_mode=True)
    except EdgemlError:
        raise
    except Exception as error:  # Keras, TensorFlow and HDF5 raise whatever they like over a damaged file
        reason = _reason(error)
        classes = {str(entry["class_name"]) for entry in objects(config)}
        for name in UNLOADABLE:
            if name in classes:
                raise EdgemlError(
                    f"does not load: QKeras saves {name} and cannot load it",
                    where,
                    f"lower the model before it is saved, {UNLOADABLE[name]}",
                ) from error
        by = f" (written by Keras {version}, read by {keras.__version__})" if version else ""
        raise EdgemlError(
            f"does not load as a Keras model{by}: {excerpt(reason, 300)}", where, AGAIN
        ) from error


def _reason(error: Exception) -> str:
    """The line of Keras' message that says what is wrong, which is often not its first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    messages = [line for line in lines if line.startswith("Exception encountered: ")]
    return messages[-1].removeprefix("Exception encountered: ") if messages else lines[0]


@contextmanager
def _uncompiled(content: bytes, config: Any) -> Iterator[str]:
    """The file without what models in it were compiled with, whose losses Keras would look up.

    Functions of QKeras, which Keras does not find, stand by their names.

    Yields:
        A copy that is gone afterwards.
    """
    with scratch_folder() as folder:
        copy = Path(folder) / "model.keras"
        plain = with_named_functions(without_compilation(config))
        if plain == config:
            copy.write_bytes(content)
            yield str(copy)
            return
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(copy, "w") as target:
            for info in source.infolist():
                if info.filename == "config.json":
                    target.writestr("config.json", json.dumps(plain))
                else:
                    with source.open(info) as part, target.open(info.filename, "w", force_zip64=True) as out:
                        shutil.copyfileobj(part, out)
        yield str(copy)


def stored_configuration(content: bytes, where: str) -> Any:
    """The configuration in the bytes of a .keras file, as plain values.

    Raises:
        EdgemlError: it is damaged, or no such file.
    """
    return parse_json(_member(content, "config.json", where), where, "Keras configuration", AGAIN, _NO_CONFIG)


def _of_archive(content: bytes, where: str) -> tuple[bytes, bytes]:
    """The configuration and the weights in a .keras file of Keras 2."""
    check_weights(content, where)
    return _member(content, "config.json", where), _member(content, "model.weights.h5", where)


def _member(content: bytes, name: str, where: str) -> bytes:
    with opened(content, where, "is not a .keras file, or was cut short", AGAIN) as archive:
        damaged = archive.testzip()
        if damaged is not None:
            raise EdgemlError(f"is damaged in {damaged}", where, AGAIN)
        if name not in archive.namelist():
            raise EdgemlError(_NO_CONFIG if name == "config.json" else "holds no weights", where, AGAIN)
        return archive.read(name)


def _stored(content: bytes) -> int:
    """Bytes of the weights in a .keras file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(info.file_size for info in archive.infolist() if info.filename.endswith(".h5"))


_NO_CONFIG = "holds no readable Keras configuration"

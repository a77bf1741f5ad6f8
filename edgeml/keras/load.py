"""Read a .keras file without running anything it contains.

Its config.json is checked before Keras sees the file: only classes of Keras and QKeras, no Lambda. Then
Keras loads it with safe_mode on.

Invariant: a file that is not such a model is refused with one error, and no code of the file runs.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.keras.backend import import_keras

_HOMES = ("keras", "qkeras")
_CODE = ("Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer", "__lambda__")
_PARTS = (
    *("layers", "models", "initializers", "regularizers", "constraints", "optimizers", "losses", "metrics"),
    *(
        "activations",
        "dtype_policies",
        "qlayers",
        "qconvolutional",
        "qpooling",
        "qnormalization",
        "quantizers",
    ),
    *("qrecurrent", "qmac", "qoctave", "qconv2d_batchnorm", "qdense_batchnorm", "qdepthwiseconv2d_batchnorm"),
    *("qdepthwise_conv2d_transpose", "qseparable_conv2d_transpose"),
)
"""Modules whose classes a model is made of; a file has no reason to name keras.utils or keras.ops."""

_UNLOADABLE = {
    "QDenseBatchnorm": "QDense and BatchNormalization",
    "quantized_hswish": "an Activation('hard_swish') and a QActivation(quantized_bits(...))",
}
"""Classes that QKeras saves and cannot load, and what to use instead."""

_AGAIN = "save the model again with model.save('model.keras')"


def load_model(path: str | Path) -> Any:
    """The Keras model in a .keras file.

    Args:
        path: the file; written by `model.save("....keras")`.

    Returns:
        keras.Model, not compiled.

    Raises:
        EdgemlError: there is no such file, it is cut short, no .keras file, holds code or classes other
            than those of Keras and QKeras, or does not load.
        MissingToolError: TensorFlow, Keras or QKeras is not installed.
    """
    where = str(path)
    config = _config(read_bytes(path, "Keras model"), where)
    _check_config(config, where)
    keras = import_keras()
    try:
        return keras.saving.load_model(where, compile=False, safe_mode=True)
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OSError,
        RuntimeError,
        zlib.error,
        zipfile.BadZipFile,
    ) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        classes = {str(entry["class_name"]) for entry in _objects(config)}
        for name in _UNLOADABLE:
            if name in classes:
                raise EdgemlError(
                    f"does not load: QKeras saves {name} and cannot load it",
                    where,
                    f"lower the model before it is saved, or use {_UNLOADABLE[name]}",
                ) from error
        raise EdgemlError(f"does not load as a Keras model: {reason[:300]}", where, _AGAIN) from error


def _config(content: bytes, where: str) -> Any:
    if content[:8] == b"\x89HDF\r\n\x1a\n":
        raise EdgemlError("is an HDF5 file", where, "save the model with model.save('model.keras')")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            damaged = archive.testzip()
            if damaged is not None:
                raise EdgemlError(f"is damaged in {damaged}", where, _AGAIN)
            return json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise EdgemlError("is not a .keras file, or was cut short", where, _AGAIN) from None
    except (KeyError, UnicodeDecodeError, ValueError):
        raise EdgemlError("holds no readable Keras configuration", where, _AGAIN) from None


def _check_config(config: Any, where: str) -> None:
    """Every class in the configuration must be one of Keras or QKeras that runs no code of the file.

    Raises:
        EdgemlError: one is not; names it and its layer.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise EdgemlError("holds no Keras model", where, _AGAIN)
    for entry in _objects(config):
        name = str(entry["class_name"])
        inner = entry.get("config")
        layer = inner.get("name", "") if isinstance(inner, dict) else ""
        place = f"{where}: {layer}" if layer else where
        if name in _CODE:
            raise EdgemlError(
                f"the class {name} runs code that is stored in the file",
                place,
                "replace it by Keras and QKeras layers",
            )
        modules = [str(entry["module"])] if entry.get("module") else []
        registered = str(entry.get("registered_name") or "")
        modules += [registered.split(">")[0]] if ">" in registered else []
        for module in modules:
            if not _known(module):
                raise EdgemlError(
                    f"the class {module}.{name} is not one of Keras or QKeras that models are made of",
                    place,
                    "replace it by Keras and QKeras layers",
                )


def _known(module: str) -> bool:
    parts = [part for part in module.split(".") if part != "src"]
    return parts[0] in _HOMES and (len(parts) == 1 or parts[1] in _PARTS)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every serialized object in a configuration, at any depth."""
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        for part in value.values():
            yield from _objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from _objects(part)

"""Read a .keras file without running anything it contains.

Its config.json is checked before Keras sees the file: only classes of Keras and QKeras, no Lambda, no size
that its weights do not fill. What the model was compiled with (losses, metrics, the optimizer) is left out:
nothing of it is used. Then Keras loads it with safe_mode on.

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
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.keras import operations
from edgeml.keras.backend import import_keras
from edgeml.keras.registry import snake_case
from edgeml.keras.stored import check_weights
from edgeml.keras.writer import AGAIN, keras_version, way_on, written_by
from edgeml.reading import parse_json
from edgeml.scratch import scratch_folder

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
"""Modules whose classes a model is made of; a file has no reason to name keras.utils, and of keras.ops it may
name the operations that are lowered."""

_UNLOADABLE = {
    "QDenseBatchnorm": "QDense and BatchNormalization",
    "quantized_hswish": "an Activation('hard_swish') and a QActivation(quantized_bits(...))",
}
"""Classes that QKeras saves and cannot load, and what to use instead."""

_COUNTS = ("units", "filters", "depth_multiplier", "input_dim", "output_dim")
"""Settings that a layer makes at least so many weights of."""

_SHAPES = ("batch_shape", "batch_input_shape", "input_shape", "target_shape", "n", "size", "padding")
_MOST_ELEMENTS = 1 << 26
"""Of a sample, declared or added by one layer; the graph holds several arrays of as many."""


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
    return model_of(read_bytes(path, "Keras model"), str(path))


def model_of(content: bytes, where: str) -> Any:
    """As `load_model`, of the bytes of a file.

    Args:
        content: of a .keras file.
        where: the file, for messages.

    Raises:
        EdgemlError: as `load_model`.
        MissingToolError: as `load_model`.
    """
    version = keras_version(content)
    config = _config(content, where, version)
    _check_config(config, where)
    _check_sizes(config, content, where)
    check_weights(content, where)
    keras = import_keras()
    try:
        with _uncompiled(content, config) as file:
            return keras.saving.load_model(file, compile=False, safe_mode=True)
    except EdgemlError:
        raise
    except Exception as error:  # Keras, TensorFlow and HDF5 raise whatever they like over a damaged file
        reason = _reason(error)
        classes = {str(entry["class_name"]) for entry in _objects(config)}
        for name in _UNLOADABLE:
            if name in classes:
                raise EdgemlError(
                    f"does not load: QKeras saves {name} and cannot load it",
                    where,
                    f"lower the model before it is saved, or use {_UNLOADABLE[name]}",
                ) from error
        if version and not version.startswith("3."):
            raise EdgemlError(
                f"was written by Keras {version}, and Keras {keras.__version__} cannot load it",
                where,
                way_on(version, False, where),
            ) from error
        by = f" (written by Keras {version}, read by {keras.__version__})" if version else ""
        raise EdgemlError(f"does not load as a Keras model{by}: {reason[:300]}", where, AGAIN) from error


def _reason(error: Exception) -> str:
    """The line of Keras' message that says what is wrong, which is often not its first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    told = [line for line in lines if line.startswith("Exception encountered: ")]
    return told[-1].removeprefix("Exception encountered: ") if told else lines[0]


@contextmanager
def _uncompiled(content: bytes, config: Any) -> Iterator[str]:
    """The file without what models in it were compiled with: Keras would look up losses of inner ones.

    Yields:
        A copy that is gone afterwards.
    """
    with scratch_folder() as folder:
        copy = Path(folder) / "model.keras"
        if not any("compile_config" in entry for entry in _objects(config)):
            copy.write_bytes(content)
            yield str(copy)
            return
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(copy, "w") as target:
            for info in source.infolist():
                if info.filename == "config.json":
                    target.writestr("config.json", json.dumps(_without_compilation(config)))
                else:
                    with source.open(info) as part, target.open(info.filename, "w", force_zip64=True) as out:
                        shutil.copyfileobj(part, out)
        yield str(copy)


def _without_compilation(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_compilation(part) for key, part in value.items() if key != "compile_config"}
    return [_without_compilation(part) for part in value] if isinstance(value, list) else value


def _check_sizes(config: Any, content: bytes, where: str) -> None:
    """Refuse sizes that the file has no weights for, before Keras builds them.

    Raises:
        EdgemlError: a layer declares more units than the stored weights have bytes, or a sample has too
        many elements.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        stored = sum(info.file_size for info in archive.infolist() if info.filename.endswith(".h5"))
    for entry in _objects(config):
        inner = entry.get("config")
        if not isinstance(inner, dict):
            continue
        place = f"{where}: {inner.get('name', entry['class_name'])}"
        for key in _COUNTS:
            if isinstance(inner.get(key), int) and inner[key] > stored:
                raise EdgemlError(
                    f"declares {key}={inner[key]:,}, more than its weights file of {stored:,} bytes can hold",
                    place,
                    AGAIN,
                )
        for key in _SHAPES:
            if _product(inner.get(key)) > _MOST_ELEMENTS:
                raise EdgemlError(
                    f"declares {key}={inner[key]}, more than {_MOST_ELEMENTS:,} elements",
                    place,
                    "use smaller samples",
                )


def _product(value: Any) -> int:
    """Of all sizes in a setting; what is no size counts one."""
    if isinstance(value, int):
        return max(abs(value), 1)
    total = 1
    for part in value if isinstance(value, list) else ():
        total *= _product(part)
    return total


def _config(content: bytes, where: str, version: str) -> Any:
    if content[:8] == b"\x89HDF\r\n\x1a\n":
        raise EdgemlError(
            f"is an HDF5 file{written_by(version)} not one of Keras 3's own format",
            where,
            way_on(version, True, where),
        )
    with opened(content, where, "is not a .keras file, or was cut short", AGAIN) as archive:
        damaged = archive.testzip()
        if damaged is not None:
            raise EdgemlError(f"is damaged in {damaged}", where, AGAIN)
        if "config.json" not in archive.namelist():
            raise EdgemlError("holds no readable Keras configuration", where, AGAIN)
        text = archive.read("config.json")
    return parse_json(text, where, "Keras configuration", AGAIN, "holds no readable Keras configuration")


def _check_config(config: Any, where: str) -> None:
    """Every class in the configuration must be one of Keras or QKeras that runs no code of the file.

    Raises:
        EdgemlError: one is not; names it and its layer.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise EdgemlError("holds no Keras model", where, AGAIN)
    for entry in _objects(_without_compilation(config)):
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
            if not _known(module, name):
                raise EdgemlError(
                    f"the class {module}.{name} is not one of Keras or QKeras that models are made of",
                    place,
                    "replace it by Keras and QKeras layers",
                )


def _known(module: str, name: str) -> bool:
    parts = [part for part in module.split(".") if part != "src"]
    if parts[:2] == ["keras", "ops"]:  # of a functional model, x + y; no others: some hold code
        return snake_case(name) in operations.names()
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

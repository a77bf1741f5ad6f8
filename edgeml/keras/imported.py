"""From a .keras file of the user's to a run folder: no training, the same files behind it.

The file is read as `load` reads it: no code of it runs. Everything is tried before the folder is made: the
model loads, fits the data and lowers to the exact graph.

Invariant: RUN/model.keras is the user's file, byte for byte.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower_model
from edgeml.locks import held
from edgeml.presets import DataSpec, Lowering, Prepared, Targets, prepare
from edgeml.runconfig import RunConfig
from edgeml.runs import Run
from edgeml.settings import Settings, parse_settings

_ONNX = (
    "an ONNX file says how floats are computed, not which integers the sums may take; no graph can be read "
    "from it that is exact for certain"
)


class ImportChoices(Settings):
    """What `--set` can change of an import.

    Args:
        data: which data, and how it is scaled; by default as it is stored.
        targets: what the model is built for.
        lowering: how it becomes the exact graph.
    """

    data: DataSpec
    targets: Targets = Targets()
    lowering: Lowering = Lowering()


def import_model(
    file: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None,
    settings: Mapping[str, Any],
    strict: bool = False,
    overwrite: bool = False,
) -> Run:
    """A run whose model was trained elsewhere.

    Args:
        file: a QKeras model, saved with `model.save("name.keras")`.
        folder: the run folder; runs/NAME of the file's name if None. One that holds the same import goes on.
        settings: plain values of `ImportChoices`.
        strict: refuse a model that cannot be lowered exactly.
        overwrite: where the folder holds another run, delete it and begin anew.

    Returns:
        The run with config.toml and model.keras; `edgeml.pipeline.lower` comes next.

    Raises:
        EdgemlError: another kind of file, damaged, code in it, a layer that is not covered or not
            quantized, data that is not there or does not fit the model, or a folder that holds another run.
        MissingToolError: TensorFlow, QKeras or scikit-learn is not installed.
    """
    path = Path(file)
    _check_kind(path)
    choices = parse_settings(ImportChoices, settings, f"import of {path.name}")
    content = read_bytes(path, "Keras model")
    model = load_model(path)
    _check_quantized(model, path)
    data = prepare(choices.data)
    _check_fit(model, data, choices.data, path)
    config = RunConfig.of_import(path, content, choices.data, choices.targets, data, choices.lowering)
    lower_model(model, config.preset.name, strict, options=choices.lowering)
    place = Path(folder) if folder is not None else Path("runs") / config.preset.name
    with held(place):
        run = Run.create(place, config, overwrite)
        write_atomic(run.model_file, content)
    return run


def _check_kind(path: Path) -> None:
    kind = path.suffix.lower()
    if kind == ".onnx":
        raise EdgemlError(
            f"ONNX models are not imported: {_ONNX}",
            str(path),
            "import the QKeras model that it was made from, saved with model.save('model.keras')",
        )
    if kind not in (".keras", ".h5", ".hdf5"):  # of HDF5 files the reader says what to do
        raise EdgemlError(
            f"cannot import {kind or 'a file without suffix'}",
            str(path),
            "save a QKeras model with model.save('model.keras') and import that file",
        )


def _check_quantized(model: Any, path: Path) -> None:
    if not any(type(layer).__module__.startswith("qkeras") for layer in model._flatten_layers()):
        raise EdgemlError(
            "is a float model: it has no quantized layer, so no integers to be exact about",
            str(path),
            "train it with QKeras layers and quantizers (QActivation, QDense, ...), or start from a preset",
        )


def _check_fit(model: Any, data: Prepared, spec: DataSpec, path: Path) -> None:
    """The model takes what the data set has and gives a number per class."""
    if len(model.inputs) != 1:
        raise EdgemlError(
            f"the model has {len(model.inputs)} inputs and a data set one",
            str(path),
            "lower it from Python: edgeml.lower(model)",
        )
    wanted, found = tuple(model.inputs[0].shape[1:]), tuple(data.x_test.shape[1:])
    if wanted != found:
        flat = len(wanted) == 1 and data.x_test[0].size == wanted[0]
        raise EdgemlError(
            f"the model takes samples of shape {wanted}, {spec.dataset} has {found}",
            str(path),
            "add --set data.flatten=true" if flat else "give the data that the model was trained on",
        )
    classes, outputs = len(data.class_names), tuple(model.outputs[0].shape[1:])
    if outputs != (classes,) and not (classes == 2 and outputs == (1,)):
        raise EdgemlError(
            f"the model's first output has shape {outputs}, {spec.dataset} has {classes} classes",
            str(path),
            "give the data that the model was trained on",
        )

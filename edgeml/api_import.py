"""`edgeml.import_model`: a run folder from a model that was trained elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgeml.fixed import FixedType
    from edgeml.runs import Run
    from edgeml.types import PathLike, Settings


def import_model(
    file: PathLike,
    data: PathLike | None = None,
    out: PathLike | None = None,
    input_type: str | FixedType | Mapping[str, str] | None = None,
    float_type: str | FixedType | None = None,
    layer_types: Mapping[str, str] | None = None,
    weights: PathLike | None = None,
    hls4ml_config: PathLike | None = None,
    settings: Settings | None = None,
    strict: bool = False,
    overwrite: bool = False,
    task: str | None = None,
) -> Run:
    """Make a run of a model that was trained elsewhere, compared with its own framework layer by layer.

    Args:
        file: the model's file; `edgeml import --help` lists the formats.
        data: a name from `edgeml list datasets`, or an .npz or .csv file, with labels or without; random
            samples if None.
        out: the run folder; runs/ and the file's name by default.
        input_type: the type that the input is rounded to, where the model does not state one.
        float_type: the type of layers that the model leaves in float.
        layer_types: the same by layer.
        weights: the file with the weights, for an architecture in .json.
        hls4ml_config: a configuration of hls4ml whose types are taken over.
        settings: as --set takes them: {"data.scaling": "unit"}.
        strict: refuse what may differ from the model in its own framework instead of noting it.
        overwrite: delete the run in the run folder.
        task: what the outputs are held against: "classification", "regression", "autoencoder",
            "multi_label" or "unlabelled"; inferred from model and data if None.

    Returns:
        The run, with config.toml, the file byte for byte, graph.json, golden.npz and notes.json.

    Raises:
        EdgemlError: the file is damaged, of no known format, or does not fit the data; a layer is not
            covered, or its type is not stated (names the layer and the option).
        MissingToolError: a package that the format needs is not installed.
    """
    from edgeml import pipeline
    from edgeml.arguments import path_of
    from edgeml.errors import EdgemlError
    from edgeml.importers.run import import_model as import_file
    from edgeml.settings import assignments, set_values

    model = "give a model's file; edgeml.lower(model) takes a Keras model in memory"
    file, plain = path_of(file, "file", model), set_values({}, assignments(settings or {}))
    if data is not None:
        path_of(
            data, "data", "give a data set's name, or an .npz or .csv file: np.savez('data.npz', x=x, y=y)"
        )
    if layer_types is not None and not isinstance(layer_types, Mapping):
        kind = type(layer_types).__name__
        raise EdgemlError(f"a {kind} is no mapping", "layer_types", 'write {"fc1": "fixed<16,6>"}')
    for key, value in (("dataset", data), ("task", task)):
        if value is not None:
            plain["data"] = {**plain.get("data", {}), key: str(value)}
    kinds = dict(input_type) if isinstance(input_type, Mapping) else str(input_type) if input_type else None
    stated = {"input_type": kinds, "float_type": str(float_type) if float_type else None}
    values = {key: value for key, value in stated.items() if value is not None}
    lowering: dict[str, Any] = {**plain.get("lowering", {}), **values}
    if layer_types:
        lowering["layer_types"] = {**lowering.get("layer_types", {}), **layer_types}
    plain["lowering"] = lowering
    run = import_file(file, out, plain, strict, overwrite, weights, hls4ml_config)
    pipeline.lower(run, strict)
    return run

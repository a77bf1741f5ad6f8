"""hls4ml projects as its own converter makes them of QKeras models, with its defaults and its traps.

hls4ml 1.3 converts QKeras by its handlers of Keras 2; the models' configurations are handed to those.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeml.keras.topology import topology


def architecture(model: Any) -> dict[str, Any]:
    """A model's configuration in the form of Keras 2, as a functional one with the input `x`."""
    calls = topology(model)
    names = {key: name for name, key in calls.inputs}
    layers: list[dict[str, Any]] = []
    for _, key in calls.inputs:
        shape = [None, *model.input_shape[1:]]
        layers.append(_layer("InputLayer", {"name": names[key], "batch_input_shape": shape}, []))
    for call in calls.calls:
        names[call.output] = call.name
        inbound = [[[names[key], 0, 0, {}] for key in call.inputs]]
        layers.append(_layer(type(call.layer).__name__, call.layer.get_config(), inbound))
    ends = {
        "input_layers": [[name, 0, 0] for name, _ in calls.inputs],
        "output_layers": [[names[key], 0, 0] for key in calls.outputs],
    }
    return {"class_name": "Functional", "config": {"layers": layers, **ends}}


def _layer(kind: str, config: dict[str, Any], inbound: list[Any]) -> dict[str, Any]:
    config = {**config, "dtype": "float32"}
    return {"class_name": kind, "name": config["name"], "config": config, "inbound_nodes": inbound}


def convert(
    model: Any,
    folder: Path,
    precisions: dict[str, dict[str, str]] | None = None,
    io_type: str = "io_parallel",
) -> dict[str, Any]:
    """Write the project that hls4ml's converter makes; its configuration.

    Args:
        model: a QKeras model of one input and output.
        folder: of the project.
        precisions: by layer, put over those of `config_from_keras_model`.
        io_type: of hls4ml.
    """
    import hls4ml
    from hls4ml.converters.keras_v2_to_hls import KerasModelReader, parse_keras_model
    from hls4ml.model.graph import ModelGraph

    def parsed(*_: Any, **__: Any) -> Any:
        return parse_keras_model(architecture(model), KerasModelReader(model))

    def converted(config: Any, *_: Any) -> Any:
        layers, inputs, outputs, _shapes = parsed()
        return ModelGraph.from_layer_list(config, layers, inputs, outputs)

    before = hls4ml.converters.parse_keras_v3_model, hls4ml.converters.keras_v3_to_hls
    try:
        hls4ml.converters.parse_keras_v3_model, hls4ml.converters.keras_v3_to_hls = parsed, converted
        config = hls4ml.utils.config_from_keras_model(
            model, granularity="name", backend="Vitis", default_precision="fixed<16,6>"
        )
        for layer, types in (precisions or {}).items():
            config["LayerName"][layer]["Precision"].update(types)
        hls4ml.converters.convert_from_keras_model(
            model, hls_config=config, backend="Vitis", output_dir=str(folder), io_type=io_type
        ).write()
    finally:
        hls4ml.converters.parse_keras_v3_model, hls4ml.converters.keras_v3_to_hls = before
    return config

"""hls4ml projects as its own converter makes them of QKeras models, with its defaults and its traps.

hls4ml 1.3 converts QKeras by its handlers of Keras 2; the models' configurations are handed to those.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def architecture(model: Any) -> dict[str, Any]:
    """A sequential model's configuration in the form of Keras 2."""
    shape = [None, *model.input_shape[1:]]
    parts = [("InputLayer", {"name": "x", "batch_input_shape": shape})]
    parts += [(type(layer).__name__, layer.get_config()) for layer in model.layers]
    layers = [{"class_name": kind, "config": {**config, "dtype": "float32"}} for kind, config in parts]
    return {"class_name": "Sequential", "config": {"layers": layers}}


def convert(model: Any, folder: Path, precisions: dict[str, dict[str, str]] | None = None) -> dict[str, Any]:
    """Write the project that hls4ml's converter makes; its configuration.

    Args:
        model: a sequential QKeras model.
        folder: of the project.
        precisions: by layer, put over those of `config_from_keras_model`.
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
            model, hls_config=config, backend="Vitis", output_dir=str(folder), io_type="io_parallel"
        ).write()
    finally:
        hls4ml.converters.parse_keras_v3_model, hls4ml.converters.keras_v3_to_hls = before
    return config

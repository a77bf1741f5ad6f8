"""Model files as Keras 2 wrote them, made here with h5py from configurations of that time.

`network()` is a small model with all that changed since: `batch_input_shape`, `groups` of a depthwise layer,
the list `axis: [3]`, an activation stored as a function, a wrapper of pruning, a nested functional model.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass
class Old:
    """A model of Keras 2: its configuration, and per layer its weights by name, those of pruning too."""

    config: dict[str, Any]
    weights: dict[str, list[tuple[str, Array]]] = field(default_factory=dict)


def bits(width: int, integer: int = 0) -> dict[str, Any]:
    """quantized_bits as QKeras 0.9 wrote it."""
    config = {
        "bits": width, "integer": integer, "symmetric": 0, "alpha": 1, "keep_negative": True,
        "use_stochastic_rounding": False, "qnoise_factor": 1.0,
    }  # fmt: skip
    return {"class_name": "quantized_bits", "config": config, "__passive_serialization__": True}


def q_dense(name: str, units: int, **more: Any) -> dict[str, Any]:
    """The settings of a QDense."""
    initializer = {"class_name": "QInitializer", "config": {"initializer": None, "quantizer": bits(4)}}
    return {
        "name": name, "trainable": True, "dtype": "float32", "units": units, "activation": "linear",
        "use_bias": True, "kernel_initializer": initializer, "kernel_regularizer": None,
        "kernel_constraint": {"class_name": "Clip", "config": {"min_value": -1, "max_value": 1}},
        "kernel_quantizer": bits(4), "bias_quantizer": bits(4), "kernel_range": None, "bias_range": None,
    } | more  # fmt: skip


def q_activation(name: str, function: str = "quantized_relu(6,2)") -> dict[str, Any]:
    """The settings of a QActivation."""
    return {"name": name, "trainable": True, "dtype": "float32", "activation": function}


def _codes(rng: np.random.Generator, *shape: int) -> Array:
    return (rng.integers(-7, 8, shape) / 8).astype(np.float32)


def network() -> Old:
    """image 6x6x2 -> depthwise, batch norm, flatten, pruned QDense, nested QDense, Dense with softmax."""
    rng = np.random.default_rng(3)

    def node(*sources: str) -> list[Any]:
        return [[[source, 0, 0, {}] for source in sources]]

    def layer(kind: str, config: dict[str, Any], *sources: str) -> dict[str, Any]:
        calls = node(*sources) if sources else []
        return {"class_name": kind, "config": config, "name": config["name"], "inbound_nodes": calls}

    relu = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    depthwise = {
        "name": "dw", "trainable": True, "dtype": {"class_name": "Policy", "config": {"name": "float32"}},
        "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "data_format": "channels_last",
        "dilation_rate": [1, 1], "groups": 1, "depth_multiplier": 1, "use_bias": True, "activation": relu,
        "depthwise_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
    }  # fmt: skip
    norm = {
        "name": "norm", "trainable": True, "dtype": "float32", "axis": [3], "momentum": 0.99,
        "epsilon": 0.001, "center": True, "scale": True, "virtual_batch_size": None,
    }  # fmt: skip
    source = {"batch_input_shape": [None, 6, 6, 2], "dtype": "float32", "sparse": False, "ragged": False}
    inner = {
        "name": "inner",
        "layers": [
            layer("InputLayer", {"batch_input_shape": [None, 5], "dtype": "float32", "name": "inner_in"}),
            layer("QDense", q_dense("fc2", 4), "inner_in"),
            layer("QActivation", q_activation("act2"), "fc2"),
        ],
        "input_layers": [["inner_in", 0, 0]],
        "output_layers": [["act2", 0, 0]],
    }
    pruned = {
        "name": "prune_low_magnitude_fc1",
        "layer": {"class_name": "QDense", "config": q_dense("fc1", 5)},
        "pruning_schedule": {"class_name": "ConstantSparsity", "config": {"target_sparsity": 0.5}},
    }
    layers = [
        layer("InputLayer", {**source, "name": "image"}),
        layer("DepthwiseConv2D", depthwise, "image"),
        layer("BatchNormalization", norm, "dw"),
        layer("Flatten", {"name": "flat", "dtype": "float32", "data_format": "channels_last"}, "norm"),
        layer("PruneLowMagnitude", pruned, "flat"),
        layer("QActivation", q_activation("act1"), "prune_low_magnitude_fc1"),
        {"class_name": "Functional", "config": inner, "name": "inner", "inbound_nodes": node("act1")},
        layer("Dense", {"name": "head", "units": 3, "activation": "softmax", "use_bias": True}, "inner"),
    ]
    config = {"name": "net", "layers": layers, "input_layers": [["image", 0, 0]]}
    old = Old({"class_name": "Functional", "config": {**config, "output_layers": [["head", 0, 0]]}})
    old.weights = {
        "dw": [("depthwise_kernel", _codes(rng, 3, 3, 2, 1)), ("bias", _codes(rng, 2))],
        "norm": [
            ("gamma", 1 + _codes(rng, 2) / 4), ("beta", _codes(rng, 2)),
            ("moving_mean", _codes(rng, 2)), ("moving_variance", 1 + _codes(rng, 2) / 4),
        ],
        "prune_low_magnitude_fc1": [
            ("kernel", _codes(rng, 72, 5)), ("bias", _codes(rng, 5)), ("mask", np.ones((72, 5), np.float32)),
            ("threshold", np.array(0.1, np.float32)), ("pruning_step", np.array(7, np.int64)),
        ],
        "fc2": [("kernel", _codes(rng, 5, 4)), ("bias", _codes(rng, 4))],
        "head": [("kernel", rng.normal(size=(4, 3)).astype(np.float32)), ("bias", _codes(rng, 3))],
    }  # fmt: skip
    return old


def hdf5_of(old: Old, whole: bool = True) -> bytes:
    """The model in HDF5 as Keras 2 wrote it; with `whole` its architecture too, else its weights alone."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        root = file.create_group("model_weights") if whole else file
        names = [entry["name"] for entry in old.config["config"]["layers"]]
        root.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group = root.create_group(name)
            # A nested model's group has the weights of all of its layers.
            owners = ["fc2"] if name == "inner" else [name]
            stored = [(f"{owner}/{key}:0", a) for owner in owners for key, a in old.weights.get(owner, [])]
            group.attrs["weight_names"] = [key.encode() for key, _ in stored]
            for key, array in stored:
                group.create_dataset(key, data=array)
        if whole:
            file.attrs["keras_version"] = b"2.4.0"
            file.attrs["model_config"] = json.dumps(old.config)
            loss = {"loss": {"class_name": "MyLoss", "config": {}}, "metrics": ["mine"]}
            file.attrs["training_config"] = json.dumps(loss)
    return buffer.getvalue()


def archive_of(old: Old) -> bytes:
    """The model as a .keras file of Keras 2.15.

    Every layer with weights counts twice there, which leaves gaps in the numbers of its class.
    """
    import h5py

    buffer, weights = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as file:
        root = file.create_group("_layer_checkpoint_dependencies")
        for group, name in (
            ("depthwise_conv2d", "dw"), ("batch_normalization", "norm"), ("dense", "head"),
        ):  # fmt: skip
            _numbered(root, f"{group}/vars", old.weights[name])
        for empty in ("flatten/vars", "q_activation/vars", "input_layer/vars"):
            root.create_group(empty)
        pruned = old.weights["prune_low_magnitude_fc1"]
        _numbered(root, "prune_low_magnitude/layer/vars", pruned[:2])
        _numbered(root, "prune_low_magnitude/vars", pruned[2:])
        _numbered(root, "functional/_layer_checkpoint_dependencies/q_dense/vars", old.weights["fc2"])
        _numbered(file, "optimizer/vars", [("m", np.zeros((3, 3), np.float32))])
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        archive.writestr("config.json", json.dumps(old.config))
        archive.writestr("model.weights.h5", weights.getvalue())
    return buffer.getvalue()


def _numbered(root: Any, path: str, arrays: list[tuple[str, Array]]) -> None:
    group = root.create_group(path)
    for number, (_, array) in enumerate(arrays):
        group.create_dataset(str(number), data=array)

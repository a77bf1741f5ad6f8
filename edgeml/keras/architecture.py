"""The architecture of a model as Keras 2 or an HDF5 file has it, rewritten as Keras 3 reads it.

Only what inference needs is kept: initializers, regularizers and constraints of weights go, and so does what
the model was compiled with. Every class is looked up by name among those of Keras and QKeras; a wrapper of
pruning becomes the layer within.

Invariant: the result names classes of Keras and QKeras alone. A setting that Keras 3 does not have is dropped
where it says nothing (None, False, one group), and refused where it says something.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from edgeml.errors import EdgemlError, near_names
from edgeml.keras import operations
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.registry import snake_case

MODELS = ("Functional", "Sequential", "Model")
"""Classes of models; Model is what early versions call Functional."""

_UNWRAPPED = "PruneLowMagnitude"
_DROPPED = ("_initializer", "_regularizer", "_constraint")
_BASE = ("name", "trainable", "dtype", "activity_regularizer")
"""Settings of every layer."""

_RENAMED = {("LeakyReLU", "alpha"): "negative_slope"}
"""Settings of layers that Keras 3 has under another name."""

_REPLACED = {"ThresholdedReLU": ("ReLU", {"theta": "threshold"})}
"""Layers that Keras 3 left out, by those that compute the same, and the names of their settings there."""

_FUNCTIONS = {"softmax_v2": "softmax", "relu_v2": "relu"}
"""Names that TensorFlow has for functions of Keras."""

_WITHOUT_EFFECT = ("implementation", "query_shape", "key_shape", "value_shape")
"""Settings that change no result: how a recurrent layer is computed, and sizes that the weights have too."""

_RENORM = "renorm"
"""A setting of batch normalization; those that begin with it say nothing where it is off."""

_NEUTRAL: tuple[Any, ...] = (None, False, "", [], {})
_TUPLES = ("__tuple__", "TensorShape")
_TENSOR = "__keras_tensor__"
"""A tensor among what a layer is called with, as Keras 3 writes it."""

_PACKAGE = "qkeras>"
"""In front of the classes of qkeras-v3, where it registered them."""


_HGQ2 = (
    "train it with HGQ2, whose .keras files are read, or with layers of learned widths here "
    "(docs/training.md: LearnedDense, LearnedConv2D)"
)
_OPS = (
    "use layers in its place (Add, Multiply, Concatenate, ...), or save the model with Keras 3 as "
    "model.keras, whose operations are read"
)


def upgraded(config: Any, where: str) -> dict[str, Any]:
    """A model's configuration as `keras.saving.deserialize_keras_object` takes it.

    Args:
        config: {"class_name": ..., "config": ...} of a model, of any version of Keras.
        where: the file, for messages.

    Raises:
        EdgemlError: it is no model's, or has a class or setting that Keras 3 and QKeras do not have.
        MissingToolError: Keras or QKeras is not installed.
    """
    if not isinstance(config, dict) or config.get("class_name") not in MODELS:
        kind = config.get("class_name") if isinstance(config, dict) else type(config).__name__
        raise EdgemlError(
            f"holds the configuration of a {kind}, not of a sequential or functional model",
            where,
            "build the model with keras.Sequential or keras.Model and save it again",
        )
    import_keras()
    return _model(config, where)


def leaves(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The layers of an upgraded model in their order, those of nested models in their place."""
    for layer in config["config"]["layers"]:
        if layer["class_name"] in MODELS:
            yield from leaves(layer)
        else:
            yield layer


def _model(entry: dict[str, Any], where: str) -> dict[str, Any]:
    inner = entry.get("config")
    layers = inner if isinstance(inner, list) else inner.get("layers") if isinstance(inner, dict) else None
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise EdgemlError("has a model without a list of layers", where, "save the model again")
    settings: dict[str, Any] = dict(inner) if isinstance(inner, dict) else {}
    name = str(settings.get("name") or entry.get("name") or "model")
    rewritten = [_layer(layer, where) for layer in layers]
    if entry["class_name"] == "Sequential":
        rewritten_config: dict[str, Any] = {"name": name, "layers": _with_input(layers, rewritten)}
        return _object("keras", "Sequential", rewritten_config)
    rewritten_config = {"name": name, "layers": rewritten}
    for key in ("input_layers", "output_layers"):
        ends = _plain(settings.get(key))
        rewritten_config[key] = ends[0] if isinstance(ends, list) and len(ends) == 1 else ends
    _count_from_zero(rewritten_config)
    return _object("keras", "Model", rewritten_config)  # which makes a functional one of it


def _count_from_zero(config: dict[str, Any]) -> None:
    """Number the calls of sequential models within from 0.

    Keras 2 counts the call that makes such a model, Keras 3 does not.
    """
    inner = {
        str(layer["config"]["name"]) for layer in config["layers"] if layer["class_name"] == "Sequential"
    }
    ends = [*(layer.get("inbound_nodes") for layer in config["layers"]), config["output_layers"]]
    by_model: dict[str, list[list[Any]]] = {}
    for call in _calls(ends):
        if call[0] in inner:
            by_model.setdefault(call[0], []).append(call)
    for calls in by_model.values():
        first = min(call[1] for call in calls)
        for call in calls:
            call[1] -= first


def _calls(value: Any) -> Iterator[list[Any]]:
    """The lists [layer, number of its call, number of the tensor, ...] in a value."""
    if isinstance(value, list) and [type(part) for part in value[:3]] == [str, int, int]:
        yield value
        value = value[3:]
    if isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _calls(part)


def _with_input(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A sequential model's layers, with its input in front; Keras 2 may state that in the first layer."""
    if new and new[0]["class_name"] == "InputLayer":
        return new
    first = old[0].get("config") if old else None
    shape = first.get("batch_input_shape") if isinstance(first, dict) else None
    if shape is None:
        return new
    source = {"batch_shape": _plain(shape), "dtype": "float32", "name": f"{new[0]['config']['name']}_input"}
    return [_object("keras.layers", "InputLayer", source), *new]


def _layer(entry: dict[str, Any], where: str) -> dict[str, Any]:
    """A layer of a model, with the calls that lead to it."""
    kind = _name(entry)
    inner = entry.get("config")
    if kind == _UNWRAPPED:
        return _pruned(entry, where)
    if kind in _REPLACED and isinstance(inner, dict):
        kind, renamed = _REPLACED[kind]
        inner = {str(renamed.get(key, key)): value for key, value in inner.items()}
    if kind in MODELS:
        model = _model(entry, where)
    elif not isinstance(inner, dict):
        raise EdgemlError(f"has a layer {kind} without settings", where, "save the model again")
    else:
        place = f"{where}: {inner.get('name', kind)}"
        home, cls = _class(kind, place)
        if not issubclass(cls, import_keras().layers.Layer):  # qkeras has a constraint Clip
            raise EdgemlError(f"an operation {kind} of Keras stands between the layers", place, _OPS)
        settings = _input(inner) if kind == "InputLayer" else _settings(inner, cls, place)
        model = _object(home, kind, settings)
    calls = {key: _plain(entry[key]) for key in ("name", "inbound_nodes") if key in entry}
    return {**model, **calls}


def _pruned(entry: dict[str, Any], where: str) -> dict[str, Any]:
    """The layer inside a wrapper of pruning, under the wrapper's name; its weights are pruned already."""
    inner = entry.get("config")
    layer = inner.get("layer") if isinstance(inner, dict) else None
    if (
        not isinstance(inner, dict)
        or not isinstance(layer, dict)
        or not isinstance(layer.get("config"), dict)
    ):
        raise EdgemlError("has a pruning wrapper without a layer", where, "save the model again")
    name = inner.get("name") or layer["config"].get("name")
    own = {key: entry[key] for key in ("name", "inbound_nodes") if key in entry}
    layer_ = _layer({**layer, **own, "name": name, "config": {**layer["config"], "name": name}}, where)
    return {**layer_, "pruned": True}


def _input(inner: dict[str, Any]) -> dict[str, Any]:
    shape = inner.get("batch_shape", inner.get("batch_input_shape"))
    return {"batch_shape": _plain(shape), "dtype": _dtype(inner.get("dtype")), "name": inner.get("name")}


def _settings(inner: dict[str, Any], cls: type, place: str) -> dict[str, Any]:
    """A layer's settings that Keras 3 has."""
    parameters = _parameters(cls)
    settings: dict[str, Any] = {}
    for key, value in inner.items():
        if key.endswith(_DROPPED) or key in ("batch_input_shape", "build_config"):
            continue
        value = _dtype(value) if key == "dtype" else _plain(value, place)
        key = _RENAMED.get((cls.__name__, key), key)
        if isinstance(value, str):
            value = _FUNCTIONS.get(value, value) if key.endswith("activation") else value
        if key == "axis" and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if key in parameters:
            settings[key] = value
        elif key in (*_BASE, *_WITHOUT_EFFECT) or (key.startswith(_RENORM) and not inner.get(_RENORM)):
            continue
        elif value not in _NEUTRAL and (key, value) != ("groups", 1):
            raise EdgemlError(
                f"the setting {key}={value!r:.60} of this {cls.__name__} is not one of Keras 3",
                place,
                "build the layer without it and save the model again",
            )
    return settings


def _parameters(cls: type) -> frozenset[str]:
    """The keyword arguments of a class, and of its bases as far as it hands them on."""
    parameters = set[str]()
    cell = getattr(import_qkeras(), f"{cls.__name__}Cell", None)  # what QLSTM hands its settings on to
    if isinstance(cell, type):
        parameters |= set(inspect.signature(cell.__init__).parameters)
    for base in cls.__mro__:
        if base.__module__.split(".")[0] in ("keras", "qkeras") and "__init__" in vars(base):
            own = inspect.signature(base.__init__).parameters
            parameters |= set(own)
            if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in own.values()):
                return frozenset(parameters - {"self", "kwargs"})
    return frozenset((parameters | set(_BASE)) - {"self", "args", "kwargs"})


def _plain(value: Any, where: str = "") -> Any:
    """A value without what only Keras 2 wrote: tuples and functions as objects, ids of shared objects."""
    if isinstance(value, list):
        return [_plain(part, where) for part in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    if kind is None or kind == _TENSOR:
        return {key: _plain(part, where) for key, part in value.items()}
    if kind in _TUPLES:
        return _plain(value.get("items"), where)
    if kind == "function":
        return str(value.get("config"))
    kind = _name(value)
    home, cls = _class(kind, where)
    inner = value.get("config")
    if not isinstance(inner, dict):
        settings: dict[str, Any] = {}
    elif issubclass(cls, import_keras().layers.Layer):  # that of a wrapper
        settings = _settings(inner, cls, where)
    else:
        settings = _plain(inner, where)
    return _object(home, kind, {k: part for k, part in settings.items() if not k.startswith("__")})


def _name(entry: dict[str, Any]) -> str:
    return str(entry.get("class_name")).removeprefix(_PACKAGE)


def _class(name: str, where: str) -> tuple[str, type]:
    """The module that a class is found in, and the class.

    Raises:
        EdgemlError: neither Keras nor QKeras has it.
    """
    keras, qkeras = import_keras(), import_qkeras()
    for home in (qkeras, keras.layers, keras.dtype_policies):
        cls = getattr(home, name, None)
        if isinstance(cls, type):
            module = cls.__module__ if home is qkeras else home.__name__.replace("keras._tf_keras.", "")
            return module, cls
    if name in ("TFOpLambda", "SlicingOpLambda"):
        raise EdgemlError("an operation of TensorFlow stands between the layers", where, _OPS)
    if snake_case(name) in operations.names():
        raise EdgemlError(f"an operation {name} of Keras stands between the layers", where, _OPS)
    of_hgq = name.startswith("HGQ>") or (name[:1] == "H" and hasattr(keras.layers, name[1:]))
    if of_hgq or name == "HQuantize":
        raise EdgemlError(f"the class {name} is one of HGQ 1, whose models are not read", where, _HGQ2)
    near = near_names(name, [*dir(qkeras), *dir(keras.layers)])
    hint = f"near it: {', '.join(near)}" if near else "replace it by layers of Keras and QKeras"
    raise EdgemlError(f"the class {name} is not one of Keras or QKeras", where, hint)


def _object(module: str, name: str, config: dict[str, Any]) -> dict[str, Any]:
    registered = f"qkeras>{name}" if module.startswith("qkeras") else None  # as qkeras-v3 registers them
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def _dtype(value: Any) -> Any:
    """A dtype by its name, which Keras 2 may wrap in a policy."""
    if isinstance(value, dict):
        inner = value.get("config")
        return inner.get("name", "float32") if isinstance(inner, dict) else "float32"
    return value or "float32"

"""Checks of a model's configuration, before Keras builds anything of it.

Only classes of Keras, QKeras and `edgeml.keras.learned`, none of those that run code of the file, and no size
that the stored weights do not fill.

Invariant: nothing is imported or built here; a configuration that passes names no code of the file's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.keras import layers, operations
from edgeml.keras.registry import is_learned, snake_case
from edgeml.keras.writer import AGAIN

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

_COUNTS = ("units", "filters", "depth_multiplier", "input_dim", "output_dim")
"""Settings that a layer makes at least so many weights of."""

_SHAPES = ("batch_shape", "batch_input_shape", "input_shape", "target_shape", "n", "size", "padding")
_MOST_ELEMENTS = 1 << 26
"""Of a sample, declared or added by one layer; the graph holds several arrays of as many."""


def without_compilation(value: Any) -> Any:
    """A configuration without what the models in it were compiled with."""
    if isinstance(value, dict):
        return {key: without_compilation(part) for key, part in value.items() if key != "compile_config"}
    return [without_compilation(part) for part in value] if isinstance(value, list) else value


FUNCTIONS = ("binary_sigmoid", "binary_tanh", "hard_sigmoid", "hard_tanh", "smooth_sigmoid", "smooth_tanh")
"""Activations of QKeras that are functions, which Keras 3 writes into a file as objects without a home."""


def with_named_functions(value: Any) -> Any:
    """A configuration in which functions of QKeras stand by their names, as QKeras looks them up."""
    if isinstance(value, list):
        return [with_named_functions(part) for part in value]
    if not isinstance(value, dict):
        return value
    if (value.get("module"), value.get("class_name")) == ("builtins", "function"):
        name = value.get("config")
        return name if name in FUNCTIONS else value
    return {key: with_named_functions(part) for key, part in value.items()}


def check_sizes(config: Any, stored: int, where: str) -> None:
    """Refuse sizes that the file has no weights for, before Keras builds them.

    Raises:
        EdgemlError: a layer declares more units than the stored weights have bytes, or a sample has too
        many elements.
    """
    for entry in objects(config):
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


def check_code(config: Any, where: str) -> None:
    """Refuse a class that runs code of the file, such as Lambda.

    Raises:
        EdgemlError: there is one; names it and its layer. Or there is no model.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise EdgemlError("holds no Keras model", where, AGAIN)
    for entry in objects(without_compilation(config)):
        name = str(entry["class_name"])
        if name in _CODE:
            raise EdgemlError(
                f"the class {name} runs code that is stored in the file",
                _place(entry, where),
                "replace it by Keras and QKeras layers",
            )


def _place(entry: dict[str, Any], where: str) -> str:
    inner = entry.get("config")
    layer = inner.get("name", "") if isinstance(inner, dict) else ""
    return f"{where}: {layer}" if layer else where


def check_classes(config: Any, where: str) -> None:
    """Every class in the configuration must be one of Keras or QKeras that runs no code of the file.

    Raises:
        EdgemlError: one is not; names it and its layer.
    """
    check_code(config, where)
    for entry in objects(without_compilation(config)):
        name, place = str(entry["class_name"]), _place(entry, where)
        modules = [str(entry["module"])] if entry.get("module") else []
        registered = str(entry.get("registered_name") or "")
        modules += [registered.split(">")[0]] if ">" in registered else []
        for module in modules:
            if (module, name) == ("builtins", "function"):
                function = str(entry.get("config"))
                raise EdgemlError(
                    f"has a function {function!r:.60} of its own as an activation",
                    place,
                    f"use one that Keras knows by its name, or of QKeras {', '.join(FUNCTIONS)}",
                )
            if not _is_keras_class(module, name):
                raise EdgemlError(
                    f"the class {module}.{name} is not one of Keras or QKeras that models are made of",
                    place,
                    "replace it by Keras and QKeras layers",
                )


def _is_keras_class(module: str, name: str) -> bool:
    if module == "edgeml" or is_learned(module):  # as they are registered, and where they are
        return name.startswith("Learned") and snake_case(name) in layers.names()
    parts = [part for part in module.split(".") if part != "src"]
    if parts[:2] == ["keras", "ops"]:  # of a functional model, x + y; no others: some hold code
        return snake_case(name) in operations.names()
    return parts[0] in _HOMES and (len(parts) == 1 or parts[1] in _PARTS)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every serialized object in a configuration, at any depth."""
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        for part in value.values():
            yield from objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from objects(part)

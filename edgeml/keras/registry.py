"""From a Keras or QKeras class to the file that lowers it; the folder is the registry.

Invariant: only classes of Keras and QKeras themselves are looked up. A user's class of the same name is
another class and is refused.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType
from typing import Any

from edgeml.errors import EdgemlError, unknown_name

_HOMES = ("keras", "qkeras")


def snake_case(name: str) -> str:
    """The file name of a class.

    >>> snake_case("QConv2DBatchnorm"), snake_case("MaxPooling2D"), snake_case("quantized_relu")
    ('q_conv2d_batchnorm', 'max_pooling2d', 'quantized_relu')
    """
    parted = re.sub(r"([a-z0-9])([A-Z][a-z])", r"\1_\2", name)
    parted = re.sub(r"([A-Z])([A-Z][a-z]+)", r"\1_\2", parted)
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", parted)
    return re.sub(r"_+", "_", parted).lower()


def module_for(folder: ModuleType, kind: str, thing: Any, where: str, remedy: str = "") -> ModuleType:
    """The module of `folder` that lowers the class of `thing`.

    Args:
        folder: the package whose files are searched.
        kind: "layer" or "quantizer", for the message.
        thing: an object of a Keras or QKeras class.
        where: the layer's name.
        remedy: what to do if there is none; near names are added.

    Raises:
        EdgemlError: the class is the user's own, or none of the files.
    """
    cls = type(thing)
    if cls.__module__.split(".")[0] not in _HOMES:
        raise EdgemlError(
            f"the {kind} class {cls.__module__}.{cls.__qualname__} is not one of Keras or QKeras",
            where,
            f"build the model from covered {kind}s: {', '.join(names(folder))}",
        )
    name = snake_case(cls.__name__)
    if name not in names(folder):
        near = unknown_name(kind, name, names(folder)).hint
        hint = f"{remedy}; {near}" if remedy else near
        raise EdgemlError(f"the {kind} {cls.__name__} is not covered", where, hint)
    return importlib.import_module(f"{folder.__name__}.{name}")


def names(folder: ModuleType) -> tuple[str, ...]:
    """The names of all files of the folder, sorted; those with a leading underscore are helpers."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(folder.__path__) if not m.name.startswith("_")))

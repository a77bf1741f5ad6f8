"""From a Keras or QKeras class to the file that lowers it; the folder is the registry.

Invariant: only classes of Keras and QKeras themselves are looked up. A user's class of the same name is
another class and is refused.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from types import ModuleType
from typing import Any

from edgeml.errors import EdgemlError, near_names

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
            f"build the model from {kind}s of Keras and QKeras; own ones are not lowered",
        )
    name = snake_case(cls.__name__)
    if name not in names(folder):
        titles = _titles(folder)
        near = [titles[other] for other in near_names(name, titles)]
        hints = [part for part in (remedy, f"near it: {', '.join(near)}" if near else "") if part]
        raise EdgemlError(
            f"the {kind} {cls.__name__} is not covered",
            where,
            "; ".join(hints) or f"docs/layers.md lists the {kind}s that are, and what to use instead",
        )
    return importlib.import_module(f"{folder.__name__}.{name}")


def _titles(folder: ModuleType) -> dict[str, str]:
    """The classes as users write them, by file name."""
    classes = vars(sys.modules["keras"].layers) | vars(sys.modules["qkeras"])
    written = {snake_case(name): name for name, kind in classes.items() if isinstance(kind, type)}
    return {name: written.get(name, "".join(map(str.title, name.split("_")))) for name in names(folder)}


def names(folder: ModuleType) -> tuple[str, ...]:
    """The names of all files of the folder, sorted; those with a leading underscore are helpers."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(folder.__path__) if not m.name.startswith("_")))

"""From a class of Keras, QKeras or `edgeml.keras.learned` to its file; the folder is the registry.

Invariant: only classes of these packages themselves are looked up. A user's class of the same name is
another class and is refused.

To add a class, write a file of its name in snake_case in the folder of its kind: `edgeml/keras/layers`,
`operations` or `quantizers`.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Generic, TypeVar

from edgeml.errors import EdgemlError, near_names
from edgeml.folder import ModuleFolder

H = TypeVar("H")

LEARNED = "edgeml.keras.learned"
"""The package of edgeml's own layers."""

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


@dataclass(frozen=True)
class HandlerFolder(Generic[H]):
    """The handlers of layers, operations or quantizers, one file each.

    Args:
        kind: what a class is called in messages, "layer".
        package: the dotted name of the folder.
        declares: the name of the handler in each file, "LAYER".
        handler_type: its type.
        remedies: what to use instead of classes that are known and not covered, by class.
    """

    kind: str
    package: str
    declares: str
    handler_type: type[H]
    remedies: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def folder(self) -> ModuleFolder:
        """The files."""
        return ModuleFolder(self.kind, self.package)

    def names(self) -> tuple[str, ...]:
        """The names of all files, sorted."""
        return self.folder.names()

    def load(self, name: str) -> H:
        """The handler that the file of that name declares.

        Raises:
            EdgemlError: there is no such file, or it declares no handler.
        """
        return self.folder.declared(name, self.declares, self.handler_type)

    def handler(self, instance: Any, where: str, remedy: str = "") -> H:
        """The handler of an object of a Keras or QKeras class.

        Args:
            instance: a layer, operation or quantizer.
            where: the layer's name in the model, for messages.
            remedy: what to use instead in this place if the class is not covered, before the folder's own.

        Raises:
            EdgemlError: the class is the user's own, or not covered.
        """
        cls, kind = type(instance), self.kind
        if not is_known(cls.__module__):
            raise EdgemlError(
                f"the {kind} class {cls.__module__}.{cls.__qualname__} is not one of Keras or QKeras",
                where,
                f"build the model from {kind}s of Keras and QKeras; own ones are not lowered",
            )
        name = snake_case(cls.__name__)
        if name not in self.names():
            raise EdgemlError(
                f"the {kind} {cls.__name__} is not covered", where, self.instead(cls.__name__, remedy)
            )
        return self.load(name)

    def instead(self, title: str, remedy: str = "") -> str:
        """The substitutes of a class that is not covered: its remedy, and the names near it.

        Args:
            title: the class's name.
            remedy: before the folder's own.
        """
        titles = self._titles()
        near = [titles[other] for other in near_names(snake_case(title), titles)]
        parts = (remedy or self.remedies.get(title, ""), f"near it: {', '.join(near)}" if near else "")
        return "; ".join(filter(None, parts)) or f"build it of the {self.kind}s in docs/layers.md"

    def _titles(self) -> dict[str, str]:
        """The classes as users write them, by file name."""
        classes = _classes()
        written = {snake_case(name): name for name, kind in classes.items() if isinstance(kind, type)}
        return {name: written.get(name, "".join(map(str.title, name.split("_")))) for name in self.names()}


def is_known(module: str) -> bool:
    """True for modules of Keras, of QKeras, and of edgeml's own layers."""
    return module.split(".")[0] in _HOMES or is_learned(module)


def is_learned(module: str) -> bool:
    """True for modules of edgeml's own layers."""
    return module == LEARNED or module.startswith(f"{LEARNED}.")


def is_quantized(module: str) -> bool:
    """True for modules whose layers quantize: those of QKeras, and of edgeml's own layers."""
    return module.split(".")[0] == "qkeras" or is_learned(module)


def class_of(name: str) -> type | None:
    """The class of Keras' layers, of QKeras or of edgeml that a file is named after; None if there is none.

    Keras and QKeras must have been imported.
    """
    return next(
        (cls for title, cls in _classes().items() if isinstance(cls, type) and snake_case(title) == name),
        None,
    )


def _classes() -> dict[str, Any]:
    """Everything in the packages of layers and quantizers, by the name that users write."""
    return vars(sys.modules["keras"].layers) | vars(sys.modules["qkeras"]) | vars(import_learned())


def import_learned() -> ModuleType:
    """The package of edgeml's own layers, which registers them with Keras; Keras must have been imported."""
    return importlib.import_module(LEARNED)

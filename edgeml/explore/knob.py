"""The interface of a knob: what a search may change, within which bounds, and the `--set` lines of a choice.

A knob has a dimension for each thing that it changes: one per layer, or a single one. Its name is its file's.

To add a knob, write `edgeml/explore/knobs/NAME.py` with `KNOB = <a subclass of Knob>()`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from edgeml.errors import EdgemlError
from edgeml.explore.target import ExploreTarget
from edgeml.folder import ModuleFolder
from edgeml.presets import Choices, Preset

_FOLDER = ModuleFolder("knob", "edgeml.explore.knobs")

Choice: TypeAlias = int | float | str


class LayerRole(StrEnum):
    """The use that a layer of a preset makes of its quantizers."""

    WEIGHTS = "weights"
    ACTIVATIONS = "activations"
    LEARNED = "learned"


@dataclass(frozen=True)
class PresetLayer:
    """A layer that asks the preset's quantizers for a format.

    Attributes:
        name: of it.
        role: what it asks for.
        parameters: its weights; 0 for activations.
    """

    name: str
    role: LayerRole
    parameters: int = 0


@dataclass(frozen=True)
class SpaceInput:
    """The facts that dimensions follow from.

    Attributes:
        preset: the preset.
        choices: its settings, with those of `--set`.
        layers: of its model.
        target: what it is explored for.
    """

    preset: Preset
    choices: Choices
    layers: tuple[PresetLayer, ...]
    target: ExploreTarget

    def of_role(self, role: LayerRole) -> Iterator[str]:
        """The names of the layers with a role."""
        return (layer.name for layer in self.layers if layer.role is role)


@dataclass(frozen=True)
class ChoiceBounds:
    """The choices that a user allows a knob: `--range KNOB=2:6` or `--range KNOB=2,4,8`.

    `--range weight_bits.fc1=2:4` is for one dimension of a knob that has several.

    Attributes:
        low: least number; None without a range.
        high: largest number.
        listed: the only choices; () if there is a range.
    """

    low: float | None = None
    high: float | None = None
    listed: tuple[Choice, ...] = ()

    @staticmethod
    def parse(text: str) -> tuple[str, ChoiceBounds]:
        """The knob or its dimension, and the bounds.

        Raises:
            EdgemlError: it is no such range, or there is no such knob.
        """
        where = f"--range {text}"
        name, equals, values = (part.strip() for part in text.partition("="))
        if not equals or not values:
            raise EdgemlError("is no KNOB=RANGE", where, "write weight_bits=2:6 or clock=50,100")
        load(name.partition(".")[0])
        if ":" in values:
            ends = [_number(part) for part in values.split(":")]
            if len(ends) != 2 or any(isinstance(end, str) for end in ends) or float(ends[0]) > float(ends[1]):
                raise EdgemlError("is no range", where, "write LOW:HIGH with numbers, the lower one first")
            return name, ChoiceBounds(float(ends[0]), float(ends[1]))
        return name, ChoiceBounds(listed=tuple(_number(part.strip()) for part in values.split(",")))

    def among(self, choices: Iterable[Choice]) -> tuple[Choice, ...]:
        """The choices within the bounds; listed numbers stand for themselves."""
        there = tuple(choices)
        if self.listed:
            numbers = all(not isinstance(one, str) for one in there)
            return self.listed if numbers else tuple(one for one in there if one in self.listed)
        if self.low is None or self.high is None:
            return there
        return tuple(one for one in there if not isinstance(one, str) and self.low <= one <= self.high)


def _number(text: str) -> Choice:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@dataclass(frozen=True)
class Dimension:
    """One thing that can be changed.

    Attributes:
        name: the knob, and behind a dot the layer if there are several.
        choices: the values, numbers in rising order.
        own: the preset's own value.
        lines: the assignments of `edgeml train --set` per choice.
        design_lines: the assignments of `--set` of the commands for the design, per choice.
        layer: that it changes; "" if it is none of a single layer.
        topology: the float baseline depends on it.
    """

    name: str
    choices: tuple[Choice, ...]
    own: Choice
    lines: tuple[tuple[str, ...], ...]
    design_lines: tuple[tuple[str, ...], ...] = ()
    layer: str = ""
    topology: bool = False

    @staticmethod
    def of_key(
        name: str, key: str, choices: Sequence[Choice], own: Choice, layer: str = "", topology: bool = False
    ) -> Dimension:
        """A dimension that is the value of one setting of the preset."""
        lines = tuple((f"{key}={choice}",) for choice in choices)
        return Dimension(name, tuple(choices), own, lines, layer=layer, topology=topology)

    @property
    def nearest(self) -> Choice:
        """The choice that is nearest to the preset's own value."""
        if self.own in self.choices or isinstance(self.own, str):
            return self.own if self.own in self.choices else self.choices[0]
        numbers = [one for one in self.choices if not isinstance(one, str)]
        own = float(self.own)
        return min(numbers, key=lambda one: abs(one - own)) if numbers else self.choices[0]

    def settings(self, choice: Choice) -> tuple[str, ...]:
        """The assignments for training of a choice."""
        return self.lines[self.choices.index(choice)] if self.lines else ()

    def design_settings(self, choice: Choice) -> tuple[str, ...]:
        """The assignments for the design of a choice."""
        return self.design_lines[self.choices.index(choice)] if self.design_lines else ()


class Knob(ABC):
    """Something that a search may change.

    Raises:
        TypeError: when the class is made, if it does not declare its title.
    """

    title: ClassVar[str]
    """Its subject, in a few words."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "title"):
            raise TypeError(f"the knob {cls.__name__} ({cls.__module__}) does not declare its title")

    @abstractmethod
    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        """Its dimensions for a preset and a target; none if it does not apply to them."""

    def unused(self, values: Mapping[str, Choice]) -> frozenset[str]:
        """Its dimensions that have no effect beside the choices of others."""
        del values
        return frozenset()


def names() -> tuple[str, ...]:
    """The names of all knobs, sorted."""
    return _FOLDER.names()


def load(name: str) -> Knob:
    """A knob by its name.

    Raises:
        EdgemlError: there is none of that name.
    """
    return _FOLDER.declared(name, "KNOB", Knob)


def bits_between(own: int, bounds: ChoiceBounds | None, least: int) -> tuple[int, ...]:
    """Widths of codes: within the bounds of the user, else from `least` to one bit more than the preset has.

    >>> bits_between(6, None, 2), bits_between(6, ChoiceBounds(4, 5), 2)
    ((2, 3, 4, 5, 6, 7), (4, 5))
    """
    if bounds is None:
        return tuple(range(min(least, own), own + 2))
    return tuple(one for one in bounds.among(range(1, 33)) if isinstance(one, int))

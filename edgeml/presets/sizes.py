"""Sizes of a preset's network that may vary, and the bounds within which they may.

    PRESET = Preset(build=build, sizes={"fc1": Size(default=32, least=8, most=64, step=8)}, ...)

The build function gets them as its argument `sizes`, `--set model.sizes.fc1=24` changes one, and `edgeml
explore` searches among them.

Invariant: a size lies within its bounds, and one that a preset does not state is refused.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NoReturn

from pydantic import Field, model_validator

from edgeml.errors import EdgemlError, unknown_name
from edgeml.settings import Settings

SIZES = "sizes"
"""The parameter of a build function that gets the sizes."""

_NAME = re.compile(r"[A-Za-z0-9_]+")
_Whole = Annotated[int, Field(ge=0, strict=True)]


class Size(Settings):
    """A size of a network: units of a layer, filters, or a number of layers.

    Args:
        default: the size without `--set`.
        least: of the sizes that are allowed; 0 where the build function then leaves the layer out.
        most: of them.
        step: between the sizes that a search tries.
    """

    default: _Whole
    least: _Whole
    most: _Whole
    step: Annotated[int, Field(ge=1, strict=True)] = 1

    @model_validator(mode="after")
    def _in_order(self) -> Size:
        if not self.least <= self.default <= self.most:
            raise ValueError(
                f"default = {self.default} is not between least = {self.least} and most = {self.most}"
            )
        return self

    @property
    def tried(self) -> range:
        """The sizes that a search tries, the default aside."""
        return range(self.least, self.most + 1, self.step)


class Sizes(dict[str, int]):
    """The sizes that a build function gets, by name.

    >>> Sizes(fc1=32)["fc2"]
    Traceback (most recent call last):
    edgeml.errors.EdgemlError: sizes['fc2']: unknown size 'fc2' (did you mean fc1?)
    """

    def __missing__(self, name: str) -> NoReturn:
        raise unknown_name("size", name, self, f"sizes[{name!r}]")


class ModelChoices(Settings):
    """The settings of a preset's network.

    Args:
        sizes: by name, within the bounds that the preset states: `--set model.sizes.fc1=24`.
    """

    sizes: dict[str, _Whole] = Field(default_factory=dict)


def bounds_text(bounds: Mapping[str, Size]) -> str:
    """The sizes that may vary in words; "" for none.

    >>> bounds_text({"fc1": Size(default=32, least=8, most=64)})
    'fc1 8 to 64'
    """
    return ", ".join(f"{name} {size.least} to {size.most}" for name, size in bounds.items())


def check_bounds(file: str, build: Callable[..., Any], bounds: Mapping[str, Any]) -> None:
    """Refuse a preset whose sizes are none, or reach nobody.

    Args:
        file: of the preset.
        build: its build function.
        bounds: its sizes, as the file states them.

    Raises:
        EdgemlError: says which, and what to write.
    """
    for name, size in bounds.items():
        if not isinstance(size, Size):
            remedy = f"write {name!r}: Size(default=32, least=8, most=64, step=8)"
            raise EdgemlError(f"{name!r} is a {type(size).__name__}, not a Size", f"{file}, sizes", remedy)
        if not _NAME.fullmatch(name):
            raise EdgemlError(f"{name!r} is no name of a size", f"{file}, sizes", "use letters, digits and _")
    if bounds and SIZES not in inspect.signature(build).parameters:
        where = f"{file}, {getattr(build, '__name__', 'build')}()"
        raise EdgemlError("takes no sizes", where, "give it a parameter: def build(q, sizes)")


def check_sizes(name: str, bounds: Mapping[str, Size], sizes: Mapping[str, int]) -> None:
    """Refuse sizes that a preset does not have or does not allow.

    Args:
        name: of the preset.
        bounds: that it states.
        sizes: that are chosen.

    Raises:
        EdgemlError: with near matches, or with the bounds.
    """
    for key, size in sizes.items():
        if not bounds:
            raise EdgemlError(
                "states no sizes that may vary",
                f"{name}: model.sizes.{key}",
                "leave it out, or state them in a preset file of your own, see docs/extending.md",
            )
        if key not in bounds:
            raise unknown_name("size", key, bounds, f"{name}: model.sizes")
        allowed = bounds[key]
        if not allowed.least <= size <= allowed.most:
            raise EdgemlError(
                f"{size} is outside the preset's bounds",
                f"{name}: model.sizes.{key}",
                f"{allowed.least} to {allowed.most}; {allowed.default} without --set",
            )

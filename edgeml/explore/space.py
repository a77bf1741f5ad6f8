"""The space of a study: the dimensions of all knobs that apply, and what a point in it means."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from edgeml.errors import EdgemlError, unknown_name
from edgeml.explore import knob as knobs
from edgeml.explore.knob import Choice, ChoiceBounds, Dimension, SpaceInput

Point = Mapping[str, Choice]
"""A choice by dimension."""


@dataclass(frozen=True)
class SizedTopology:
    """The sizes of a network that are not the study's own.

    Attributes:
        name: of them, "fc1-24_fc2-0"; "" for the study's own.
        lines: assignments of `edgeml train --set`.
    """

    name: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudySpace:
    """All dimensions of a study.

    Attributes:
        dimensions: in the order of their knobs' names.
        own: the point that is nearest to the preset as it is.
    """

    dimensions: tuple[Dimension, ...]
    own: Point

    def used(self, point: Point, layers: Collection[str]) -> dict[str, Choice]:
        """A point without the choices that have no effect beside the others.

        Args:
            point: a choice for every dimension.
            layers: of its topology.
        """
        unused = frozenset[str]().union(*(knobs.load(name).unused(point) for name in knobs.names()))
        return {
            one.name: point[one.name]
            for one in self.dimensions
            if one.name not in unused and (not one.layer or one.layer in layers)
        }

    def lines(self, used: Point) -> tuple[str, ...]:
        """The assignments of `edgeml train --set` of the choices that have an effect."""
        return tuple(line for one in self._of(used) for line in one.settings(used[one.name]))

    def design_lines(self, used: Point) -> tuple[str, ...]:
        """The assignments of `--set` of the commands for the design, likewise."""
        return tuple(line for one in self._of(used) for line in one.design_settings(used[one.name]))

    def topology(self, point: Point) -> SizedTopology:
        """The part of a point that its float baseline depends on."""
        chosen = [one for one in self.dimensions if one.topology]
        others = [one for one in chosen if point[one.name] != one.own]
        short = (f"{one.name.partition('.')[2] or one.name}-{point[one.name]}" for one in others)
        lines = tuple(line for one in others for line in one.settings(point[one.name]))
        return SizedTopology("_".join(short), lines)

    def _of(self, used: Point) -> list[Dimension]:
        return [one for one in self.dimensions if one.name in used]


def space_of(at: SpaceInput, names: tuple[str, ...], bounds: Mapping[str, ChoiceBounds]) -> StudySpace:
    """The space of a preset and a target.

    Args:
        at: preset, settings, layers and target.
        names: of the knobs that are turned; () for all that apply.
        bounds: of the user, by knob.

    Raises:
        EdgemlError: a knob that does not apply, a range that leaves nothing, or nothing to turn.
    """
    for name in names:
        if name not in knobs.names():
            raise unknown_name("knob", name, knobs.names(), "--knobs")
    dimensions: list[Dimension] = []
    for name in knobs.names():
        if names and name not in names:
            continue
        own = list(_within(at, name, bounds))
        empty = next((one for one in own if not one.choices), None)
        if empty is not None:
            usual = next(one for one in knobs.load(name).dimensions(at, None) if one.name == empty.name)
            raise EdgemlError(
                f"leaves {empty.name} no choice",
                f"--range {empty.name if empty.name in bounds else name}",
                f"within {', '.join(map(str, usual.choices))}",
            )
        if not own and (name in names or name in bounds):
            where = f"--knobs {name}" if name in names else f"--range {name}"
            raise EdgemlError(
                f"does not apply to {at.preset.name} on {at.target.title}", where, "leave it out"
            )
        dimensions += own
    _refuse_idle(bounds, names, [one.name for one in dimensions])
    if not any(len(one.choices) > 1 for one in dimensions):
        raise EdgemlError("there is nothing to search: every knob has one choice", at.preset.name)
    return StudySpace(tuple(dimensions), {one.name: one.nearest for one in dimensions})


def _within(at: SpaceInput, name: str, bounds: Mapping[str, ChoiceBounds]) -> Iterator[Dimension]:
    """The dimensions of a knob within its bounds, and within those that are for one of them."""
    for one in knobs.load(name).dimensions(at, bounds.get(name)):
        if one.name == name or one.name not in bounds:
            yield one
            continue
        yield from (
            other for other in knobs.load(name).dimensions(at, bounds[one.name]) if other.name == one.name
        )


def _refuse_idle(bounds: Mapping[str, ChoiceBounds], names: tuple[str, ...], there: list[str]) -> None:
    """Refuse bounds of what is not turned.

    Raises:
        EdgemlError: with near matches, where the knob has such dimensions.
    """
    for key in bounds:
        knob = key.partition(".")[0]
        if names and knob not in names:
            raise EdgemlError(
                f"{knob} is not turned", f"--range {key}", f"add it to --knobs, or leave --range {key} out"
            )
        if key != knob and key not in there:
            own = [one for one in there if one.partition(".")[0] == knob]
            raise unknown_name("dimension", key, own, "--range")

"""The space of a study: the dimensions of all knobs that apply, and what a point in it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.errors import EdgemlError, unknown_name
from edgeml.explore import knob as knobs
from edgeml.explore.knob import Choice, ChoiceBounds, Dimension, SpaceInput

Point = Mapping[str, Choice]
"""A choice by dimension."""


@dataclass(frozen=True)
class StudySpace:
    """All dimensions of a study.

    Attributes:
        dimensions: in the order of their knobs' names.
        own: the point that is nearest to the preset as it is.
    """

    dimensions: tuple[Dimension, ...]
    own: Point

    def lines(self, point: Point) -> tuple[str, ...]:
        """The assignments of `edgeml train --set` of a point; those without effect are left out."""
        return tuple(
            line for dimension in self._used(point) for line in dimension.settings(point[dimension.name])
        )

    def design_lines(self, point: Point) -> tuple[str, ...]:
        """The assignments of `--set` of the commands for the design of a point."""
        return tuple(
            line
            for dimension in self._used(point)
            for line in dimension.design_settings(point[dimension.name])
        )

    def _used(self, point: Point) -> list[Dimension]:
        unused = frozenset[str]().union(*(knobs.load(name).unused(point) for name in knobs.names()))
        return [one for one in self.dimensions if one.name not in unused]


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
        own = list(knobs.load(name).dimensions(at, bounds.get(name)))
        empty = next((one for one in own if not one.choices), None)
        if empty is not None:
            usual = next(iter(knobs.load(name).dimensions(at, None))).choices
            raise EdgemlError(
                "leaves no choice",
                f"--range {name}",
                f"within {', '.join(map(str, usual))}",
            )
        if not own and (name in names or name in bounds):
            where = f"--knobs {name}" if name in names else f"--range {name}"
            raise EdgemlError(
                f"does not apply to {at.preset.name} on {at.target.title}", where, "leave it out"
            )
        dimensions += own
    if not any(len(one.choices) > 1 for one in dimensions):
        raise EdgemlError("there is nothing to search: every knob has one choice", at.preset.name)
    return StudySpace(tuple(dimensions), {one.name: one.nearest for one in dimensions})

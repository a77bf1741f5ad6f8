"""The interface of a metric: what a trial is measured by, and what may be limited.

Where a metric has an interval, a limit holds for its unfavourable end. Its name is its file's.

To add a metric, write `edgeml/explore/metrics/NAME.py` with `METRIC = <a subclass of Metric>()`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from edgeml.explore.target import ExploreTarget, TargetKind
from edgeml.explore.units import Unit
from edgeml.figures import Figure, Hardware
from edgeml.folder import ModuleFolder
from edgeml.footprint import McuFit

_FOLDER = ModuleFolder("metric", "edgeml.explore.metrics")


@dataclass(frozen=True)
class TrialFacts:
    """The figures of a trial that metrics read.

    Attributes:
        percent: figure of the task of the exact graph on the validation part, in percent.
        float_percent: the same of the float baseline.
        hardware: of the design; None for a microcontroller.
        fit: of the C; None for a board.
    """

    percent: float
    float_percent: float
    hardware: Hardware | None = None
    fit: McuFit | None = None


class Metric(ABC):
    """A measure of trials.

    Raises:
        TypeError: when the class is made, if it lacks one of the attributes.
    """

    title: ClassVar[str]
    """Its name for people, which begins with a small letter unless it is an abbreviation."""

    unit: ClassVar[Unit]
    """The unit of its values."""

    higher: ClassVar[bool]
    """True if more is better."""

    kinds: ClassVar[frozenset[TargetKind]]
    """The kinds of targets that have it."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        owed = [name for name in ("title", "unit", "higher", "kinds") if not hasattr(cls, name)]
        if owed:
            raise TypeError(f"the metric {cls.__name__} ({cls.__module__}) does not declare {owed}")

    @abstractmethod
    def value(self, facts: TrialFacts) -> Figure | None:
        """Its value; None if it is not known."""

    @abstractmethod
    def capacity(self, target: ExploreTarget) -> float | None:
        """The amount that the target has, of which a limit may be a share; None if there is none."""

    def text(self, figure: Figure | None) -> str:
        """A value for people; "-" if it is not known."""
        return "-" if figure is None else figure.text(self.unit.text)


EVERY = frozenset(TargetKind)
BOARDS = frozenset({TargetKind.BOARD})
MCUS = frozenset({TargetKind.MCU})


class ResourceMetric(Metric):
    """A resource of a board, of the whole design as it has to fit."""

    kind: ClassVar[str]
    """The resource, as `edgeml.figures` names it."""

    unit = Unit.COUNT
    higher = False
    kinds = BOARDS
    title = ""

    def value(self, facts: TrialFacts) -> Figure | None:
        from edgeml.fits import occupied

        return None if facts.hardware is None else getattr(occupied(facts.hardware), self.kind)

    def capacity(self, target: ExploreTarget) -> float | None:
        from edgeml.fits import capacities

        return None if target.board is None else float(capacities(target.board)[self.kind])


def names() -> tuple[str, ...]:
    """The names of all metrics, sorted."""
    return _FOLDER.names()


def load(name: str) -> Metric:
    """A metric by its name.

    Raises:
        EdgemlError: there is none of that name.
    """
    return _FOLDER.declared(name, "METRIC", Metric)


def flag(name: str) -> str:
    """The option that limits a metric.

    >>> flag("accuracy_loss")
    '--max-accuracy-loss'
    """
    return f"--max-{name.replace('_', '-')}"

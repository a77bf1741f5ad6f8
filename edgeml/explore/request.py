"""The question of a study: preset, target, what is limited and what is minimized, and how it is searched.

STUDY/study.json keeps it, so that the same command goes on and a trial can be repeated from its line.

Invariant: two equal questions with equal seeds give equal trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError, unknown_name
from edgeml.explore import metric as metrics
from edgeml.explore.knob import ChoiceBounds
from edgeml.explore.metric import Metric
from edgeml.explore.target import ExploreTarget, TargetKind

FILE = "study.json"


class Sampler(StrEnum):
    """The ways of Optuna to choose the next trials."""

    TPE = "tpe"
    NSGA2 = "nsga2"
    NSGA3 = "nsga3"


class StudyLimit(Record):
    """The most that a metric may be.

    Attributes:
        metric: its name.
        most: in the unit of the metric.
        stated: as it was typed: "60%".
    """

    metric: str
    most: float
    stated: str

    def excess(self, worst: float | None) -> float:
        """The excess of a value over the limit, as a share of it; 0 if it holds, infinite if unknown."""
        if worst is None:
            return float("inf")
        return max(0.0, worst - self.most) / max(abs(self.most), 1e-9)


class StudyRequest(Document):
    """The content of study.json.

    Attributes:
        preset: name or file.
        settings: as `--set` has them.
        seed: of the training and of the search.
        epochs: most epochs of either phase; None for the preset's.
        target: the kind of target.
        target_name: board or microcontroller.
        design: the kind of design; "" for a microcontroller.
        objectives: names of metrics, the first of them accuracy if it is one.
        limits: of metrics.
        sampler: of Optuna.
        generation: trials that are asked for at a time; the next are chosen when all of them are done.
        ranges: as `--range` has them.
        knobs: names of those that are turned; () for all that apply.
        edgeml: version that began it.
        code: digest of the preset's file.
    """

    what: ClassVar[str] = "study"
    remedy: ClassVar[str] = "explore into another folder with --out"

    schema_: Literal[1] = Field(default=1, alias="schema")
    preset: str
    settings: tuple[str, ...] = ()
    seed: int = 0
    epochs: int | None = None
    target: TargetKind = Field(strict=False)
    target_name: str
    design: str = ""
    objectives: tuple[str, ...]
    limits: tuple[StudyLimit, ...] = ()
    sampler: Sampler = Field(default=Sampler.TPE, strict=False)
    generation: Annotated[int, Field(ge=2, le=1000)] = 12
    ranges: tuple[str, ...] = ()
    knobs: tuple[str, ...] = ()
    edgeml: str
    code: str = ""

    @property
    def place(self) -> ExploreTarget:
        """The target."""
        return ExploreTarget(self.target, self.target_name, self.design)

    @property
    def metrics(self) -> dict[str, Metric]:
        """All that the target has, by name; objectives and limits first."""
        named = [*self.objectives, *(limit.metric for limit in self.limits)]
        having = [name for name in metrics.names() if self.target in metrics.load(name).kinds]
        return {name: metrics.load(name) for name in dict.fromkeys([*named, *having])}

    @property
    def bounds(self) -> dict[str, ChoiceBounds]:
        """The bounds by knob."""
        return dict(ChoiceBounds.parse(text) for text in self.ranges)

    def differences(self, now: StudyRequest) -> list[str]:
        """A sentence for each thing that another question asks for."""
        there, here = self.model_dump(), now.model_dump()
        return [f"{key} is {there[key]} there, {here[key]} now" for key in there if there[key] != here[key]]


def check_objectives(names: Sequence[str], target: ExploreTarget) -> tuple[str, ...]:
    """The objectives of a study.

    Args:
        names: of metrics; none for the default ones.
        target: what it is explored for.

    Raises:
        EdgemlError: an unknown metric, one that the target does not have, or a single one.
    """
    fitting = [name for name in metrics.names() if target.kind in metrics.load(name).kinds]
    usual = ("accuracy", "lut" if target.kind is TargetKind.BOARD else "flash")
    chosen = tuple(dict.fromkeys(names)) or usual
    for name in chosen:
        if name not in fitting:
            raise unknown_name("objective", name, fitting, "--objectives")
    if len(chosen) > 4:
        raise EdgemlError(
            f"{len(chosen)} objectives leave hardly a trial that another beats", "--objectives", "use 2 to 4"
        )
    if len(chosen) < 2:
        raise EdgemlError("one objective has no front", "--objectives", f"add a second: {','.join(usual)}")
    return chosen


def limits_of(stated: dict[str, str | None], target: ExploreTarget) -> tuple[StudyLimit, ...]:
    """The limits of a command.

    Args:
        stated: by metric, as typed; None where there is none.
        target: what it is explored for.

    Raises:
        EdgemlError: an amount that is none, one of a metric that the target does not have, or one that no
            design can keep.
    """
    result: list[StudyLimit] = []
    for name, text in stated.items():
        if text is None:
            continue
        metric, flag = metrics.load(name), metrics.flag(name)
        if target.kind not in metric.kinds:
            raise EdgemlError(f"{target.title} has no such metric", flag, "leave it out")
        most = metric.unit.parse(text, flag, metric.capacity(target))
        capacity = metric.capacity(target)
        if capacity is not None and most > capacity:
            raise EdgemlError(
                f"{text} is more than {target.title} has: {metric.unit.text(capacity)}",
                flag,
                "state less, or a larger target",
            )
        result.append(StudyLimit(metric=name, most=most, stated=text))
    _refuse_contradictions(result)
    return tuple(result)


def _refuse_contradictions(limits: Sequence[StudyLimit]) -> None:
    """Refuse limits that no design can keep together.

    Raises:
        EdgemlError: says which.
    """
    by_name = {limit.metric: limit for limit in limits}
    for name in ("latency", "interval", "lut", "flash", "instructions"):
        if name in by_name and by_name[name].most <= 0:
            raise EdgemlError("no design takes nothing", metrics.flag(name), "state an amount above zero")

"""The emulated models beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.numbers import Number, absent, scaled
from edgeml.report.sections.speed.facts import SpeedFacts
from edgeml.report.words import number

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


@dataclass(frozen=True)
class TimedModel:
    """One model in the batch that was timed.

    Attributes:
        name: of it.
        time: microseconds per sample.
        rate: samples per second.
        ratio: its time over that of the float32 baseline.
    """

    name: str
    time: Number
    rate: Number
    ratio: Number


def view(facts: Facts) -> tuple[TimedModel, ...]:
    """The models that were timed; none if nothing was."""
    speed = facts.part(SpeedFacts).speed
    if speed is None:
        return ()
    models = {"exact fixed-point": speed.exact, "float32 baseline": speed.float_, "int8 QDQ": speed.int8}
    return tuple(
        TimedModel(name, time, samples_per_second(time), _over(time, speed.float_))
        for name, time in models.items()
    )


def emulated_latency(facts: Facts, name: str) -> Number:
    """Nanoseconds of one sample alone, as a caller in Python sees it.

    Args:
        facts: of the whole report.
        name: "exact", "float" or "int8".
    """
    speed = facts.part(SpeedFacts).speed
    return absent(facts.missing["speed"]) if speed is None else scaled(speed.alone[name], 1000)


def emulated_rate(facts: Facts, name: str) -> Number:
    """Samples per second in the batch that was timed, by the names of `emulated_latency`."""
    speed = facts.part(SpeedFacts).speed
    if speed is None:
        return absent(facts.missing["speed"])
    return samples_per_second({"exact": speed.exact, "float": speed.float_, "int8": speed.int8}[name])


def samples_per_second(time: Number) -> Number:
    """The rate that follows from microseconds per sample."""
    if not time.value:
        return absent(time.reason or "too fast to be timed", time.source)
    return Number(value=1e6 / time.value, source=time.source)


def _over(time: Number, baseline: Number) -> Number:
    if not time.value or not baseline.value:
        return absent(time.reason or baseline.reason or "too fast to be timed", time.source)
    return Number(value=time.value / baseline.value, source=time.source)


def digest(facts: Facts) -> str:
    """The time of a sample in the batch that was timed."""
    speed = facts.part(SpeedFacts).speed
    return "" if speed is None else f"{number(speed.exact, 'micro')} per sample on this CPU, exact"

"""From clock cycles to times and rates, as numbers with their source or the reason why there is none."""

from __future__ import annotations

from edgeml.figures import Hardware
from edgeml.report.numbers import Number, absent, figure


def latency_ns(item: Hardware) -> Number:
    """Latency of a sample in nanoseconds at `Hardware.cycle_mhz`."""
    if item.cycles is None:
        return absent("the source does not tell the latency", item.source)
    return figure(item.latency_ns, item.source, "no clock is known")


def throughput(item: Hardware) -> Number:
    """Samples per second at `Hardware.cycle_mhz`; no design takes more than one in a cycle."""
    if item.ii is None:
        return absent("the source does not tell the initiation interval", item.source)
    if item.cycle_mhz is None:
        return absent("no clock is known", item.source)
    if item.ii.value < 1:
        return absent("the initiation interval is less than a cycle", item.source)
    fastest = item.cycle_mhz * 1e6
    low = None if item.ii.high is None else fastest / item.ii.high
    high = None if item.ii.low is None else fastest / max(1.0, item.ii.low)
    return Number(value=fastest / item.ii.value, source=item.source, low=low, high=high)

"""The ways to run the model side by side: float and int8 on this machine, quantization-aware on both.

Invariant: every number is one of the facts with its source. A design on an FPGA has the exact graph's
accuracy only if a check has run that design and found its integers equal.

To add a way: a `Way` in `ways`.
"""

from __future__ import annotations

from edgeml.figures import Hardware
from edgeml.report.facts import Facts
from edgeml.report.facts_hardware import DESIGNS, detailed, latency_ns, throughput
from edgeml.report.numbers import Fact, Number, absent

_RUNNERS = {"verilog": "verilator", "hls4ml": "hls4ml"}
"""Which result of check.json speaks for a design."""


class Way(Fact):
    """One way to run the model.

    Attributes:
        name: what runs.
        how: how its numbers came to be: trained in float, quantized after training, or while training.
        where: on what.
        style: class of its colour in charts.
        accuracy: share of the test samples.
        bits: of all constants.
        latency: nanoseconds for one sample alone.
        rate: samples per second when there are many.
    """

    name: str
    how: str
    where: str
    style: str
    accuracy: Number
    bits: Number
    latency: Number
    rate: Number


def ways(facts: Facts) -> tuple[Way, ...]:
    """Float, post-training and quantization-aware on the CPU, then the designs on FPGAs."""
    accuracy, sizes = facts.accuracy, facts.sizes
    cpu = (
        ("float32", "trained in float", "float", accuracy.float_, _times(sizes.float_parameters, 32)),
        ("int8 QDQ", "quantized after training", "int8", accuracy.int8, sizes.int8_bits),
        ("exact fixed-point", "quantization-aware", "exact", accuracy.fixed, sizes.weight_bits),
    )
    colours = {"float": "m-float", "int8": "m-int8", "exact": "m-fixed"}
    found = [
        Way(
            name=name,
            how=how,
            where="this CPU",
            style=colours[key],
            accuracy=share,
            bits=bits,
            latency=_alone(facts, key),
            rate=_rate(facts, key),
        )
        for name, how, key, share, bits in cpu
    ]
    found += [_on_fpga(facts, group[0]) for group in detailed(facts.hardware, facts.target)]
    return tuple(found)


def _on_fpga(facts: Facts, item: Hardware) -> Way:
    board = next((board.title for board in facts.boards if board.name == item.board), item.board or item.part)
    return Way(
        name=DESIGNS[item.design],
        how="quantization-aware",
        where=board,
        style="m-fixed",
        accuracy=_proved(facts, item),
        bits=facts.sizes.weight_bits,
        latency=latency_ns(item),
        rate=throughput(item),
    )


def _proved(facts: Facts, item: Hardware) -> Number:
    """The exact graph's accuracy, if this design was found to give the same integers."""
    runner = _RUNNERS.get(item.design)
    results = facts.exactness.results if facts.exactness else ()
    found = next((result for result in results if result.backend == runner), None)
    if found is None or found.status == "not-run":
        return absent("this design was not simulated (edgeml check RUN)")
    if found.status == "mismatch":
        return absent("its integers differ from the graph's")
    return facts.accuracy.fixed


def _alone(facts: Facts, key: str) -> Number:
    if facts.speed is None:
        return absent(facts.missing["speed"])
    return _times(facts.speed.alone[key], 1000)


def _rate(facts: Facts, key: str) -> Number:
    if facts.speed is None:
        return absent(facts.missing["speed"])
    item = facts.speed.float_ if key == "float" else getattr(facts.speed, key)
    if not item.value:
        return absent(item.reason or "too fast to be timed")
    return Number(value=1e6 / item.value, source=item.source)


def _times(item: Number, factor: float) -> Number:
    if item.value is None:
        return item
    return Number(value=item.value * factor, source=item.source)

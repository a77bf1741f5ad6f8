"""The ways to run the model side by side: float and int8 on this machine, quantization-aware on both.

Invariant: every number is one of the facts with its source. A design on an FPGA has the exact graph's
accuracy only if a check has run that design and found its integers equal.

To add a way: a `Way` in `ways`; a model that only has an accuracy: a row in `models`.
"""

from __future__ import annotations

from edgeml.checks.names import runners
from edgeml.figures import Hardware
from edgeml.report.facts import Facts, PostTraining
from edgeml.report.facts_hardware import DESIGNS, clock, detailed, latency_ns, throughput
from edgeml.report.numbers import Fact, Number, absent
from edgeml.report.words import amount

_ROUNDED = {"own": "PTQ, same types", "calibrated": "PTQ, calibrated"}
"""Names of the float baseline rounded after training, by its types."""


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


class Model(Fact):
    """A model whose accuracy is known.

    Attributes:
        name: of it.
        style: class of its colour in charts.
        accuracy: share of the test samples.
        agreement: share of them on which it says the same class as the exact graph, None if not asked.
    """

    name: str
    style: str
    accuracy: Number
    agreement: Number | None = None


class Rounding(Fact):
    """A way to come to the run's widths: trained for them, or rounded to them after training in float.

    Attributes:
        name: of it.
        style: class of its colour in charts.
        accuracy: of the exact graph on the test samples.
        agreement: share of them on which it says the same class as the float baseline.
        weight_bits: of all constants.
        bops: bit operations per sample.
        hardware: estimates of its designs on the target board, like with like.
    """

    name: str
    style: str
    accuracy: Number
    agreement: Number
    weight_bits: Number
    bops: Number
    hardware: tuple[Hardware, ...] = ()


def models(facts: Facts) -> tuple[Model, ...]:
    """Every model whose accuracy was asked for, in the order they are shown."""
    accuracy, agreement = facts.accuracy, facts.agreement
    found = [
        Model(name="float32", style="m-float", accuracy=accuracy.float_, agreement=agreement.fixed_float),
        Model(name="QAT", style="m-qat", accuracy=accuracy.qat, agreement=agreement.fixed_qat),
        Model(name="fixed-point", style="m-fixed", accuracy=accuracy.fixed),
    ]
    found += [
        Model(name=_ROUNDED[item.types], style=f"m-{item.types}", accuracy=item.accuracy)
        for item in facts.post_training
    ]
    return (*found, Model(name="int8 QDQ", style="m-int8", accuracy=accuracy.int8))


def roundings(facts: Facts) -> tuple[Rounding, ...]:
    """The exact graph as trained, and those of the float baseline rounded after training."""
    if not facts.post_training:
        return ()
    estimates = tuple(
        item for item in facts.hardware if item.source == "estimate" and item.board == facts.target
    )
    trained = Rounding(
        name="trained for it (QAT)",
        style="m-fixed",
        accuracy=facts.accuracy.fixed,
        agreement=facts.agreement.fixed_float,
        weight_bits=facts.sizes.weight_bits,
        bops=facts.sizes.bops,
        hardware=estimates,
    )
    return (trained, *(_rounding(item) for item in facts.post_training))


def _rounding(item: PostTraining) -> Rounding:
    return Rounding(
        name=_ROUNDED[item.types],
        style=f"m-{item.types}",
        accuracy=item.accuracy,
        agreement=item.agreement,
        weight_bits=item.weight_bits,
        bops=item.bops,
        hardware=item.hardware,
    )


def ways(facts: Facts) -> tuple[Way, ...]:
    """Float, post-training and quantization-aware on the CPU, then the designs on FPGAs."""
    accuracy, sizes = facts.accuracy, facts.sizes
    cpu = (
        ("float32", "trained in float", "float", accuracy.float_, _times(sizes.float_parameters, 32)),
        ("int8 QDQ", "after training", "int8", accuracy.int8, sizes.int8_bits),
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
    untimed = absent("not timed, the ops are the same")
    found[2:2] = [
        Way(
            name="exact fixed-point",
            how=f"after training ({_ROUNDED[item.types]})",
            where="this CPU",
            style=f"m-{item.types}",
            accuracy=item.accuracy,
            bits=item.weight_bits,
            latency=untimed,
            rate=untimed,
        )
        for item in facts.post_training
        if item.accuracy.value is not None
    ]
    found += [_on_fpga(facts, group[0]) for group in detailed(facts.hardware, facts.target)]
    return tuple(found)


def _on_fpga(facts: Facts, item: Hardware) -> Way:
    board = next((board.title for board in facts.boards if board.name == item.board), item.board or item.part)
    return Way(
        name=DESIGNS[item.design],
        how="quantization-aware",
        where=f"{board}, {amount(mhz)} MHz" if (mhz := clock(item)) else board,
        style="m-fixed",
        accuracy=_proved(facts, item),
        bits=facts.sizes.weight_bits,
        latency=latency_ns(item),
        rate=throughput(item),
    )


def _proved(facts: Facts, item: Hardware) -> Number:
    """The exact graph's accuracy, if this design was found to give the same integers."""
    own = {name for name, backend in runners().items() if backend == item.design}
    rows = [row for row in (facts.exactness.results if facts.exactness else ()) if row.backend in own]
    if any(row.status == "mismatch" for row in rows):
        return absent("its integers differ from the graph's")
    if any(row.failed for row in rows):
        return absent("its simulation failed")
    if not any(row.status == "exact" for row in rows):
        return absent("this design was not simulated (edgeml check RUN)")
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

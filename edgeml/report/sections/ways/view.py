"""The ways to run the model side by side: float and int8 on this machine, quantization-aware on both.

Invariant: every number is one of the facts with its source. A design on an FPGA has the exact graph's
accuracy only if a check has run that design and found its integers equal.

To add a way: a `Deployment` in `_on_cpu`, or a design in the facts of the hardware.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.checks.names import runners
from edgeml.report.numbers import Number, absent
from edgeml.report.section import TableCell
from edgeml.report.sections.accuracy.facts import AccuracyFacts
from edgeml.report.sections.exactness.facts import ExactnessFacts
from edgeml.report.sections.hardware.design import DesignOnBoard
from edgeml.report.sections.hardware.facts import HardwareFacts
from edgeml.report.sections.hardware.groups import detailed
from edgeml.report.sections.speed.view import emulated_latency, emulated_rate
from edgeml.report.sections.ways.facts import POST_TRAINING_NAMES, PostTrainingRow, WaysFacts
from edgeml.report.sections.weights.facts import WeightsFacts
from edgeml.report.sections.weights.view import view as sizes_view
from edgeml.report.words import amount, number

if TYPE_CHECKING:
    from edgeml.report.comparison.facts import RunRow
    from edgeml.report.facts import Facts

CPU = "this CPU"


@dataclass(frozen=True)
class Deployment:
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
        timed: it was timed for itself, or a design's latency is known.
    """

    name: str
    how: str
    where: str
    style: str
    accuracy: Number
    bits: Number
    latency: Number
    rate: Number
    timed: bool = True

    @property
    def title(self) -> str:
        """The name, and on an FPGA the board and its clock."""
        return self.name if self.where == CPU else f"{self.name}, {self.where}"


@dataclass(frozen=True)
class QuantizedVariant:
    """A way to come to the run's widths: trained for them, or rounded to them after training in float.

    Attributes:
        name: of it.
        style: class of its colour in charts.
        accuracy: of the exact graph on the test samples.
        agreement: share of them on which it says the same class as the float baseline.
        weight_bits: of all constants.
        bops: bit operations per sample.
        designs: estimates of its designs on the target board, like with like.
    """

    name: str
    style: str
    accuracy: Number
    agreement: Number
    weight_bits: Number
    bops: Number
    designs: tuple[DesignOnBoard, ...] = ()


@dataclass(frozen=True)
class WaysView:
    """The `view` of the templates of ways."""

    deployments: tuple[Deployment, ...]
    variants: tuple[QuantizedVariant, ...]

    @property
    def times(self) -> tuple[tuple[str, str, Number, bool], ...]:
        """Name, colour class and latency of what was timed for itself, and whether it is on the CPU."""
        return tuple(
            (way.title, way.style, way.latency, way.where == CPU) for way in self.deployments if way.timed
        )


def view(facts: Facts) -> WaysView:
    """All ways, and the widths by training and by rounding."""
    return WaysView(deployments(facts), variants(facts))


def compared_cell(run: RunRow) -> TableCell:
    """The calibrated baseline's accuracy in a comparison, and as a note that at the run's own types."""
    results = run.part(PostTrainingRow).post_training
    own = results.get("own")
    note = f"own types {number(own, 'percent')}" if own is not None and own.value is not None else ""
    return TableCell(results.get("calibrated", absent("not in the report")), "percent", note)


def variants(facts: Facts) -> tuple[QuantizedVariant, ...]:
    """The exact graph as trained, and those of the float baseline rounded after training."""
    results = facts.part(WaysFacts).post_training
    if not results:
        return ()
    hardware, sizes = facts.part(HardwareFacts), facts.part(WeightsFacts).sizes
    board = next((board for board in hardware.boards if board.name == hardware.target), None)
    trained = QuantizedVariant(
        name="trained for it (QAT)",
        style="m-fixed",
        accuracy=facts.part(AccuracyFacts).accuracy.fixed,
        agreement=facts.part(AccuracyFacts).agreement.fixed_float,
        weight_bits=sizes.weight_bits,
        bops=sizes.bops,
        designs=tuple(
            DesignOnBoard(item, board)
            for item in hardware.hardware
            if item.source == "estimate" and item.board == hardware.target
        ),
    )
    rounded = (
        QuantizedVariant(
            name=POST_TRAINING_NAMES[item.types],
            style=f"m-{item.types}",
            accuracy=item.accuracy,
            agreement=item.agreement,
            weight_bits=item.weight_bits,
            bops=item.bops,
            designs=tuple(DesignOnBoard(estimate, board) for estimate in item.hardware),
        )
        for item in results
    )
    return (trained, *rounded)


def deployments(facts: Facts) -> tuple[Deployment, ...]:
    """Float, post-training and quantization-aware on the CPU, then the designs on FPGAs."""
    designs = (group.best for group in detailed(facts.part(HardwareFacts)))
    return (*_on_cpu(facts), *(_on_fpga(facts, design) for design in designs))


def _on_cpu(facts: Facts) -> tuple[Deployment, ...]:
    accuracy, sizes = facts.part(AccuracyFacts).accuracy, facts.part(WeightsFacts).sizes

    def timed(name: str, how: str, key: str, style: str, share: Number, bits: Number) -> Deployment:
        times = emulated_latency(facts, key), emulated_rate(facts, key)
        return Deployment(name, how, CPU, style, share, bits, *times)

    untimed = absent("not timed, the ops are the same")
    rounded = (
        Deployment(
            name="exact fixed-point",
            how=f"after training ({POST_TRAINING_NAMES[item.types]})",
            where=CPU,
            style=f"m-{item.types}",
            accuracy=item.accuracy,
            bits=item.weight_bits,
            latency=untimed,
            rate=untimed,
            timed=False,
        )
        for item in facts.part(WaysFacts).post_training
        if item.accuracy.value is not None
    )
    float_bits = sizes_view(facts).float_bits
    return (
        timed("float32", "trained in float", "float", "m-float", accuracy.float_, float_bits),
        timed("int8 QDQ", "after training", "int8", "m-int8", accuracy.int8, sizes.int8_bits),
        *rounded,
        timed(
            *("exact fixed-point", "quantization-aware", "exact", "m-fixed"),
            accuracy.fixed,
            sizes.weight_bits,
        ),
    )


def _on_fpga(facts: Facts, design: DesignOnBoard) -> Deployment:
    return Deployment(
        name=design.name,
        how="quantization-aware",
        where=f"{design.place}, {amount(design.mhz)} MHz" if design.mhz else design.place,
        style="m-fixed",
        accuracy=_accuracy(facts, design.item.design),
        bits=facts.part(WeightsFacts).sizes.weight_bits,
        latency=design.latency,
        rate=design.throughput,
    )


def _accuracy(facts: Facts, design: str) -> Number:
    """The exact graph's accuracy, if this design was found to give the same integers."""
    check = facts.part(ExactnessFacts).exactness
    own = {name for name, backend in runners().items() if backend == design}
    rows = [row for row in (check.results if check else ()) if row.backend in own]
    if any(row.status == "mismatch" for row in rows):
        return absent("its integers differ from the graph's")
    if any(row.failed for row in rows):
        return absent("its simulation failed")
    if not any(row.status == "exact" for row in rows):
        return absent("this design was not simulated (edgeml check RUN)")
    return facts.part(AccuracyFacts).accuracy.fixed


def digest(facts: Facts) -> str:
    """The accuracy by training for the widths, and by rounding to them."""
    rows = [row for row in variants(facts) if row.accuracy.value is not None]
    return "; ".join(f"{row.name} {number(row.accuracy, 'percent')}" for row in rows)

"""The sensitivity by tensor: a row each, with its cost at every width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.ptq.record import SensitivityRow
from edgeml.report.sections.sensitivity.facts import SensitivityFacts

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


@dataclass(frozen=True)
class TensorSensitivity:
    """The costs of one tensor.

    Attributes:
        layer: whose.
        tensor: its weights or its result.
        rows: by width, the widest first.
    """

    layer: str
    tensor: str
    rows: tuple[SensitivityRow, ...]

    @property
    def name(self) -> str:
        """Layer and tensor in words."""
        return f"{self.layer} {self.tensor}"

    def at(self, bits: int) -> SensitivityRow | None:
        """The cost at a width, if it was measured."""
        return next((row for row in self.rows if row.bits == bits), None)


@dataclass(frozen=True)
class SensitivityView:
    """The sensitivity table.

    Attributes:
        tensors: its rows.
        bits: its columns, the widest first.
    """

    tensors: tuple[TensorSensitivity, ...]
    bits: tuple[int, ...]


def view(facts: Facts) -> SensitivityView:
    """The rows and columns of the table."""
    ptq = facts.part(SensitivityFacts).ptq
    rows = ptq.sensitivity if ptq is not None else ()
    keys = dict.fromkeys((row.layer, row.tensor) for row in rows)
    tensors = (
        TensorSensitivity(layer, tensor, tuple(r for r in rows if (r.layer, r.tensor) == (layer, tensor)))
        for layer, tensor in keys
    )
    return SensitivityView(tuple(tensors), tuple(sorted({row.bits for row in rows}, reverse=True)))


def headline(facts: Facts) -> tuple[str, ...]:
    """The loss by quantization after training, on the samples that it was judged with."""
    ptq = facts.part(SensitivityFacts).ptq
    if ptq is None:
        return ()
    return (
        f"quantized after training: {ptq.measure} {ptq.percent:.2f} %, float {ptq.float_percent:.2f} %, "
        f"on {ptq.judged:,} samples that it was judged with",
    )


def digest(facts: Facts) -> str:
    """The tensor whose rounding costs most."""
    ptq = facts.part(SensitivityFacts).ptq
    if ptq is None or not ptq.sensitivity:
        return ""
    worst = max(ptq.sensitivity, key=lambda row: row.loss)
    return f"{worst.layer} {worst.tensor} at {worst.bits} bits costs {worst.loss:.2f} points"

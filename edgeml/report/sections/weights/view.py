"""The sizes of the model by name, and how much smaller it is than its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.numbers import Number, scaled
from edgeml.report.sections.weights.facts import WeightsFacts
from edgeml.report.words import number

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

FLOAT_BITS = 32
"""Of a parameter of the float32 baseline."""


@dataclass(frozen=True)
class SizesView:
    """The `view` of the templates of weights.

    Attributes:
        rows: name, number and kind of the number.
        float_bits: of all parameters of the float32 baseline.
        ratio: how many times smaller the constants are than these; None if one of them is not known.
    """

    rows: tuple[tuple[str, Number, str], ...]
    float_bits: Number
    ratio: float | None


def view(facts: Facts) -> SizesView:
    """The sizes."""
    sizes = facts.part(WeightsFacts).sizes
    float_bits = scaled(sizes.float_parameters, FLOAT_BITS)
    rows = (
        ("parameters", sizes.parameters, "amount"),
        ("stored at their types", sizes.weight_bits, "size"),
        ("multiply-accumulates per sample", sizes.macs, "amount"),
        ("of these with a non-zero weight", sizes.nonzero_macs, "amount"),
        ("bit operations per sample (energy proxy)", sizes.bops, "amount"),
        ("int8 model, constants", sizes.int8_bits, "size"),
        ("float32 parameters", sizes.float_parameters, "amount"),
    )
    ratio = (
        float_bits.value / sizes.weight_bits.value if float_bits.value and sizes.weight_bits.value else None
    )
    return SizesView(rows, float_bits, ratio)


def headline(facts: Facts) -> tuple[str, ...]:
    """The size in a line."""
    sizes = facts.part(WeightsFacts).sizes
    return (f"weights: {number(sizes.weight_bits, 'size')}, {number(sizes.macs)} MACs",)


def digest(facts: Facts) -> str:
    """The size in a line."""
    sizes, ratio = facts.part(WeightsFacts).sizes, view(facts).ratio
    if sizes.weight_bits.value is None:
        return ""
    return (
        f"{number(sizes.weight_bits, 'size')}{f', {ratio:.1f} times smaller than float32' if ratio else ''}"
    )

"""The cores and layers of the section of microcontrollers, as its templates show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.footprint import CoreFigures
from edgeml.report.numbers import Number, absent, figure, measured
from edgeml.report.sections.mcus.facts import FootprintRow, McuFacts

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_COMPARED = "cortex-m4"


@dataclass(frozen=True)
class LayerOnCore:
    """One layer on one core.

    Attributes:
        name: of the layer; "calls, shared code" for what is around the layers.
        code: bytes of its instructions.
        constants: bytes of its arrays.
        instructions: per inference.
        share: of all instructions.
        cycles: per inference, with their interval.
    """

    name: str
    code: int
    constants: int
    instructions: float
    share: float
    cycles: Number


@dataclass(frozen=True)
class CoreView:
    """One core.

    Attributes:
        figures: of the model.
        cycles: per inference, with their interval.
        layers: by rising place in memory.
    """

    figures: CoreFigures
    cycles: Number
    layers: tuple[LayerOnCore, ...]


def view(facts: Facts) -> tuple[CoreView, ...]:
    """The measured cores."""
    return tuple(_core(one) for one in facts.part(McuFacts).mcu_cores)


def _core(one: CoreFigures) -> CoreView:
    layers = tuple(
        LayerOnCore(
            layer.layer or "calls, shared code",
            layer.code,
            layer.constants,
            layer.instructions,
            layer.instructions / one.instructions if one.instructions else 0.0,
            figure(layer.cycles, "estimate"),
        )
        for layer in one.layers
    )
    return CoreView(one, figure(one.cycles, "estimate"), layers)


def row(facts: Facts) -> FootprintRow:
    """The footprint in a comparison of runs: that on a Cortex-M4."""
    part = facts.part(McuFacts)
    core = next((one for one in part.mcu_cores if one.core == _COMPARED), None)
    if core is None:
        none = absent(part.missing.get("microcontrollers", "no Cortex-M4 was measured"))
        return FootprintRow(mcu_flash=none, mcu_ram=none)
    return FootprintRow(
        mcu_flash=measured(core.flash),
        mcu_ram=measured(core.ram),
    )


def headline(facts: Facts) -> tuple[str, ...]:
    """One line with the footprint on a Cortex-M4; nothing if that was not measured."""
    part = facts.part(McuFacts)
    core = next((one for one in part.mcu_cores if one.core == _COMPARED), None)
    if core is None:
        return ()
    fitting = sum(one.verdict in ("fits", "tight") for one in part.microcontrollers)
    return (
        f"C on a Cortex-M4: {core.flash:,} bytes of flash, {core.ram:,} of RAM, "
        f"{core.instructions:,.0f} instructions; fits {fitting} of {len(part.microcontrollers)} "
        "microcontrollers",
    )


def digest(facts: Facts) -> str:
    """The number of microcontrollers that it fits, and the bytes it takes on one."""
    rows = facts.part(McuFacts).microcontrollers
    if not rows:
        return ""
    fitting = sum(row.verdict in ("fits", "tight") for row in rows)
    return f"fits {fitting} of {len(rows)}; {rows[0].flash:,} bytes of flash, {rows[0].ram:,} of RAM"

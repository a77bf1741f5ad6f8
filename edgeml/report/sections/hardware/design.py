"""The figures of a design on a board from one source, and what is derived: shares, fit, times, notes.

Invariant: everything that a page derives from a `Hardware` is derived here, once; an estimate keeps its
interval, and whether it fits is judged by the interval, not by its middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from edgeml.estimate import design_title
from edgeml.estimate.quality import Quality, quality
from edgeml.figures import KINDS, Figure, Hardware, LayerFigures, Reached, Usage
from edgeml.fits import Verdict, needs, occupied, worst
from edgeml.report.numbers import Number, absent, figure
from edgeml.report.sections.hardware.facts import KIND_NAMES, MAIN_KINDS, BoardFacts
from edgeml.report.sections.hardware.times import latency_ns, throughput
from edgeml.report.svg import COLOURS
from edgeml.report.words import amount

REACHED: Mapping[Reached, str] = {
    "": "",
    "estimated": "HLS estimate",
    "simulated": "co-simulated",
    "synthesized": "after synthesis",
    "fitted": "after place and route",
}
"""The stages of a vendor's flow, in words."""


OUTSIDE = "outside the layers"
"""Name of what belongs to none of the layers."""


@dataclass(frozen=True)
class ResourceCount:
    """One kind of resource of a design.

    Attributes:
        name: of the kind.
        count: how much the design takes.
        capacity: of the board; None if it is not known, or the board has none.
        packed: what the whole board takes after packing, with what stands around the design, where that is
            known and is another count.
        estimated: the packed count is an estimate that stands beside a tool's count.
    """

    name: str
    count: Number
    capacity: int | None
    packed: Figure | None
    estimated: bool

    @property
    def share(self) -> float | None:
        """The share of the board, 0 to 1; None if the count or the capacity is not known."""
        if self.count.value is None or not self.capacity:
            return None
        return self.count.value / self.capacity

    @property
    def share_span(self) -> str:
        """The interval of the share in words, "38 to 96 %"; "" if the count has none."""
        low, high = self.count.low, self.count.high
        if low is None or high is None or low == high or not self.capacity:
            return ""
        return f"{amount(100 * low / self.capacity)} to {amount(100 * high / self.capacity)} %"

    @property
    def packed_share(self) -> float | None:
        """The share of the board, 0 to 1, after packing with all around it; None if `packed` is None."""
        return self.packed.value / self.capacity if self.packed and self.capacity else None


@dataclass(frozen=True)
class LayerNumbers:
    """One layer of a design as numbers: resources by kind; start, latency and II in cycles."""

    part: LayerFigures
    used: Mapping[str, Number]
    start: Number
    cycles: Number
    ii: Number


@dataclass(frozen=True)
class DesignOnBoard:
    """The figures of a design on a board, from one source.

    Attributes:
        item: its figures.
        board: None if it is not known.
    """

    item: Hardware
    board: BoardFacts | None

    @property
    def name(self) -> str:
        """The name of the design."""
        return design_title(self.item.design)

    @property
    def place(self) -> str:
        """Title of the board, or else its name or the part."""
        return self.board.title if self.board else self.item.board or self.item.part

    @property
    def reached(self) -> str:
        """The stage of a vendor's flow, in words; "" if it is no vendor's."""
        return REACHED[self.item.reached]

    @property
    def origin(self) -> str:
        """The source, and how far a vendor's flow had come."""
        return f"{self.item.source}, {self.reached}" if self.reached else self.item.source

    @property
    def fit(self) -> Verdict:
        """The verdict on the fit of the design, with all logic around it on the board."""
        return "unknown" if self.board is None else worst(needs(occupied(self.item), self.board.capacity))

    @property
    def mhz(self) -> float | None:
        """The clock of its cycles in MHz; None if no source states it."""
        return self.item.cycle_mhz

    @cached_property
    def latency(self) -> Number:
        """Latency of a sample in nanoseconds."""
        return latency_ns(self.item)

    @cached_property
    def throughput(self) -> Number:
        """Samples per second."""
        return throughput(self.item)

    @cached_property
    def cycles(self) -> Number:
        """Latency of a sample in cycles."""
        return self._number(self.item.cycles)

    @cached_property
    def ii(self) -> Number:
        """Cycles from one sample to the next."""
        return self._number(self.item.ii)

    @cached_property
    def fmax(self) -> Number:
        """The fastest clock that it was found good for, in MHz."""
        return self._number(self.item.fmax_mhz)

    @property
    def scheduled(self) -> bool:
        """Its cycles are from a schedule and exact, although its resources are estimated."""
        item = self.item
        return item.source == "estimate" and item.cycles is not None and item.cycles.low is None

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of resources that the source tells of."""
        return shown_kinds([self.item.total])

    @cached_property
    def resources(self) -> Mapping[str, ResourceCount]:
        """Every kind of resource."""
        own, around = self.item.total.present(), self.item.whole.present() if self.item.whole else {}
        capacity = self.board.capacity if self.board else {}
        counts: dict[str, ResourceCount] = {}
        for kind in KINDS:
            whole = around.get(kind)
            differs = whole is not None and (kind not in own or whole.value != own[kind].value)
            packed = whole if differs and capacity.get(kind) else None
            estimated = self.item.source != "estimate"
            count, have = self._number(own.get(kind)), capacity.get(kind) or None
            counts[kind] = ResourceCount(KIND_NAMES[kind], count, have, packed, estimated)
        return counts

    @property
    def main_resources(self) -> tuple[ResourceCount, ...]:
        """The kinds that every comparison shows."""
        return tuple(self.resources[kind] for kind in MAIN_KINDS)

    @cached_property
    def packed(self) -> Mapping[str, Number] | None:
        """Of an estimate, what the whole board takes after packing, by kind; None if that is not known."""
        if self.item.whole is None or self.item.source != "estimate":
            return None
        figures = self.item.whole.present()
        return {kind: self._number(figures.get(kind)) for kind in KINDS}

    @cached_property
    def scarcest(self) -> tuple[str, Number]:
        """Name of the kind of resource that the design, with all around it, takes most of, and its share."""
        capacity = self.board.capacity if self.board else {}
        part = {
            kind: figure.scaled(1 / capacity[kind])
            for kind, figure in occupied(self.item).present().items()
            if capacity.get(kind)
        }
        if not part:
            return "", absent("no share of the board is known", self.item.source)
        kind = max(part, key=lambda kind: part[kind].most)
        return KIND_NAMES[kind], figure(
            part[kind], "estimate" if part[kind].low is not None else self.item.source
        )

    @cached_property
    def quality(self) -> Quality:
        """The error of the estimate in one line, with the statistics apart."""
        return quality(self.item)

    @cached_property
    def layer_kinds(self) -> tuple[str, ...]:
        """The kinds of resources that any layer tells of."""
        return shown_kinds([part.usage for part in self.item.layers])

    @cached_property
    def layers(self) -> tuple[LayerNumbers, ...]:
        """Its layers in the order of the data."""
        return tuple(
            LayerNumbers(
                part,
                {kind: self._number(part.usage.present().get(kind)) for kind in KINDS},
                *(self._number(item) for item in (part.start, part.cycles, part.ii)),
            )
            for part in self.item.layers
        )

    @cached_property
    def layer_keys(self) -> tuple[tuple[str, str], ...]:
        """Name and colour class of every layer that takes resources, in the data's order, then the rest."""
        layers = self.item.layers
        names = [part.layer for part in layers if any(f.value for f in part.usage.present().values())]
        keys = [(name, f"l{index % COLOURS}") for index, name in enumerate(dict.fromkeys(names))]
        if any(self.outside(kind) > 0 for kind in self.item.total.present()):
            keys.append((OUTSIDE, "rest") if keys else ("all layers", "l0"))
        return tuple(keys)

    def outside(self, kind: str) -> float:
        """The amount of a kind of resource that belongs to none of the layers."""
        own = (part.usage.present().get(kind) for part in self.item.layers)
        rest = self.item.total.present()[kind].value - sum(figure.value for figure in own if figure)
        return rest if rest > 1e-9 else 0.0

    def largest(self, kind: str) -> float:
        """The most that a layer takes of a kind."""
        return max((float(layer.used[kind].value or 0) for layer in self.layers), default=0.0)

    @property
    def tools(self) -> str:
        """The programs that made the figures, "" if none is named."""
        return self.item.tool or ", ".join(f"{s.tool} {s.version}".strip() for s in self.item.stages)

    @property
    def seconds(self) -> float:
        """The seconds that those programs ran."""
        return sum(stage.seconds for stage in self.item.stages)

    def _number(self, item: Figure | None) -> Number:
        return figure(item, self.item.source, "the source does not tell")


def shown_kinds(usages: Sequence[Usage]) -> tuple[str, ...]:
    """The kinds that are known; large RAMs only if there are any, for few parts have them."""
    figures = [usage.present() for usage in usages]
    largest = {kind: max((u[kind].value for u in figures if kind in u), default=None) for kind in KINDS}
    return tuple(kind for kind, most in largest.items() if most or (most is not None and kind != "uram"))

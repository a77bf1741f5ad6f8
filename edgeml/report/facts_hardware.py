"""What a report says about hardware: boards, and rows of resources and latency that follow from `Hardware`.

Invariant: a row is from one source; sources stand beside each other, the best first, and are never mixed in
one row. An estimate keeps its interval, and whether it fits is judged by the interval, not by its middle.

To add a source: a word in `edgeml.figures.Source`, its meaning in `SOURCES`, its place in `_rank`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from edgeml.boards import Board
from edgeml.estimate.quality import quality
from edgeml.figures import KINDS, Hardware, Reached, Source, Usage
from edgeml.fits import Verdict, needs, occupied, worst
from edgeml.report.numbers import Fact, Number, absent, figure

_RANK: tuple[Source, ...] = ("measured", "place-and-route", "synthesis", "vendor", "estimate", "proven")
_REACHED: Mapping[Reached, int] = {"fitted": 1, "synthesized": 2, "simulated": 3, "estimated": 3, "": 3}

REACHED: Mapping[Reached, str] = {
    "": "",
    "estimated": "HLS estimate",
    "simulated": "co-simulated",
    "synthesized": "after synthesis",
    "fitted": "after place and route",
}
"""How far a vendor's flow had come, in words."""

DESIGNS: Mapping[str, str] = {
    "verilog": "edgeml Verilog",
    "hls4ml": "hls4ml project",
    "other": "another project",
}
"""Name of each design."""

KIND_NAMES: Mapping[str, str] = {"lut": "LUT", "ff": "FF", "dsp": "DSP", "bram": "BRAM", "uram": "large RAM"}
"""Name of each resource."""


class BoardFacts(Fact):
    """A board, or a bare part.

    Attributes:
        name: of its file.
        clock_mhz: the clock designs are made for by default.
        lut_kind: what a LUT is here: a 6-input or 4-input table, or an ALM; counts of unlike kinds do not
            compare.
        capacity: of the whole device, by kind, in the units of `edgeml.figures`.
    """

    name: str
    title: str
    vendor: str
    family: str
    part: str
    flow: str
    clock_mhz: float
    lut_kind: str
    dsp_kind: str
    capacity: Mapping[str, int]

    @classmethod
    def of(cls, board: Board) -> BoardFacts:
        """What the report needs of a board."""
        have = {kind: getattr(board.resources, kind) for kind in KINDS}
        return cls(
            name=board.name,
            title=board.title,
            vendor=board.vendor,
            family=board.family,
            part=board.part,
            flow=board.flow.value,
            clock_mhz=board.clock_mhz,
            lut_kind=board.resources.lut_kind,
            dsp_kind=board.resources.dsp_kind,
            capacity={kind: count for kind, count in have.items() if count is not None},
        )


class ResourceRow(Fact):
    """What one source says a design takes; None where it does not tell.

    Attributes:
        board: "" for a bare part.
        reached: how far a vendor's flow had come.
        low: lower ends of the intervals of an estimate, by kind; a tool's count has none.
        high: upper ends.
    """

    board: str
    part: str
    design: str
    settings: str
    source: Source
    reached: Reached
    lut: float | None
    ff: float | None
    dsp: float | None
    bram: float | None
    uram: float | None
    low: Mapping[str, float] = {}
    high: Mapping[str, float] = {}


class LatencyRow(Fact):
    """What one source says of a design's speed; None where it does not tell.

    Attributes:
        cycles: latency of a sample.
        ii: cycles from one sample to the next.
        clock_mhz: what cycles are multiplied with: the design's clock, or the fastest it was found good for
            if that is slower.
        ns: latency of a sample.
        low: lower ends of the intervals of an estimate, by "cycles", "ii", "ns".
        high: upper ends.
    """

    board: str
    part: str
    design: str
    settings: str
    source: Source
    reached: Reached
    cycles: float | None
    ii: float | None
    clock_mhz: float | None
    ns: float | None
    low: Mapping[str, float] = {}
    high: Mapping[str, float] = {}


def resource_rows(found: Sequence[Hardware]) -> tuple[ResourceRow, ...]:
    """The `resources` of report.json: a row per design, board and source that tells of resources."""
    rows: list[ResourceRow] = []
    for item in found:
        known = item.total.present()
        if not known:
            continue
        values = {kind: known[kind].value if kind in known else None for kind in KINDS}
        low = {kind: f.low for kind, f in known.items() if f.low is not None}
        high = {kind: f.high for kind, f in known.items() if f.high is not None}
        rows.append(ResourceRow.model_validate({**_whose(item), **values, "low": low, "high": high}))
    return tuple(rows)


def latency_rows(found: Sequence[Hardware]) -> tuple[LatencyRow, ...]:
    """The `latency` of report.json: a row per design, board and source that tells of cycles."""
    rows: list[LatencyRow] = []
    for item in found:
        if item.cycles is None and item.ii is None:
            continue
        numbers = {"cycles": figure(item.cycles, item.source), "ii": figure(item.ii, item.source)}
        numbers["ns"] = latency_ns(item)
        values = {name: number.value for name, number in numbers.items()}
        low = {name: n.low for name, n in numbers.items() if n.low is not None}
        high = {name: n.high for name, n in numbers.items() if n.high is not None}
        ends = {"clock_mhz": clock(item), "low": low, "high": high}
        rows.append(LatencyRow.model_validate({**_whose(item), **values, **ends}))
    return tuple(rows)


def clock(item: Hardware) -> float | None:
    """MHz that its cycles take: what it was made for, or the fastest possible where that is slower."""
    return item.cycle_mhz


def misses_clock(item: Hardware) -> bool:
    """The source found it too slow for the clock it was made for."""
    return item.misses_clock


def latency_ns(item: Hardware) -> Number:
    """Latency of a sample in nanoseconds at `clock`."""
    mhz = clock(item)
    if item.cycles is None:
        return absent("the source does not tell the latency", item.source)
    if mhz is None:
        return absent("no clock is known", item.source)
    return figure(item.latency_ns, item.source)


def throughput(item: Hardware) -> Number:
    """Samples per second at `clock`."""
    mhz = clock(item)
    if item.ii is None:
        return absent("the source does not tell the initiation interval", item.source)
    if mhz is None:
        return absent("no clock is known", item.source)
    ii = item.ii
    if ii.value < 1:
        return absent("the initiation interval is less than a cycle", item.source)
    low = mhz * 1e6 / ii.high if ii.high is not None else None
    high = (
        mhz * 1e6 / max(1.0, ii.low) if ii.low is not None else None
    )  # no design takes more than one a cycle
    return Number(value=mhz * 1e6 / ii.value, source=item.source, low=low, high=high)


def used(item: Hardware, kind: str) -> Number:
    """How much of one kind of resource it takes."""
    return figure(item.total.present().get(kind), item.source, "the source does not tell")


def shares(usage: Usage, board: BoardFacts | None) -> dict[str, float]:
    """Share of the board's capacity by kind, where both are known; 1 is all of it."""
    if board is None:
        return {}
    known = usage.present()
    return {
        kind: known[kind].value / board.capacity[kind]
        for kind in KINDS
        if kind in known and board.capacity.get(kind)
    }


def layer_kinds(item: Hardware) -> tuple[str, ...]:
    """The kinds of resources that any layer tells of."""
    return _shown([part.usage for part in item.layers])


def group_kinds(group: Sequence[Hardware]) -> tuple[str, ...]:
    """The kinds of resources that any of the sources tells of."""
    return _shown([item.total for item in group])


def timed(group: Sequence[Hardware]) -> Hardware | None:
    """The best source that tells when each layer starts, if it speaks of as many cycles as the best one."""

    def same(item: Hardware) -> bool:
        told = group[0].cycles
        return told is None or item.cycles is None or told.value == item.cycles.value

    having = (item for item in group if any(part.start and part.cycles for part in item.layers))
    return next((item for item in having if same(item)), None)


def largest(item: Hardware, kind: str) -> float:
    """The most that a layer takes of a kind."""
    found = (part.usage.present().get(kind) for part in item.layers)
    return max((figure.value for figure in found if figure), default=0.0)


def fits(item: Hardware, board: BoardFacts | None) -> Verdict:
    """Whether the design fits the device, with all that stands around it on the board."""
    return "unknown" if board is None else worst(needs(occupied(item), board.capacity))


def tightest(item: Hardware, board: BoardFacts | None) -> tuple[str, Number]:
    """The kind of resource that the design, with all around it, takes most of, and its share of the board."""
    known = occupied(item).present()
    part = {
        kind: figure.scaled(1 / board.capacity[kind])
        for kind, figure in known.items()
        if board is not None and board.capacity.get(kind)
    }
    if not part:
        return "", absent("no share of the board is known", item.source)
    kind = max(part, key=lambda kind: part[kind].high or part[kind].value)
    return kind, figure(part[kind], "estimate" if part[kind].low is not None else item.source)


class Noted(NamedTuple):
    """What is to know of some estimates.

    Attributes:
        who: whose.
        notes: how good they are in a line, and what a reader must know.
        details: statistics, which are folded away.
    """

    who: str
    notes: tuple[str, ...]
    details: tuple[str, ...]


def noted(found: Sequence[tuple[str, Hardware]]) -> tuple[Noted, ...]:
    """What is to know of estimates: whose, and the notes on just these; each note once.

    Args:
        found: figures, and what to call their board or run.
    """
    whose: dict[tuple[str, bool], dict[str, dict[str, None]]] = {}
    for label, item in found:
        if item.source != "estimate":
            continue
        told = quality(item)
        notes = [(note, False) for note in (told.line, *told.notes) if note]
        for note in (*notes, *((note, True) for note in told.details)):
            whose.setdefault(note, {}).setdefault(DESIGNS[item.design], {})[label] = None
    by: dict[str, tuple[list[str], list[str]]] = {}
    for (note, detail), designs in whose.items():
        who = "; ".join(f"{design}: {', '.join(labels)}" for design, labels in designs.items())
        by.setdefault(who, ([], []))[detail].append(note)
    return tuple(Noted(who, tuple(notes), tuple(details)) for who, (notes, details) in by.items())


def groups(found: Sequence[Hardware], target: str) -> tuple[tuple[Hardware, ...], ...]:
    """Figures by design and board, each group with its best source first.

    Args:
        found: figures in any order.
        target: the board that the run is built for.

    Returns:
        Groups that a tool has spoken of first, then those on the target board, then the others. Where the
        best source knows the network alone, it is given the estimate of the whole board after packing.
    """
    by: dict[tuple[str, str], list[Hardware]] = {}
    for item in found:
        by.setdefault((item.design, item.board or item.part), []).append(item)
    made = [_with_whole(sorted(items, key=_rank)) for items in by.values()]

    def key(group: tuple[Hardware, ...]) -> tuple[bool, bool, bool, str]:
        best = group[0]
        return best.source == "estimate", best.board != target, best.design != "verilog", best.board

    return tuple(sorted(made, key=key))


def _with_whole(group: Sequence[Hardware]) -> tuple[Hardware, ...]:
    best, *others = group
    whole = next((item.whole for item in others if item.whole is not None), None)
    if best.whole is None and best.source != "place-and-route" and best.reached != "fitted":
        best = best.model_copy(update={"whole": whole})
    return best, *others


def _shown(found: Sequence[Usage]) -> tuple[str, ...]:
    """The kinds that are told of; of large RAMs only if there are any, for few parts have them."""
    told = [usage.present() for usage in found]
    largest = {kind: max((u[kind].value for u in told if kind in u), default=None) for kind in KINDS}
    return tuple(kind for kind, most in largest.items() if most or (most is not None and kind != "uram"))


def _rank(item: Hardware) -> int:
    """0 for the source to believe most; a vendor's word counts for what its flow had reached."""
    if item.source == "vendor":
        return _REACHED[item.reached]
    return _RANK.index(item.source)


def detailed(found: Sequence[Hardware], target: str) -> tuple[tuple[Hardware, ...], ...]:
    """The groups that are shown layer by layer: what a tool has spoken of, and the target board."""
    return tuple(
        group for group in groups(found, target) if group[0].source != "estimate" or group[0].board == target
    )


def _whose(item: Hardware) -> dict[str, Any]:
    return {
        "board": item.board,
        "part": item.part,
        "design": item.design,
        "settings": item.settings,
        "source": item.source,
        "reached": item.reached,
    }

"""The estimate for an hls4ml project, as `Hardware`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from edgeml.backend import refusal_error
from edgeml.backends.hls4ml.layer import Hls4mlLayer
from edgeml.backends.hls4ml.options import Hls4mlOptions
from edgeml.backends.hls4ml.planner import plan_graph
from edgeml.backends.hls4ml.reuse import Parallelism, choose
from edgeml.boards.target import no_hls4ml
from edgeml.estimate import calibration
from edgeml.estimate.calibration import Calibration
from edgeml.estimate.count import Count, total
from edgeml.estimate.design import EstimateInput
from edgeml.estimate.hls4ml.project import ProjectModel, TimedProject
from edgeml.families import Fabric, fabric
from edgeml.figures import Figure, Hardware, LayerFigures, Usage, nanoseconds

FAMILY, PARALLEL, FOLDED, REPORT = "hls4ml", "hls4ml-parallel", "hls4ml-resource", "hls4ml-report"
"""Entries of calibration.json: of any stream, of any project in io_parallel, of dense layers in io_parallel
with more reuse than inputs, as most published ones, and of what HLS says before logic synthesis."""


def calibrated(stream: bool, ways: Mapping[str, Parallelism], layers: Sequence[Hls4mlLayer]) -> str:
    """The entry that a project is like."""
    if stream:
        return FAMILY
    return FOLDED if reused_far(ways, layers) else PARALLEL


def reused_far(ways: Mapping[str, Parallelism], layers: Sequence[Hls4mlLayer]) -> bool:
    """Only dense layers, all of the resource strategy and with more reuse than inputs.

    hls4ml has a template of its own for them, and the many published designs are of it alone.
    """
    multiplying = [(layer, layer.products) for layer in layers if layer.products is not None]
    return bool(multiplying) and all(
        layer.kind == "Dense"
        and ways[layer.name].strategy == "resource"
        and ways[layer.name].reuse_factor > products[0]
        for layer, products in multiplying
    )


def kind_of(stream: bool, strategies: Iterable[str], convolutions: bool, far: bool = False) -> str:
    """A design's kind in words, the same for a published one and for the user's.

    >>> kind_of(True, ["latency", "distributed_arithmetic"], True)
    'io_stream, distributed arithmetic and latency strategy, convolutions'
    """
    named = " and ".join(sorted({strategy.replace("_", " ") for strategy in strategies})) or "no"
    words = [f"io_stream, {named} strategy" if stream else f"io_parallel, {named} strategy"]
    words += ["more reuse than inputs"] if far else []
    words += ["convolutions"] if convolutions else []
    return ", ".join(words)


class PlannedProject:
    """A graph planned for hls4ml on a board.

    Args:
        at: what is planned; board and part of its options are replaced by its board.

    Raises:
        EdgemlError: hls4ml cannot target the board, or cannot express the graph.
    """

    def __init__(self, at: EstimateInput[Hls4mlOptions]) -> None:
        board, options = at.board, at.options
        if board.hls4ml is None:
            raise no_hls4ml(board, board.name)
        backend = options.backend or board.hls4ml.backend
        self.options = options.model_copy(update={"board": None, "part": None, "backend": backend})
        self.at, self.board = at, board
        self.clock_ns = nanoseconds(1, options.clock_mhz or board.clock_mhz)
        self.chip: Fabric = fabric(board, "vendor")
        self.plan = plan_graph(at.core, backend, options.io_type, options.project)
        if self.plan.refusals:
            raise refusal_error("hls4ml", self.plan.refusals)
        vitis = not backend.startswith("Vivado")
        self.model = ProjectModel(at.core, self.plan, self.chip, self.clock_ns, self.is_stream, vitis)

    @property
    def is_stream(self) -> bool:
        """True if it is an io_stream project."""
        return self.options.io_type == "io_stream"

    def opened(self) -> PlannedProject:
        """The same with strategies and reuse factors left open."""
        free = self.options.model_copy(
            update={"strategy": "auto", "reuse_factor": None, "clock_mhz": 1000.0 / self.clock_ns}
        )
        return PlannedProject(replace(self.at, options=free))

    def ways(self) -> dict[str, Parallelism]:
        """Strategy and reuse factor of every layer, as the options say."""
        return choose(self.plan.layers, self.options)


def estimate_hls4ml(planned: PlannedProject, reported: bool = False) -> Hardware:
    """The figures of an hls4ml project after the vendor's logic synthesis, without the ledger.

    Args:
        planned: the project, multiplied as its options say.
        reported: LUT and FF as HLS's own report says them, before logic synthesis.
    """
    ways = planned.ways()
    return figures(planned, ways, planned.model.project(ways), reported)


def figures(
    planned: PlannedProject,
    ways: Mapping[str, Parallelism],
    project: TimedProject,
    reported: bool = False,
) -> Hardware:
    """A project as `Hardware`; LUT and FF after logic synthesis, or as HLS reports them."""
    at = planned.at
    measured = calibration.measured()[calibrated(planned.is_stream, ways, planned.plan.layers)]
    if reported:
        measured = _before_synthesis(measured)
    whole = total(item.cost.count for item in project.placed)
    strategies = sorted({how.strategy for layer, how in _multiplying(planned, ways)})
    reuse = sorted({how.reuse_factor for layer, how in _multiplying(planned, ways)})
    words = [planned.options.io_type, *strategies]
    if reuse:
        words.append(f"rf {reuse[0]}" if len(reuse) == 1 else f"rf {reuse[0]} to {reuse[-1]}")
    words.append(f"{1000.0 / planned.clock_ns:g} MHz")
    return Hardware(
        design="hls4ml",
        settings=", ".join(words),
        model=at.graph.name,
        graph=at.graph.digest,
        board=at.board.name,
        part=at.board.part,
        source="estimate",
        alone=True,
        total=usage(whole, planned.chip, measured, 1.0),
        layers=tuple(
            LayerFigures(
                layer=item.layer.name,
                op=item.layer.kind,
                usage=usage(item.cost.count, planned.chip, measured, calibration.layer_widening(1.0)),
                start=_clocks(item.start, measured),
                cycles=_clocks(item.cost.depth + item.cost.interval * (item.cost.steps - 1), measured),
                ii=_clocks(item.cost.busy, measured, "ii"),
                reuse=item.cost.reuse,
            )
            for item in project.placed
            if item.layer.inputs and item.layer.kind != "Reshape"
        ),
        cycles=_clocks(project.latency, measured),
        ii=_clocks(project.interval, measured, "ii"),
        clock_mhz=1000.0 / planned.clock_ns,
        notes=(
            _errors(measured),
            _evidence(_kind(planned, ways, strategies)),
            _BEFORE if reported else _report(whole, planned.chip),
        ),
    )


def _kind(planned: PlannedProject, ways: Mapping[str, Parallelism], strategies: Sequence[str]) -> str:
    convolutions = any(layer.kind.startswith("Conv") for layer in planned.plan.layers)
    far = not planned.is_stream and reused_far(ways, planned.plan.layers)
    return kind_of(planned.is_stream, strategies, convolutions, far)


def _multiplying(planned: PlannedProject, ways: Mapping[str, Parallelism]) -> list[tuple[str, Parallelism]]:
    return [(layer.name, ways[layer.name]) for layer in planned.plan.layers if layer.products is not None]


def usage(count: Count, chip: Fabric, measured: Calibration, widening: float) -> Usage:
    """A count as figures."""
    values = {
        "lut": luts(count, chip, measured),
        "ff": count.ff * measured.weights["ff"],
        "dsp": count.dsp,
        "bram": count.bram * measured.weights["bram"],
    }
    return Usage(
        **{
            kind: calibration.interval(value, measured.spread[kind], widening, count.soft)
            for kind, value in values.items()
        }
    )


def luts(count: Count, chip: Fabric, measured: Calibration) -> float:
    """Tables: additions share those of an ALM in pairs."""
    weights = measured.weights
    return count.chain * chip.pairs * weights["chain"] + count.logic * weights["logic"]


def _clocks(value: int, measured: Calibration, kind: str = "cycles") -> Figure:
    figure = calibration.interval(value, measured.spread[kind])
    least = min(1.0, float(value))  # what works at all takes a clock
    return figure.model_copy(update={"low": max(least, figure.low or 0.0)})


def _errors(measured: Calibration) -> str:
    errors = "; ".join(
        calibration.sentence(name, measured.spread[kind], "designs")
        for kind, name in (
            ("lut", "LUT"),
            ("ff", "FF"),
            ("dsp", "DSP"),
            ("bram", "BRAM"),
            ("cycles", "cycles"),
        )
    )
    return f"Model of hls4ml's layers against {measured.source}: {errors}."


def _evidence(kind: str) -> str:
    """The published results of the kind at hand."""
    evidence = calibration.measured()[FAMILY].kinds.get(kind)
    if evidence is None:
        return f"No published design is of this kind ({kind}): for it nothing was checked."
    off = [
        f"{name} off by a factor of {worst:.2f} at most"
        for name, worst in (("LUT", evidence.lut), ("clocks", evidence.cycles))
        if worst
    ]
    sources = "1 source" if evidence.sources == 1 else f"{evidence.sources} sources"
    designs = "1 published design" if evidence.designs == 1 else f"{evidence.designs} published designs"
    return f"Of this kind ({kind}): {designs} of {sources}{'; ' if off else ''}{', '.join(off)}."


_BEFORE = "LUTs and FFs are those of HLS's own report, before logic synthesis."


def _before_synthesis(measured: Calibration) -> Calibration:
    """With the weights and errors of what HLS reports, where those are others."""
    before = calibration.measured()[REPORT]
    weights = {**measured.weights, **{key: before.weights[key] for key in ("chain", "logic", "ff")}}
    return measured.model_copy(update={"weights": weights, "spread": {**measured.spread, **before.spread}})


def _report(whole: Count, chip: Fabric) -> str:
    """The figures in HLS's own report before logic synthesis, which are not those of the chip."""
    before = calibration.measured()[REPORT]
    lut = calibration.interval(luts(whole, chip, before), before.spread["lut"])
    ff = calibration.interval(whole.ff * before.weights["ff"], before.spread["ff"])
    return (
        f"LUTs and FFs are those after the vendor's logic synthesis. HLS's own report would say about "
        f"{lut.text()} LUT and {ff.text()} FF."
    )

"""The figures of a flow, from the files of its tools.

Invariant: figures exist only of files that do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.errors import EdgemlError
from edgeml.estimate import record
from edgeml.figures import Figure, Hardware, Stage
from edgeml.ir import Graph
from edgeml.synth import layers, place, result
from edgeml.synth.job import SynthesisJob

_PRODUCTS = ("mat_mul", "conv")


def remember(job: SynthesisJob, hardware: Hardware) -> str:
    """Put figures into the ledger beside their estimates.

    After synthesis these are the network's own share, without the board around it; after placement, the
    whole board.

    Returns:
        Why that could not be done; "" if it was. A ledger that cannot be written ends no synthesis.
    """
    real = hardware if hardware.source == "place-and-route" else _network(job, hardware)
    try:
        record(job.graph, job.board, real, job.options, job.ledger)
    except EdgemlError as error:
        return f"Not kept in the ledger: {error}."
    return ""


def _network(job: SynthesisJob, hardware: Hardware) -> Hardware:
    inside = [part for path, part in job.instances().items() if path[: len(job.prefix)] == job.prefix]
    return hardware.model_copy(update={"total": job.family.usage(_summed(inside)), "alone": True})


def _summed(parts: Iterable[Mapping[str, int]]) -> Counter[str]:
    """Cells by kind of several instances."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total


def figures(job: SynthesisJob, stages: Sequence[Stage]) -> Hardware:
    """The figures after these stages."""
    ran = {stage.name for stage in stages}
    manifest = job.manifest
    instances = job.instances()
    ops = layer_ops(job.graph)
    hardware = Hardware(
        design="verilog",
        settings=_settings(manifest),
        model=manifest.model,
        graph=manifest.graph,
        board=job.board.name,
        part=job.board.part,
        source="synthesis",
        total=job.family.usage(_summed(instances.values())),
        alone=not job.whole,
        layers=layers.shares(instances, job.family, job.top_name, job.prefix, ops),
        cycles=Figure(value=manifest.latency),
        ii=Figure(value=manifest.interval),
        clock_mhz=job.runs_at,
        stages=tuple(stages),
        notes=tuple(_notes(job)),
    )
    if "place" not in ran:
        return hardware
    log = job.folder / "logs" / "place.log"
    report = place.read_report(job.folder / "place" / "report.json", log)
    path = result.hops(report.path, job.prefix, ops)
    share = result.unattributed(path)
    notes_ = [
        "Shares of layers are counted in the netlist before placement, the total after it.",
        f"{share:.0%} of the critical path is in no layer." if path else "No path between registers.",
    ]
    return hardware.model_copy(
        update={
            "source": "place-and-route",
            "total": result.placed_usage(report, job.family, hardware.total),
            "fmax_mhz": Figure(value=round(report.clocks[0].achieved, 3)) if report.clocks else None,
            "critical_path": path,
            "bitstream": job.bitstream if "bitstream" in ran else "",
            "notes": (*hardware.notes, *notes_),
        }
    )


def _notes(job: SynthesisJob) -> list[str]:
    notes = [job.family.mapping.note] if job.family.mapping.note else []
    if job.runs_at != job.clock_mhz:
        text = f"Designed for {job.clock_mhz:g} MHz; times are at the {job.runs_at:g} MHz"
        notes.append(f"{text} that the board's oscillator gives.")
    if job.whole:
        return [*notes, *job.board_top.notes]
    alone = "The network alone, without a top module for the board; its ports are not bound to pins."
    return [*notes, alone]


def _settings(manifest: VerilogManifest) -> str:
    """The layout of the project in a few words."""
    clock = f"pipelined for {manifest.clock_mhz:g} MHz" if manifest.clock_mhz else "adders per stage given"
    factor = manifest.reuse_factor
    by_layer = factor.items() if isinstance(factor, Mapping) else [("", factor)] if factor else []
    reuse = " ".join(f"{layer} {times}".strip() for layer, times in by_layer)
    return f"{manifest.mode}, {clock}{f', reuse {reuse}' if reuse else ''}"


def layer_ops(graph: Graph | None) -> Mapping[str, str]:
    """Kind of op by layer, in the order of the data: its product if it has one, else the op it ends in."""
    kinds: dict[str, str] = {}
    for node in graph.nodes if graph is not None else ():
        if kinds.get(node.layer) not in _PRODUCTS:
            kinds[node.layer] = node.op.op_name()
    return kinds

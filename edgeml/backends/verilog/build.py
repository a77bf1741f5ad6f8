"""The files for a graph."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from edgeml.backend import Refusal
from edgeml.backends.verilog.design import elaborate
from edgeml.backends.verilog.limits import parallel_refusals
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.module import write_core
from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.backends.verilog.schedule import schedule
from edgeml.backends.verilog.stream import factors, pace, pairs
from edgeml.backends.verilog.stream import top as stream_top
from edgeml.backends.verilog.stream.beats import CannotStreamError
from edgeml.backends.verilog.stream.factors import Reuse
from edgeml.backends.verilog.stream.plan import plan
from edgeml.backends.verilog.stream.segments import StreamPlan
from edgeml.backends.verilog.stream.top import Streamed, write_stream
from edgeml.backends.verilog.top import PRIMITIVES, latency, parallel_top, stream
from edgeml.files import FileSet
from edgeml.ir import Graph
from edgeml.share import share_dir


@dataclass(frozen=True)
class DesignPlan:
    """The layout of a design.

    Args:
        graph: prepared.
        mode: "parallel" or "stream".
        stream: its segments; None if it is parallel, or refused.
        refusals: ops that the mode cannot express.
        reuse: the reuse factors of a stream.
    """

    graph: Graph
    mode: str
    stream: StreamPlan | None
    refusals: tuple[Refusal, ...]
    reuse: Reuse = None


def build(planned: DesignPlan, digest: str, options: VerilogOptions) -> FileSet:
    """Verilog and manifest.

    Args:
        planned: without refusals.
        digest: of the graph as the user has it, before anything was expanded.
        options: how to lay it out.
    """
    names, graph = module_names(), planned.graph
    top = names.unique(options.top or graph.name)
    emitted = (
        _parallel(graph, top, names, options)
        if planned.stream is None
        else write_stream(graph, planned.stream, top, names, options.levels)
    )
    files = dict(emitted.files)
    for primitive in (*PRIMITIVES, *stream_top.PRIMITIVES):
        if any(re.search(rf"\b{primitive}\b", text) for text in files.values()):
            files[f"{primitive}.v"] = (share_dir("hw") / "rtl" / f"{primitive}.v").read_text()
    manifest = VerilogManifest(
        model=graph.name,
        graph=digest,
        top=top,
        mode=planned.mode,
        clock_mhz=0.0 if options.adders_per_stage is not None else options.clock_mhz,
        latency=emitted.latency,
        interval=emitted.interval,
        input=emitted.source,
        output=emitted.sink,
        files=tuple(sorted(files)),
        reuse_factor=planned.reuse if planned.stream is not None else options.reuse_factor,
        options=options.model_dump(mode="json", exclude_none=True),
    )
    return FileSet(
        {**{name: text.encode() for name, text in files.items()}, MANIFEST: manifest.to_json().encode()}
    )


def module_names() -> Names:
    """The identifiers of a design's modules; the names of the modules in hw/rtl are reserved."""
    return Names(*PRIMITIVES, *stream_top.PRIMITIVES)


def chosen_mode(graph: Graph, options: VerilogOptions) -> str:
    """The mode that mode=auto stands for: parallel if `unroll_limit` allows it, else stream."""
    return _mode(options, parallel_refusals(graph, options.unroll_limit))


def _mode(options: VerilogOptions, parallel: tuple[Refusal, ...]) -> str:
    if options.mode != "auto":
        return options.mode
    folds = factors.largest(options.reuse_factor) > 1 or options.clocks_per_sample is not None
    return "stream" if parallel or folds else "parallel"


def plan_design(graph: Graph, options: VerilogOptions) -> DesignPlan:
    """The layout of a prepared graph, with the ops that the chosen mode cannot express.

    Raises:
        EdgemlError: a reuse factor is given for a layer that is not there or not folded, or is too small; or
            a layer that is to be paired is not there, not folded or too wide.
    """
    pace.check(graph, options.reuse_factor)
    pairs.check_names(options.pair_bits, pace.layers(graph))
    parallel = parallel_refusals(graph, options.unroll_limit)
    mode = _mode(options, parallel)
    if mode == "parallel":
        pairs.check_folded(options.pair_bits, graph, ())
        return DesignPlan(graph, mode, None, parallel)
    reuse = pace.resolved(graph, options)
    try:
        segments = plan(graph, reuse, options.pair_bits)
        pairs.check_folded(options.pair_bits, graph, segments.segments)
        return DesignPlan(graph, mode, segments, (), reuse)
    except CannotStreamError as error:
        if options.mode != "auto" or not parallel:
            return DesignPlan(graph, mode, None, (error.refusal,))
        why = f"{parallel[0].reason}; nor can it be streamed: {error.refusal.node}: {error.refusal.reason}"
        return DesignPlan(graph, mode, None, (replace(parallel[0], reason=why), *parallel[1:]))


def _parallel(graph: Graph, top: str, names: Names, options: VerilogOptions) -> Streamed:
    design = elaborate(graph)
    core = write_core(design, schedule(design, options.levels), top, names)
    source, sink = stream("s_axis", core.inputs), stream("m_axis", core.outputs)
    read = {layer.module: layer.read for layer in design.layers if layer.is_input}
    files = {**core.files, f"{top}.v": parallel_top(top, graph.name, core, source, sink, read)}
    return Streamed(files, source, sink, latency(core), 1)

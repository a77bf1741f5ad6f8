"""The files for a graph."""

from __future__ import annotations

import re

from edgeml.backends.verilog.design import elaborate
from edgeml.backends.verilog.manifest import MANIFEST, Manifest
from edgeml.backends.verilog.module import write_core
from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.options import Options
from edgeml.backends.verilog.schedule import schedule
from edgeml.backends.verilog.top import PRIMITIVES, latency, parallel_top, stream
from edgeml.files import FileSet
from edgeml.ir import Graph
from edgeml.share import share_dir


def build(graph: Graph, digest: str, options: Options) -> FileSet:
    """Verilog and manifest.

    Args:
        graph: of core ops, without refusals.
        digest: of the graph as the user has it, before anything was expanded.
        options: how to lay it out.
    """
    names = Names(*PRIMITIVES)
    top = names.unique(options.top or graph.name)
    design = elaborate(graph)
    core = write_core(design, schedule(design, options.levels), top, names)
    source, sink = stream("s_axis", core.inputs), stream("m_axis", core.outputs)
    files = dict(core.files)
    files[f"{top}.v"] = parallel_top(top, graph.name, core, source, sink)
    for primitive in PRIMITIVES:
        if any(re.search(rf"\b{primitive}\b", text) for text in files.values()):
            files[f"{primitive}.v"] = (share_dir("hw") / "rtl" / f"{primitive}.v").read_text()
    manifest = Manifest(
        model=graph.name,
        graph=digest,
        top=top,
        mode="parallel",
        clock_mhz=0.0 if options.adders_per_stage is not None else options.clock_mhz,
        latency=latency(core),
        interval=1,
        input=source,
        output=sink,
        files=tuple(sorted(files)),
    )
    return FileSet(
        {**{name: text.encode() for name, text in files.items()}, MANIFEST: manifest.text().encode()}
    )

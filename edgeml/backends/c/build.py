"""The files for a graph."""

from __future__ import annotations

from edgeml import limits
from edgeml.backends.c.header import header
from edgeml.backends.c.model import write
from edgeml.backends.c.names import identifier
from edgeml.backends.c.options import COptions
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.project import project_files
from edgeml.backends.c.selftest import golden, network, selftest
from edgeml.backends.c.steps import Program
from edgeml.files import FileSet, read_bytes
from edgeml.ir import Graph
from edgeml.share import share_dir

SOURCE, HEADER = "src/model.c", "src/model.h"


def build(graph: Graph, program: Program, options: COptions) -> FileSet:
    """C, project files and manifest.

    Args:
        graph: as it was given.
        program: its steps.
        options: of the back end.
    """
    prefix = options.prefix or identifier(graph.name)
    written = write(graph, program, prefix, options.pack_weights)
    manifest = CManifest(
        model=graph.name,
        graph=graph.digest,
        prefix=prefix,
        inputs=written.inputs,
        outputs=written.outputs,
        arena_bytes=written.arena_bytes,
        constant_bytes=written.constant_bytes,
        traced=written.traced,
        sources=(SOURCE,),
        headers=(HEADER,),
        options=options.model_dump(mode="json", exclude_none=True),
    )
    serial = read_bytes(share_dir("hw") / "c" / "edgeml_serial.h", "C file", limits.SOURCE)
    files = {
        SOURCE: written.source,
        HEADER: header(graph, written),
        "src/edgeml_golden.h": golden(graph, written, options.selftest_samples),
        "src/edgeml_network.h": network(graph, written),
        "src/edgeml_serial.h": serial.decode(),
        "test/selftest.c": selftest(graph, written),
        **project_files(graph, written),
        MANIFEST: manifest.to_json(),
    }
    return FileSet({name: text.encode() for name, text in files.items()})

"""The footprint of the C in a run's folder, in RUN/mcus.json for as long as graph and C are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from edgeml.backends.c.largest import largest_layer, widest_layer
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.runner import check_ports
from edgeml.cache import digest
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import IntArray
from edgeml.footprint.figures import FILE, CoreFigures, Footprint, NotMeasured
from edgeml.footprint.measure import measure
from edgeml.ir import Graph
from edgeml.mcus import cores
from edgeml.mcus.program import missing

_FOLDER = "c"


def footprint(
    run: Path,
    graph: Graph,
    codes: Callable[[], Mapping[str, IntArray]],
    names: Sequence[str],
    tell: Callable[[str], None] = lambda _: None,
) -> Footprint:
    """The figures of some cores, measured where they are not known yet, and written to RUN/mcus.json.

    Args:
        run: the run's folder; its C lies in `c`.
        graph: the exact graph.
        codes: gives samples, (samples, *shape) by input.
        names: of the cores.
        tell: called with the core that is measured next.

    Raises:
        EdgemlError: no C was exported, or its manifest is damaged or of another graph.
    """
    folder = run / _FOLDER
    if not (folder / MANIFEST).is_file():
        raise EdgemlError("no C was exported", str(folder), f"edgeml export {run} --to c")
    manifest = CManifest.read(folder / MANIFEST)
    check_ports(manifest, graph, folder)
    files = _digest(folder, manifest)
    earlier = earlier_footprint(run, graph)
    figures = {one.core: one for one in (earlier.cores if earlier else ())}
    lacking: dict[str, str] = {one.core: one.reason for one in (earlier.missing if earlier else ())}
    for name in dict.fromkeys(names):
        if name in figures:
            continue
        tell(name)
        result = _measured(folder, graph, name, codes)
        if isinstance(result, str):
            lacking[name] = result
        else:
            figures[name] = result
            lacking.pop(name, None)
    widest, used = widest_layer(graph)
    largest, read = largest_layer([folder / name for name in manifest.sources])
    fresh = Footprint(
        graph=graph.digest,
        files=files,
        cores=tuple(figures[name] for name in sorted(figures)),
        missing=tuple(NotMeasured(core=name, reason=lacking[name]) for name in sorted(lacking)),
        promised_arena=manifest.arena_bytes,
        constants=manifest.constant_bytes,
        buffers=sum(one.size * one.item_bytes for one in (*manifest.inputs, *manifest.outputs)),
        widest=widest,
        widest_bytes=used,
        largest=largest,
        largest_bytes=read,
    )
    if fresh != earlier:
        fresh.write(run / FILE)
    return fresh


def earlier_footprint(run: Path, graph: Graph) -> Footprint | None:
    """The figures in RUN/mcus.json; None if there are none, or they are of another graph or another C."""
    folder = run / _FOLDER
    if not (run / FILE).is_file() or not (folder / MANIFEST).is_file():
        return None
    try:
        earlier = Footprint.read(run / FILE)
        same = earlier.files == _digest(folder, CManifest.read(folder / MANIFEST))
    except EdgemlError:
        return None
    return earlier if same and earlier.graph == graph.digest else None


def _measured(
    folder: Path, graph: Graph, name: str, codes: Callable[[], Mapping[str, IntArray]]
) -> CoreFigures | str:
    """The figures of one core, or the reason why there are none."""
    core = cores.load(name)
    if reason := missing(core):
        return reason
    try:
        return measure(folder, graph, core, codes())
    except EdgemlError as error:
        return str(error)


def _digest(folder: Path, manifest: CManifest) -> str:
    names = (*manifest.sources, *manifest.headers)
    return digest(part for name in names for part in (name, read_bytes(folder / name, "file of C")))

"""The subject of the report: the model, its data and what it was made with."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.report.machine import machine
from edgeml.report.sections.summary.facts import DatasetFacts, Origin, SummaryFacts
from edgeml.report.sections.summary.settings import changes, stated
from edgeml.report.source import RunSource

if TYPE_CHECKING:
    from edgeml.keras.difference import LayerDifference
    from edgeml.runs import Run

_PACKAGES = ("onnx", "onnxruntime", "qonnx", "hls4ml")
"""Their versions are the report's; those of training stand in the run's configuration."""


def collect(source: RunSource) -> SummaryFacts:
    """Collect the subject of the report."""
    run = source.run
    return SummaryFacts(
        model=run.name,
        run=run.folder.resolve().name,
        origin=_origin(run),
        preset=run.config.preset.file or run.config.preset.name,
        settings=stated(run),
        changes=tuple(changes(run)),
        graph=source.graph.digest,
        summary=_shape(source.graph),
        data=_data(source),
        seed=run.config.seed,
        versions={**run.config.versions, **_versions()},
        machine=machine(),
        samples=len(source.data.x_test),
        lowering=_lowering(run),
        changed=source.changed,
    )


def _origin(run: Run) -> Origin:
    if run.config.post_training is not None:
        return "quantize"
    return "import" if run.config.imported else "train"


def _lowering(run: Run) -> tuple[str, ...]:
    """The notes of the lowering, and the graph's distance from Keras, a sentence each."""
    from edgeml.keras.notes import Notes

    if not run.notes_file.is_file():
        return ()
    try:
        notes = Notes.read(run.notes_file)
    except EdgemlError as error:
        return (f"the notes of the lowering cannot be read: {error}",)
    sentences = [f"{n.layer}: {n.text}{'' if n.exact else ' (not exact)'}" for n in notes.notes]
    sentences += [
        f"{row.layer}: {row.differing} of {row.elements} integers differ from {notes.source}, by at most "
        f"{row.max_lsb:.3g} LSB (measured on {row.samples} samples{_in_double(row)})"
        for row in notes.differences
        if row.differing
    ]
    return tuple(sentences)


def _in_double(row: LayerDifference) -> str:
    """The comparison with the same layer computed in float64, where it was made."""
    return "" if row.double is None else f"; computed in float64, {row.double} differ"


def _data(source: RunSource) -> DatasetFacts:
    data, numbers = source.data, source.run.config.scaling
    scaled = f"{numbers.kind}, (x - offset) * scale with the numbers in config.toml"
    if numbers.table_sha256:
        scaled += " and scaling.npz"
    if numbers.columns_sha256:
        scaled = f"columns by the rules in columns.json, then {scaled}"
    return DatasetFacts(
        name=data.dataset.name,
        source=data.dataset.source,
        licence=data.dataset.licence,
        checksum=data.dataset.checksum,
        note=data.dataset.note,
        scaling="none" if numbers.kind == "none" and not numbers.columns_sha256 else scaled,
        train=len(data.x_train),
        val=len(data.x_val),
        test=len(data.x_test),
    )


def _shape(graph: Graph) -> str:
    """The model in a line: its input's shape, its matrix products and convolutions, its output's shape."""
    shapes = ["x".join(map(str, graph.info(name).shape)) for name in graph.inputs]
    parts = [" + ".join(shapes)]
    for node in graph.nodes:
        if node.op.op_name() in ("mat_mul", "conv"):
            filters = graph.info(node.name).shape[-1]
            parts.append(f"{'conv' if node.op.op_name() == 'conv' else 'dense'} {filters}")
    return ", ".join(parts)


def _versions() -> dict[str, str]:
    versions: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions

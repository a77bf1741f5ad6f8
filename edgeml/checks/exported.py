"""RUN/export.json: the result of the last export for each back end, files or the reason for none.

A back end that refuses the graph writes no file. Later it could not be told from one that was never asked
for, and "edgeml export RUN" would be no remedy; its reason is therefore kept in the run.

Invariant: a reason is told only for the graph that it was given for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from edgeml._version import __version__
from edgeml.backend import Backend, refusal_error
from edgeml.documents import Document
from edgeml.errors import EdgemlError
from edgeml.ir import Graph

FILE = "export.json"


@dataclass(frozen=True)
class Exported:
    """The result of one back end's export: files, or the reason for none."""

    backend: str
    files: int
    reason: str = ""


class _ExportRecord(Document):
    """The object behind export.json: the last answer of each back end, by its name."""

    what: ClassVar[str] = "list of exports"
    remedy: ClassVar[str] = "run edgeml export again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    graph: str
    rows: dict[str, Exported]
    versions: dict[str, dict[str, str]] = Field(default_factory=dict[str, dict[str, str]])


EMITTERS = ("hls4ml", "da4ml", "onnx", "qonnx", "numpy")
"""Distributions whose version, beside edgeml's, changes emitted files."""


def why_not(backend: Backend, graph: Graph, options: Any) -> str:
    """The reason why a back end cannot emit the graph here, with the remedy; empty if it can.

    Args:
        backend: the back end.
        graph: the exact graph.
        options: as its `options` returned them.
    """
    if backend.missing():
        return backend.missing()
    try:
        refusals = backend.refusals(graph, options)
    except EdgemlError as error:
        return str(error)
    return str(refusal_error(backend.name, refusals)) if refusals else ""


def keep(folder: Path, graph: Graph, rows: Sequence[Exported]) -> None:
    """Write the results of some back ends; those of the others stay.

    Raises:
        EdgemlError: the file cannot be written.
    """
    earlier = _read(folder, graph)
    here = versions()
    record = _ExportRecord(
        graph=graph.digest,
        rows={**earlier.rows, **{row.backend: row for row in rows}},
        versions={**earlier.versions, **{row.backend: here for row in rows if row.files}},
    )
    record.write(folder / FILE)


def reason(folder: Path, backend: str, graph: Graph) -> str:
    """The reason that a back end, "float" or "int8" last wrote nothing; "" if it wrote, or was not asked."""
    row = _read(folder, graph).rows.get(backend)
    return f"could not be exported: {row.reason}" if row is not None and row.reason else ""


def versions() -> dict[str, str]:
    """Versions of edgeml and of what emits; "" for what is not installed."""
    versions_ = {"edgeml": __version__}
    for name in EMITTERS:
        try:
            versions_[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions_[name] = ""
    return versions_


def other_versions(folder: Path, backend: str, graph: Graph) -> str:
    """The other versions that wrote a back end's files; "" if these wrote them, or if that is not known."""
    written, here = _read(folder, graph).versions.get(backend), versions()
    if written is None:
        return ""
    apart = [name for name in here if written.get(name, "") != here[name]]
    differences = (
        " ".join([*(f"{name} {v[name] or 'none'}" for name in apart if name in v)]) for v in (written, here)
    )
    return "it was written by {}, and here is {}".format(*differences) if apart else ""


def _read(folder: Path, graph: Graph) -> _ExportRecord:
    """The record of the graph; an empty one if the file is missing, damaged or of another graph."""
    nothing = _ExportRecord(graph=graph.digest, rows={})
    try:
        record = _ExportRecord.read(folder / FILE)
    except EdgemlError:
        return nothing
    return record if record.graph == graph.digest else nothing

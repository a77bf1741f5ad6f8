"""The saved form of a graph: graph.json (structure) and graph.npz (integers); no pickle.

Invariant: `load(save(g))` equals g, and a file that was cut short or changed is refused with one error.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.archives import read_npz
from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import IntArray
from edgeml.ir.graph import Graph, Node
from edgeml.ir.note import Note
from edgeml.ir.text import build_op, encode_attributes
from edgeml.reading import FAULTS, error_text, read_json

FORMAT = "edgeml-graph"
SCHEMA = 1


def save(graph: Graph, stem: str = "graph") -> FileSet:
    """The files STEM.json and STEM.npz."""
    arrays: dict[str, IntArray] = {}
    nodes = [
        {
            "name": node.name,
            "op": node.op.op_name(),
            "inputs": list(node.inputs),
            "attributes": encode_attributes(node, arrays),
        }
        for node in graph.nodes
    ]
    document = {
        "format": FORMAT,
        "schema": SCHEMA,
        "name": graph.name,
        "digest": graph.digest,
        "outputs": list(graph.outputs),
        "notes": [{"layer": note.layer, "text": note.text, "exact": note.exact} for note in graph.notes],
        "nodes": nodes,
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{key: narrow(array) for key, array in arrays.items()})  # pyright: ignore[reportArgumentType]  # numpy's stub takes the names for its own options
    text = json.dumps(document, indent=1) + "\n"
    return FileSet({f"{stem}.json": text.encode(), f"{stem}.npz": buffer.getvalue()})


def load(folder: str | Path, stem: str = "graph") -> Graph:
    """Read what `save` wrote.

    Raises:
        EdgemlError: a file is missing, cut short, malformed or changed, or the graph does not verify.
    """
    structure, integers = Path(folder) / f"{stem}.json", Path(folder) / f"{stem}.npz"
    document = _document(structure)
    arrays = read_npz(integers, "graph's integers", "export the graph again")
    try:
        nodes = [
            Node(
                str(node["name"]),
                build_op(str(node["op"]), node["attributes"], arrays),
                tuple(map(str, node["inputs"])),
            )
            for node in document["nodes"]
        ]
        notes = [
            Note(str(note["layer"]), str(note["text"]), bool(note["exact"]))
            for note in document.get("notes", ())
        ]
        graph = Graph(str(document["name"]), nodes, tuple(map(str, document["outputs"])), notes)
        digest = document["digest"]
    except FAULTS as error:
        raise EdgemlError(
            f"malformed: {error_text(error)}", str(structure), "export the graph again"
        ) from None
    except EdgemlError as error:
        where = f"{structure}: {error.where}" if error.where else str(structure)
        raise EdgemlError(error.what, where, error.hint) from error
    if graph.digest != digest:
        raise EdgemlError(
            "its contents are not those it was saved with",
            str(structure),
            "a file was changed after it was written; export the graph again",
        )
    return graph


def _document(path: Path) -> dict[str, Any]:
    document: Any = read_json(path, "graph", "export the graph again")
    if not isinstance(document, dict) or document.get("format") != FORMAT:  # pyright: ignore[reportUnknownMemberType]  # JSON
        raise EdgemlError("is not a saved edgeml graph", str(path))
    if document.get("schema") != SCHEMA:  # pyright: ignore[reportUnknownMemberType]  # JSON
        raise EdgemlError(
            f"was written with schema {document.get('schema')}, this edgeml reads {SCHEMA}",  # pyright: ignore[reportUnknownMemberType]  # JSON
            str(path),
            "export the graph again with this version",
        )
    return document  # pyright: ignore[reportUnknownVariableType]  # JSON


def narrow(array: IntArray) -> Any:
    """The smallest integer type that holds the array; read back as int64 by the ops."""
    for kind in (np.int8, np.int16, np.int32):
        limits = np.iinfo(kind)
        if array.size and limits.min <= array.min() and array.max() <= limits.max:
            return array.astype(kind)
    return array

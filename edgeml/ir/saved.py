"""The saved form of a graph: graph.json (structure) and graph.npz (integers); no pickle.

Invariant: `load(save(g))` equals g, and a file that was cut short or changed is refused with one error.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.archives import read_npz
from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import IntArray
from edgeml.ir.graph import Graph, Node
from edgeml.ir.note import Note
from edgeml.ir.parse import build_op
from edgeml.ir.text import encode_attributes
from edgeml.reading import FAULTS, error_text

_HINT = "export the graph again"


def save(graph: Graph, stem: str = "graph") -> FileSet:
    """The files STEM.json and STEM.npz."""
    from edgeml.ir.graph_file import GraphFile, NodeEntry, NoteEntry  # evaluating a graph needs no pydantic

    arrays: dict[str, IntArray] = {}
    file = GraphFile(
        name=graph.name,
        digest=graph.digest,
        outputs=graph.outputs,
        notes=tuple(NoteEntry(layer=note.layer, text=note.text, exact=note.exact) for note in graph.notes),
        nodes=tuple(
            NodeEntry(
                name=node.name,
                op=node.op.op_name(),
                inputs=node.inputs,
                attributes=encode_attributes(node, arrays),
            )
            for node in graph.nodes
        ),
    )
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{key: narrow(array) for key, array in arrays.items()})  # pyright: ignore[reportArgumentType]  # numpy's stub takes the names for its own options
    return FileSet({f"{stem}.json": file.to_json().encode(), f"{stem}.npz": buffer.getvalue()})


def load(folder: str | Path, stem: str = "graph") -> Graph:
    """Read the files that `save` wrote.

    Raises:
        EdgemlError: a file is missing, cut short, malformed or changed, or the graph does not verify.
    """
    from edgeml.ir.graph_file import GraphFile

    structure, integers = Path(folder) / f"{stem}.json", Path(folder) / f"{stem}.npz"
    file = GraphFile.read(structure)
    arrays = read_npz(integers, "graph's integers", _HINT)
    try:
        nodes = [
            Node(entry.name, build_op(entry.op, entry.attributes, arrays), entry.inputs)
            for entry in file.nodes
        ]
        notes = [Note(note.layer, note.text, note.exact) for note in file.notes]
        graph = Graph(file.name, nodes, file.outputs, notes)
    except FAULTS as error:
        raise EdgemlError(f"malformed: {error_text(error)}", str(structure), _HINT) from None
    except EdgemlError as error:
        where = f"{structure}: {error.where}" if error.where else str(structure)
        raise EdgemlError(error.what, where, error.hint) from error
    if graph.digest != file.digest:
        raise EdgemlError(
            "its contents differ from those that were saved",
            str(structure),
            "a file was changed after it was written; export the graph again",
        )
    return graph


def narrow(array: IntArray) -> Any:
    """The smallest integer type that holds the array; read back as int64 by the ops."""
    for kind in (np.int8, np.int16, np.int32):
        limits = np.iinfo(kind)
        if array.size and limits.min <= array.min() and array.max() <= limits.max:
            return array.astype(kind)
    return array

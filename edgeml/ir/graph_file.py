"""The document graph.json: the structure of a graph; its integers are in the .npz beside it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record


class NodeEntry(Record):
    """A node; `attributes` as `edgeml.ir.text.encode_attributes` wrote them."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict[str, Any]


class NoteEntry(Record):
    """A remark of the lowering: something that it could not carry over exactly."""

    layer: str
    text: str
    exact: bool


class GraphFile(Document):
    """The object behind graph.json.

    Args:
        format: tells the file from another graph.json.
        name: of the graph.
        digest: of the graph, integers included.
        outputs: names of its outputs.
        notes: of its lowering.
        nodes: in their order.
    """

    what: ClassVar[str] = "saved edgeml graph"
    remedy: ClassVar[str] = "export the graph again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    format: Literal["edgeml-graph"] = "edgeml-graph"
    name: str
    digest: str
    outputs: tuple[str, ...]
    notes: tuple[NoteEntry, ...] = ()
    nodes: tuple[NodeEntry, ...]

"""One file per kind of node; the folder is the list of what is read.

A file is named after the operator in snake_case and has `DOMAINS`, the operator domains in which it stands
for that operator, and `lower(node, reader)`, which gives the node's operand or operands. Nothing has to be
registered. A name with a leading underscore is a helper of several.

Invariant: `lower` gives the node's meaning exactly, or the reader's notes say what is rounded.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from edgeml.importers.onnx_reader.model import SourceNode
    from edgeml.importers.onnx_reader.operands import Operand
    from edgeml.importers.onnx_reader.reader import OnnxReader


class OnnxNodeKind(Protocol):
    """What a file of this folder has."""

    DOMAINS: frozenset[str]

    @staticmethod
    def lower(node: SourceNode, reader: OnnxReader) -> Operand | Sequence[Operand]: ...


def names() -> tuple[str, ...]:
    """The kinds of nodes, by file name, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def load(name: str) -> OnnxNodeKind:
    """The file of one kind."""
    return cast("OnnxNodeKind", importlib.import_module(f"{__name__}.{name}"))


def file_name(op_type: str) -> str:
    """The file of an operator.

    >>> file_name("QLinearConv"), file_name("MaxPool"), file_name("LRN"), file_name("PRelu")
    ('q_linear_conv', 'max_pool', 'lrn', 'p_relu')
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", op_type)
    return re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", parted).lower()

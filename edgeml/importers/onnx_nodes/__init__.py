"""One file per kind of node; the folder is the list of what is read.

A file is named after the operator in snake_case and has `DOMAINS`, the domains in which it stands
for that operator, and `lower(node, reader)`, which gives the node's operand or operands. Nothing has to be
registered. A name with a leading underscore is a helper of several.

Invariant: `lower` gives the node's meaning exactly, or the reader's notes say what is rounded. No name of
this module is the name of a file: importing the file would replace it.

To add a kind of node, write `edgeml/importers/onnx_nodes/NAME.py` with `DOMAINS` and `lower`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from edgeml.folder import ModuleFolder

if TYPE_CHECKING:
    from edgeml.importers.onnx_reader.model import SourceNode
    from edgeml.importers.onnx_reader.operands import Operand
    from edgeml.importers.onnx_reader.reader import OnnxReader

    OnnxLowering = Callable[[SourceNode, OnnxReader], Operand | Sequence[Operand]]

_FOLDER = ModuleFolder("kind of ONNX node", __name__)


def names() -> tuple[str, ...]:
    """The kinds of nodes, by file name, sorted."""
    return _FOLDER.names()


def domains(name: str) -> frozenset[str]:
    """The operator domains that a kind is read in.

    Raises:
        EdgemlError: there is no such kind, or its file does not say.
    """
    declared: frozenset[str] = _FOLDER.declared(name, "DOMAINS", frozenset)
    return declared


def lowering(name: str) -> OnnxLowering:
    """The function that reads a node of a kind.

    Raises:
        EdgemlError: there is no such kind, or its file has none.
    """
    function: Any = _FOLDER.function(name, "lower", "node, reader")
    return function


def file_name(op_type: str) -> str:
    """The file of an operator.

    >>> file_name("QLinearConv"), file_name("MaxPool"), file_name("LRN"), file_name("PRelu")
    ('q_linear_conv', 'max_pool', 'lrn', 'p_relu')
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", op_type)
    return re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", parted).lower()

"""Graphs from their canonical text, see `edgeml.ir.text`.

Invariant: `parse(to_text(g), arrays_of(g))` equals g; the part behind the colon is inferred and ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import ops
from edgeml.ir.attributes import decode, split
from edgeml.ir.graph import Graph, Node
from edgeml.ir.op import Op
from edgeml.ir.text import array_digest

_LINE = re.compile(r"%(?P<name>\S+) = (?P<op>\w+)\((?P<inputs>[^)]*)\)(?: \{(?P<attrs>[^}]*)\})? : .*")
_DIGEST = re.compile(r"@([\w.]+)#([0-9a-f]{8})")


def build_op(name: str, attrs: Mapping[str, str], arrays: Mapping[str, IntArray]) -> Op:
    """An op from its name and attribute texts.

    Raises:
        EdgemlError: no such op, other attributes than it has, or a malformed one.
    """
    kind = ops.load(name)
    try:
        return kind(**{key: decode(value, arrays) for key, value in attrs.items()})
    except TypeError:  # the keyword arguments of the class are other ones
        raise EdgemlError(f"has not exactly the attributes {', '.join(attrs) or '(none)'}", name) from None
    except RecursionError:
        raise EdgemlError("attributes nested too deeply", name) from None


def parse(text: str, arrays: Mapping[str, IntArray]) -> Graph:
    """The graph a canonical text stands for.

    Args:
        text: as `to_text` writes it.
        arrays: the arrays it names, see `arrays_of`.

    Raises:
        EdgemlError: a line cannot be read (its number is given), an array is missing or another one
            than the text says, or the graph does not verify.
    """
    lines = text.strip().split("\n")
    if len(lines) < 2 or not lines[0].startswith("graph ") or not lines[-1].startswith("return "):
        raise EdgemlError("a graph's text starts with 'graph NAME' and ends with 'return %NAME'")
    nodes = [_parse_line(line, f"line {number}", arrays) for number, line in enumerate(lines[1:-1], start=2)]
    return Graph(lines[0][len("graph ") :], nodes, _names(lines[-1][len("return ") :]))


def _parse_line(line: str, where: str, arrays: Mapping[str, IntArray]) -> Node:
    match = _LINE.fullmatch(line)
    if match is None:
        raise EdgemlError(f"cannot read {line!r}", where)
    for key, digest in _DIGEST.findall(line):
        if key in arrays and array_digest(arrays[key]) != digest:
            raise EdgemlError(f"the array {key!r} is not the one the text was written for", where)
    try:
        attrs = split(_DIGEST.sub(r"@\1", match["attrs"] or ""))
        return Node(match["name"], build_op(match["op"], attrs, arrays), _names(match["inputs"]))
    except EdgemlError as error:
        raise EdgemlError(
            error.what, f"{where}: {error.where}" if error.where else where, error.hint
        ) from None


def _names(text: str) -> tuple[str, ...]:
    parts = text.split(", ") if text else []
    if not all(part.startswith("%") for part in parts):
        raise EdgemlError(f"names start with %: {text!r}")
    return tuple(part[1:] for part in parts)

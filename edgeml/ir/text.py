"""The canonical text of a graph, one line per op, and its parser.

    graph digits_mlp
    %input = input() {shape=[64], type=ufixed<5,5>, rounding=RND_CONV, overflow=SAT} : 64 ufixed<5,5>
    %fc1.weight = const() {codes=@fc1.weight.codes#9f3c0a51, type=fixed<6,1>} : 64x32 fixed<6,1>
    %fc1.matmul = mat_mul(%input, %fc1.weight) : 32 fixed<15,4> in [-9214, 8867]
    return %fc1.matmul

The part behind the colon is inferred; the parser ignores it. Arrays are named with the first
eight digits of their SHA-256, so that two graphs with other weights have other texts.

Invariant: equal graphs have equal texts, and `parse(to_text(g), arrays_of(g))` equals g.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import ops
from edgeml.ir.attributes import decode, encode, split
from edgeml.ir.graph import Graph, Node
from edgeml.ir.op import Op
from edgeml.ir.ops.const import Const

_LINE = re.compile(r"%(?P<name>\S+) = (?P<op>\w+)\((?P<inputs>[^)]*)\)(?: \{(?P<attrs>[^}]*)\})? : .*")
_DIGEST = re.compile(r"@([\w.]+)#([0-9a-f]{8})")


def to_text(graph: Graph) -> str:
    """The canonical text."""
    lines = [f"graph {graph.name}"]
    for node in graph.nodes:
        arrays: dict[str, IntArray] = {}
        attrs = encode_attributes(node, arrays)
        inside = ", ".join(f"{key}={_with_digests(value, arrays)}" for key, value in attrs.items())
        info = graph.info(node.name)
        line = f"%{node.name} = {node.op.op_name()}({', '.join(f'%{name}' for name in node.inputs)})"
        line += f" {{{inside}}}" if inside else ""
        line += f" : {info}"
        if node.inputs:
            line += f" in [{info.lo.min()}, {info.hi.max()}]"
        lines.append(line)
    lines.append(f"return {', '.join(f'%{name}' for name in graph.outputs)}")
    return "\n".join(lines)


def summary(graph: Graph) -> str:
    """A few lines on a graph: inputs, outputs, size and notes.

    The first line is "graph NAME: INPUT SHAPE TYPE -> OUTPUT SHAPE TYPE".
    """
    ends = [
        ", ".join(f"{name} {graph.info(name)}" for name in names) for names in (graph.inputs, graph.outputs)
    ]
    layers = dict.fromkeys(node.layer for node in graph.nodes if node.inputs)
    constants = [graph.info(node.name).size for node in graph.nodes if isinstance(node.op, Const)]
    size = f"{len(layers)} layers, {len(graph.nodes) - len(constants)} ops, {sum(constants):,} constants"
    return "\n".join([f"graph {graph.name}: {' -> '.join(ends)}", size, *(f"note: {n}" for n in graph.notes)])


def arrays_of(graph: Graph) -> dict[str, IntArray]:
    """All arrays of the graph under the names its text and its saved form use."""
    arrays: dict[str, IntArray] = {}
    for node in graph.nodes:
        encode_attributes(node, arrays)
    return arrays


def encode_attributes(node: Node, arrays: dict[str, IntArray]) -> dict[str, str]:
    """The attributes of one node as text; its arrays are put into `arrays`."""
    return {key: encode(value, f"{node.name}.{key}", arrays) for key, value in node.op.attributes().items()}


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
        if key in arrays and _digest(arrays[key]) != digest:
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


def _with_digests(text: str, arrays: Mapping[str, IntArray]) -> str:
    return re.sub(r"@([\w.]+)", lambda m: f"{m[0]}#{_digest(arrays[m[1]])}", text)


def _digest(array: IntArray) -> str:
    return hashlib.sha256(f"{array.shape}".encode() + array.astype("<i8").tobytes()).hexdigest()[:8]

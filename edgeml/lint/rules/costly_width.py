"""Operands one or two bits wider than the board's multipliers take."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml import boards, families
from edgeml.ir.ops._linear import Linear
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart

_NEAR = 2
"""Bits less that are worth a word."""


def find(subject: Subject) -> Iterator[Finding]:
    """Products that take fewer blocks if one operand is at most two bits narrower."""
    graph, board = subject.graph, boards.load(subject.targets.board)
    fabric = families.fabric(board)
    if not board.resources.dsp:
        return
    wide, narrow = max(fabric.dsp_bits), min(fabric.dsp_bits)
    for node in graph.nodes:
        if not isinstance(node.op, Linear):
            continue
        # A signed multiplier takes an unsigned operand with one bit more, its sign.
        operands = [graph.info(name).scalar for name in node.inputs]
        x, w = (kind.width + (not kind.signed) for kind in operands)
        blocks = _blocks(x, w, wide, narrow)
        for less in range(1, _NEAR + 1):
            least = min(_blocks(x - less, w, wide, narrow), _blocks(x, w - less, wide, narrow))
            if least < blocks:
                side = "input" if _blocks(x - less, w, wide, narrow) == least else "weights"
                bits = f"{less} bit{'s' if less > 1 else ''}"
                yield Finding(
                    node.layer,
                    f"multiplies {x} by {w} bits, {blocks} blocks of {wide} by {narrow} per product on "
                    f"{board.name}; with {bits} less in its {side} {least}",
                )
                break


def _blocks(x: int, w: int, wide: int, narrow: int) -> int:
    """Blocks for a signed product, the operands put the better way round; only the first part has a sign."""

    def parts(bits: int, room: int) -> int:
        return 1 if bits <= room else 1 + -(-(bits - room) // (room - 1))

    return min(parts(x, wide) * parts(w, narrow), parts(x, narrow) * parts(w, wide))


RULE = Rule(
    severity=Severity.ADVICE,
    title="width that costs a multiplier more",
    why="A multiplier block takes operands of fixed widths; one bit more takes a second block for "
    "every product.",
    remedy="one or two bits less in the operand that is named",
    needs=(SubjectPart.GRAPH,),
    find=find,
)

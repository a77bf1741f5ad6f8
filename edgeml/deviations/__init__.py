"""How a file deviates from what would be written today: constants, types and code, by meaning.

`text` compares C++ and Verilog without comments and layout, `model` ONNX models by nodes and constants.

Invariant: no deviation means that the compared files say the same; what a reader of the file does not execute
(comments, white space, names of nodes, build products beside it) is not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Deviation:
    """One difference between a file and a fresh emission.

    Args:
        file: relative to the back end's folder.
        what: which constant, type or line, with both values ("fc1 weight [3, 7] is 5, 6 expected").
        text: only what is not executed differs, such as metadata: the file computes the same.
    """

    file: str
    what: str
    text: bool = False

    def __str__(self) -> str:
        """File and difference in one line."""
        return f"{self.file}: {self.what}"


def summary(deviations: Sequence[Deviation], most: int = 3) -> str:
    """All of them in one sentence, the first in words and the others as a number.

    >>> summary([Deviation("a.h", "line 3 is x, y expected")])
    'differs from a fresh emission: a.h: line 3 is x, y expected'
    """
    if not deviations:
        return ""
    wrong = [deviation for deviation in deviations if not deviation.text]
    if not wrong:
        return f"differs in text from a fresh emission, not in what it computes: {deviations[0]}"
    more = f"; and {len(wrong) - most} more" if len(wrong) > most else ""
    return f"differs from a fresh emission: {'; '.join(map(str, wrong[:most]))}{more}"

"""Deviations of a file from a fresh emission: constants, types and code, compared by meaning.

`text` compares C++ and Verilog without comments and layout, `model` ONNX models by nodes and constants.

Invariant: files without a deviation compute the same. Parts that are not executed (comments, white space,
names of nodes, build products in the folder) are not compared.
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
        text: the difference is not executed (metadata, for example): the file computes the same.
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

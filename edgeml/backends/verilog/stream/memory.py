"""Memories that are only read."""

from __future__ import annotations

from edgeml.fixed import IntArray


def packed_word(codes: IntArray, width: int) -> str:
    """Codes side by side in a literal, the first in the lowest bits.

    >>> import numpy as np
    >>> packed_word(np.asarray([1, -1]), 4)
    "8'hf1"
    """
    word = 0
    for position, code in enumerate(codes.reshape(-1)):
        word |= (int(code) & ((1 << width) - 1)) << (position * width)
    return f"{codes.size * width}'h{word:x}"


def rom(module: str, note: str, words: IntArray, width: int) -> str:
    """A memory with a registered output, which synthesis maps to block RAM or LUTs.

    Args:
        module: its name.
        note: what it holds.
        words: codes (depth, values).
        width: bits of a value.
    """
    depth, bits = len(words), words.shape[1] * width
    address = max(1, (depth - 1).bit_length())
    lines = [
        f"// {note}",
        f"module {module} (",
        "  input wire clk,\n  input wire ce,",
        f"  input wire [{address - 1}:0] address,\n  output reg [{bits - 1}:0] weights\n);",
        f"  reg [{bits - 1}:0] words [0:{depth - 1}];",
        "  always @(posedge clk) if (ce) weights <= words[address];",
        "  initial begin",
        *(f"    words[{place}] = {packed_word(word, width)};" for place, word in enumerate(words)),
        "  end\nendmodule\n",
    ]
    return "\n".join(lines)

"""Memories of a design that are only read: weights of folded layers, and where their sums begin."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgeml.errors import EdgemlError

_HEAD = re.compile(
    r"// [^\n]*\n"
    r"module (?P<name>\w+) \(\n"
    r"  input wire clk,\n  input wire ce,\n"
    r"  input wire \[(?P<address>\d+):0\] address,\n  output reg \[(?P<high>\d+):0\] weights\n\);\n"
    r"  reg \[(?P=high):0\] words \[0:(?P<last>\d+)\];\n"
    r"  always @\(posedge clk\) if \(ce\) weights <= words\[address\];\n"
    r"  initial begin\n(?P<words>(?:    words\[\d+\] = \d+'h[0-9a-f]+;\n)*)  end\nendmodule\n"
)
_WORD = re.compile(r"words\[(\d+)\] = (\d+)'h([0-9a-f]+);")
_INSTRUCTION = re.compile(r"// *(verilator|synopsys|synthesis|pragma|coverage|ambit|cadence)\b", re.I)


@dataclass(frozen=True)
class WordMemory:
    """A memory with a registered output.

    Args:
        name: of the module.
        bits: of a word.
        address: bits of the address.
        depth: words, all of which are there.
    """

    name: str
    bits: int
    address: int
    depth: int


def read_memory(text: str, file: str) -> WordMemory | None:
    """The memory that a file is; None if it is none.

    Raises:
        EdgemlError: a word is missing, is there twice, or has another number of bits.
    """
    match = _HEAD.fullmatch(text)
    if match is None or _INSTRUCTION.match(text):
        return None
    bits, depth = int(match["high"]) + 1, int(match["last"]) + 1
    words = [(int(at), int(size), int(word, 16)) for at, size, word in _WORD.findall(match["words"])]
    if [at for at, _, _ in words] != list(range(depth)):
        raise EdgemlError("a word is missing or there twice", file)
    wrong = next((at for at, size, word in words if size != bits or word >> bits), None)
    if wrong is not None:
        raise EdgemlError(f"word {wrong} does not have {bits} bits", file)
    return WordMemory(match["name"], bits, int(match["address"]) + 1, depth)

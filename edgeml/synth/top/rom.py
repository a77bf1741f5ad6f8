"""The memory of the self-test: the board's identity, then the input and the result of every vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.boards import Board
from edgeml.errors import EdgemlError

DATA = "edgeml_board_rom.hex"
"""The file with the words."""

MOST_VECTORS = 64
"""Most vectors of a self-test; further samples can be sent over the serial line."""

_SHARE = 4
"""The self-test takes at most this part of the board's block RAM: the rest is the network's."""
_COUNTED = 0x7FFF
_LINE = 32


def fitting(board: Board, identity: int, vector: int) -> int:
    """The number of vectors of `vector` bytes that fit beside `identity` bytes; 0 if none does."""
    # A block holds a power of two of bytes: the ninth bit of every byte of an 18-kbit block stays empty.
    block = 1 << ((board.resources.bram_kbit * 1024 // 8).bit_length() - 1)
    return min(_COUNTED, max(0, (board.resources.bram * block // _SHARE - identity) // vector))


def chosen(board: Board, identity: int, vector: int, there: int, requested: int | None) -> int:
    """The number of vectors in the self-test.

    Args:
        board: the board.
        identity: bytes that the identity takes.
        vector: bytes of a vector, input and result.
        there: number of vectors that exist.
        requested: a number asked for, None for what fits, `MOST_VECTORS` at most.

    Raises:
        EdgemlError: there are not so many, or they do not fit.
    """
    fits = fitting(board, identity, vector)
    if requested is not None and not 1 <= requested <= there:
        raise EdgemlError(
            f"{requested} vectors for the self-test, there are {there}", "vectors", f"ask for 1 to {there}"
        )
    if fits < (requested or 1):
        raise EdgemlError(
            f"{requested or 1} vectors of {vector} bytes do not fit in a quarter of its block RAM",
            board.name,
            f"ask for at most {fits}" if fits else "choose a board with more block RAM",
        )
    return requested if requested is not None else min(there, fits, MOST_VECTORS)


@dataclass(frozen=True)
class Rom:
    """A memory: its module and its words.

    Args:
        verilog: reads the words from the file DATA beside it, where a tool runs or beside the Verilog.
        data: two digits a byte, for $readmemh. (As assignments in the Verilog they would take Yosys minutes.)
    """

    verilog: str
    data: str


def write(
    module: str, identity: bytes, inputs: NDArray[np.uint8], expected: NDArray[np.uint8], bits: int
) -> Rom:
    """The memory.

    Args:
        module: its name.
        identity: the first bytes.
        inputs: (vectors, bytes).
        expected: (vectors, bytes).
        bits: of an address.
    """
    size = len(identity) + inputs.size + expected.size
    title = (
        f"// {size} bytes: the identity ({len(identity)}), then {len(inputs)} golden vectors, "
        f"{inputs.shape[1]} bytes in and {expected.shape[1]} out."
    )
    verilog = [
        title,
        f"module {module} (",
        "  input  wire clk,",
        f"  input  wire [{bits - 1}:0] address,",
        "  output reg  [7:0] data",
        ");",
        f"  reg [7:0] words [0:{size - 1}];",
        "  always @(posedge clk) data <= words[address];",
        f'  initial $readmemh("{DATA}", words);',
        "endmodule",
        "",
    ]
    return Rom("\n".join(verilog), "\n".join([title, *_words(identity, inputs, expected), ""]))


def _words(identity: bytes, inputs: NDArray[np.uint8], expected: NDArray[np.uint8]) -> Iterator[str]:
    yield "// identity"
    yield from _block(identity)
    for vector, (input_word, output_word) in enumerate(zip(inputs, expected, strict=True)):
        for what, data in (("in", input_word.tobytes()), ("out", output_word.tobytes())):
            yield f"// vector {vector}, {what}"
            yield from _block(data)


def _block(data: bytes) -> Iterator[str]:
    for start in range(0, len(data), _LINE):
        yield data[start : start + _LINE].hex(" ")

"""The memory of the self-test: who the board is, then for every vector what goes in and what must come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edgeml.boards import Board
from edgeml.errors import EdgemlError

MOST_VECTORS = 64
"""More find little that these do not; every sample of the test set can go over the wire."""

_SHARE = 4
"""The self-test takes at most this part of the board's block RAM: the rest is the network's."""
_COUNTED = 0x7FFF
_LINE = 16


def fitting(board: Board, identity: int, vector: int) -> int:
    """How many vectors of `vector` bytes fit, beside `identity` bytes; 0 if none does."""
    # A block holds a power of two of bytes: the ninth bit of every byte of an 18-kbit block stays empty.
    block = 1 << ((board.resources.bram_kbit * 1024 // 8).bit_length() - 1)
    return min(_COUNTED, max(0, (board.resources.bram * block // _SHARE - identity) // vector))


def chosen(board: Board, identity: int, vector: int, there: int, wanted: int | None) -> int:
    """How many vectors the self-test gets.

    Args:
        board: the board.
        identity: bytes that the identity takes.
        vector: bytes of a vector, input and result.
        there: vectors there are.
        wanted: a number asked for, None for what fits, `MOST_VECTORS` at most.

    Raises:
        EdgemlError: there are not so many, or they do not fit.
    """
    fits = fitting(board, identity, vector)
    if wanted is not None and not 1 <= wanted <= there:
        raise EdgemlError(
            f"{wanted} vectors for the self-test, there are {there}", "vectors", f"ask for 1 to {there}"
        )
    if fits < (wanted or 1):
        raise EdgemlError(
            f"{wanted or 1} vectors of {vector} bytes do not fit in a quarter of its block RAM",
            board.name,
            f"ask for at most {fits}" if fits else "choose a board with more block RAM",
        )
    return wanted if wanted is not None else min(there, fits, MOST_VECTORS)


def write(
    module: str, identity: bytes, inputs: NDArray[np.uint8], expected: NDArray[np.uint8], bits: int
) -> str:
    """The Verilog of the memory.

    Args:
        module: its name.
        identity: the first bytes.
        inputs: (vectors, bytes).
        expected: (vectors, bytes).
        bits: of an address.
    """
    size = len(identity) + inputs.size + expected.size
    return "\n".join(
        [
            f"// {size} bytes: the identity ({len(identity)}), then {len(inputs)} golden vectors, "
            f"{inputs.shape[1]} bytes in and {expected.shape[1]} out.",
            f"module {module} (",
            "  input  wire clk,",
            f"  input  wire [{bits - 1}:0] address,",
            "  output reg  [7:0] data",
            ");",
            f"  reg [7:0] words [0:{size - 1}];",
            "  always @(posedge clk) data <= words[address];",
            "  initial begin",
            *_words(identity, inputs, expected),
            "  end",
            "endmodule",
            "",
        ]
    )


def _words(identity: bytes, inputs: NDArray[np.uint8], expected: NDArray[np.uint8]) -> Iterator[str]:
    yield "    // identity"
    yield from _block(0, identity)
    at = len(identity)
    for vector, (given, wanted) in enumerate(zip(inputs, expected, strict=True)):
        for what, data in (("in", given.tobytes()), ("out", wanted.tobytes())):
            yield f"    // vector {vector}, {what}"
            yield from _block(at, data)
            at += len(data)


def _block(start: int, data: bytes) -> Iterator[str]:
    for line in range(0, len(data), _LINE):
        row = data[line : line + _LINE]
        yield "    " + " ".join(f"words[{start + line + i}] = 8'h{byte:02x};" for i, byte in enumerate(row))

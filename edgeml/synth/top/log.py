"""Reads a whole log of a board at once: its frames, damaged frames, and bytes of no frame.

A log may hold anything. Every byte that could begin a frame is tried, and the CRC of a long candidate is had
from CRCs of the log's beginnings, which are computed once: for CRCs without a start value,

    crc(a + b) = crc(b) xor crc(a) * x^(8 * len(b))      modulo the polynomial

Invariant: the time is proportional to the log's length, whatever is in it.
"""

from __future__ import annotations

import binascii
from array import array
from dataclasses import dataclass
from functools import cache

from edgeml.synth.top.protocol import HEAD, KINDS, OVERHEAD, START, SYNC, Frame, FrameType

_SHORT = 256
"""Bytes whose CRC is quicker to compute than to derive."""


@dataclass(frozen=True)
class Log:
    """The content of a log.

    Args:
        frames: those that are whole, in order.
        broken: type and length of the payload of every damaged frame: its CRC is wrong, or the log ends
            within it.
        skipped: bytes that belong to no frame.
    """

    frames: tuple[Frame, ...]
    broken: tuple[tuple[FrameType, int], ...]
    skipped: int


def read_log(data: bytes) -> Log:
    """The frames of a log, as `edgeml.synth.top.protocol.Decoder` finds them."""
    frames: list[Frame] = []
    broken: list[tuple[FrameType, int]] = []
    checks = _Checks(data)
    at = used = 0
    while (at := data.find(SYNC, at)) >= 0 and len(data) - at >= HEAD.size:
        _, kind, tag, length = HEAD.unpack_from(data, at)
        end = at + length + OVERHEAD
        if kind not in KINDS:
            at += 1
        elif end > len(data) or not checks.right(at + 1, end):
            broken.append((FrameType(kind), length))
            at += 1
        else:
            frames.append(Frame(FrameType(kind), tag, data[at + HEAD.size : end - 2]))
            used += end - at
            at = end
    return Log(tuple(frames), tuple(broken), len(data) - used)


class _Checks:
    """CRCs of parts of a log."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._from_begin = array("H", [0])

    def right(self, begin: int, end: int) -> bool:
        """True if the CRC behind a frame's body is right."""
        if end - begin <= _SHORT:
            return binascii.crc_hqx(self._data[begin:end], START) == 0
        state = self._from_begin
        for place in range(len(state) - 1, end):
            state.append(binascii.crc_hqx(self._data[place : place + 1], state[place]))
        return state[end] == _times(state[begin] ^ START, _powers()[end - begin])


@cache
def _powers() -> array[int]:
    """x^(8 * n) modulo the polynomial, for every length n of a frame."""
    powers = array("H", [1])
    for _ in range(0xFFFF + OVERHEAD):
        powers.append(binascii.crc_hqx(b"\0", powers[-1]))
    return powers


def _times(a: int, b: int) -> int:
    """The product of two polynomials modulo x^16 + x^12 + x^5 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        b >>= 1
        a = (a << 1) ^ (0x11021 if a & 0x8000 else 0)
    return product

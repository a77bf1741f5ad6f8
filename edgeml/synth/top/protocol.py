"""Frames on the serial line, as the host sees them; hw/rtl/edgeml_uart_link.v answers them.

    A5 | type | tag (2) | length (2) | payload | CRC-16 (2)

Numbers have their low byte first, the CRC its high byte. It covers everything between A5 and itself:
polynomial 1021, from FFFF on, highest bit first (CRC-16/IBM-3740; Python's binascii.crc_hqx).

Invariant: `Decoder` returns a frame only if its CRC is right and its length fits its type.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass
from enum import IntEnum

from edgeml.errors import EdgemlError

SYNC = 0xA5
VERSION = 1
UNASKED = 0xFFFF
"""Tag of the report that a board sends after a reset, and of errors in frames whose tag was not read."""

HEAD = struct.Struct("<BBHH")
_IDENTITY = struct.Struct("<B32sHHHIII")
_REPORT = struct.Struct("<HHHIB")
_NAME = 40
REPORT_BYTES = (_REPORT.size, _REPORT.size)
IDENTITY_BYTES = (_IDENTITY.size + 2, _IDENTITY.size + 2 + 2 * _NAME)
"""Fewest and most bytes of the payloads."""

OVERHEAD = HEAD.size + 2
START = 0xFFFF
"""Start value of the CRC."""


class FrameType(IntEnum):
    """Types of frames: 1, 2, 3 from the host, with the highest bit set from the board."""

    IDENTIFY = 0x01
    TEST = 0x02
    RUN = 0x03
    ERROR = 0x80
    IDENTITY = 0x81
    REPORT = 0x82
    RESULT = 0x83


KINDS = frozenset(FrameType)

PROBLEMS = {
    1: "the CRC was wrong",
    2: "the type is unknown",
    3: "the length does not fit the type",
    4: "the frame stopped before its end",
    5: "a stop bit was missing or a byte was lost",
    6: "the network gave no result",
}
"""Meaning of the codes in an ERROR frame's payload."""


@dataclass(frozen=True)
class Frame:
    """One frame."""

    kind: FrameType
    tag: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the line."""
        body = HEAD.pack(SYNC, self.kind, self.tag, len(self.payload))[1:] + self.payload
        return bytes([SYNC]) + body + binascii.crc_hqx(body, START).to_bytes(2, "big")

    def problem(self) -> str:
        """The problem that an ERROR frame reports."""
        code = self.payload[0] if self.payload else 0
        return PROBLEMS.get(code, f"error {code}")


@dataclass(frozen=True)
class Identity:
    """The identity that a board sends.

    Args:
        graph: digest of the exact graph, hexadecimal.
        input_bytes: of a sample.
        output_bytes: of a result.
        vectors: in its self-test.
        clock_hz: its clock.
        latency: clocks, as the manifest promises.
        interval: clocks, as the manifest promises.
        model: the graph's name, cut to 40 bytes.
        board: the board's name, cut to 40 bytes.
    """

    graph: str
    input_bytes: int
    output_bytes: int
    vectors: int
    clock_hz: int
    latency: int
    interval: int
    model: str
    board: str

    def encode(self) -> bytes:
        """The payload of an IDENTITY frame."""
        names = [name.encode()[:_NAME] for name in (self.model, self.board)]
        numbers = (
            self.input_bytes,
            self.output_bytes,
            self.vectors,
            self.clock_hz,
            self.latency,
            self.interval,
        )
        fixed = _IDENTITY.pack(VERSION, bytes.fromhex(self.graph), *numbers)
        return fixed + b"".join(bytes([len(name)]) + name for name in names)

    @classmethod
    def decode(cls, payload: bytes) -> Identity:
        """From the payload of an IDENTITY frame.

        Raises:
            EdgemlError: another version of the protocol, or not such a payload.
        """
        if payload[:1] != bytes([VERSION]):
            version = payload[0] if payload else "none"
            raise EdgemlError(
                f"speaks version {version} of the protocol, {VERSION} expected",
                "the board",
                "load a bitstream of this version of edgeml",
            )
        try:
            _, graph, *numbers = _IDENTITY.unpack_from(payload)
            first = payload[_IDENTITY.size]
            rest = payload[_IDENTITY.size + 1 :]
            model, board = rest[:first], rest[first + 1 : first + 1 + rest[first]]
            names = [name.decode(errors="replace") for name in (model, board)]
            return cls(graph.hex(), *numbers, *names)  # pyright: ignore[reportCallIssue]
        except (struct.error, IndexError):
            raise EdgemlError("answers with an identity that is cut short", "the board") from None


@dataclass(frozen=True)
class SelfTestResult:
    """The result of a self-test.

    Args:
        vectors: that were run.
        failures: of them.
        first: index of the first that failed, None if there is none.
        clocks: from the one that took the first beat of the last vector to the one that offered its result.
        hung: the network gave no result, so the test ended early.
    """

    vectors: int
    failures: int
    first: int | None
    clocks: int
    hung: bool

    @property
    def passed(self) -> bool:
        """True if every vector gave its expected result."""
        return not self.failures and not self.hung and self.vectors > 0

    def encode(self) -> bytes:
        """The payload of a REPORT frame."""
        first = 0xFFFF if self.first is None else self.first
        return _REPORT.pack(self.vectors, self.failures, first, self.clocks, self.hung)

    @classmethod
    def decode(cls, payload: bytes) -> SelfTestResult:
        """From the payload of a REPORT frame.

        Raises:
            EdgemlError: not such a payload.
        """
        try:
            vectors, failures, first, clocks, hung = _REPORT.unpack(payload)
        except struct.error:
            raise EdgemlError("sends a report of another length", "the board") from None
        return cls(vectors, failures, first if failures else None, clocks, bool(hung & 1))


class Decoder:
    """Finds frames in a stream of bytes and skips all other bytes.

    Args:
        longest: largest payload in bytes; a header with a larger length is no frame.
    """

    def __init__(self, longest: int = 0xFFFF) -> None:
        self._longest = longest
        self._left = b""
        self.skipped = 0
        """Bytes that belonged to no frame."""

    def feed(self, data: bytes) -> list[Frame]:
        """Add bytes; returns the frames that are complete now."""
        data = self._left + data
        frames: list[Frame] = []
        at = used = 0  # bytes examined, and those of them that belong to frames
        while True:
            start = data.find(SYNC, at)
            at = len(data) if start < 0 else start
            if len(data) - at < HEAD.size:
                break
            _, kind, tag, length = HEAD.unpack_from(data, at)
            if kind not in KINDS or length > self._longest:
                at += 1
                continue
            end = at + length + OVERHEAD
            if len(data) < end:
                break
            if binascii.crc_hqx(data[at + 1 : end], START):
                at += 1
                continue
            frames.append(Frame(FrameType(kind), tag, data[at + HEAD.size : end - 2]))
            used += end - at
            at = end
        self._left = data[at:]
        self.skipped += at - used
        return frames

    def finish(self) -> list[Frame]:
        """End of the stream: an incomplete frame is none, but complete frames may lie within its bytes."""
        frames: list[Frame] = []
        while self._left:
            self._left = self._left[1:]
            self.skipped += 1
            frames += self.feed(b"")
        return frames

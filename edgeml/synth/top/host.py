"""The host's side of the serial line: requests, answers, and what to do when a frame gets lost.

Invariant: a result is only ever taken from a frame that is whole and has the tag of the request. A line that
disturbs frames leads to repeats, and if they do not help to an error, never to a result.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from edgeml.errors import EdgemlError
from edgeml.synth.top.port import Line
from edgeml.synth.top.protocol import Decoder, Frame, FrameType, Identity, SelfTestResult

PATIENCE = 1.0
"""Seconds to wait for an answer; a board gives up a network that hangs after half of that."""

_TRIES = 3
_SILENT = 0.05  # seconds without a byte that end an answer
_DRAINED = 2.0  # most seconds to wait for the end of old bytes
_ANSWERS = {
    FrameType.IDENTIFY: FrameType.IDENTITY,
    FrameType.TEST: FrameType.REPORT,
    FrameType.RUN: FrameType.RESULT,
}


class Host:
    """Talks to a board.

    Args:
        line: the port.
        where: its name, for messages.
        baud: of the line, for the time that frames take.
        on_bytes: called with every byte that the board sends, for a log.
    """

    def __init__(
        self,
        line: Line,
        where: str,
        baud: int,
        on_bytes: Callable[[bytes], None] | None = None,
    ) -> None:
        self._line, self._where, self._baud = line, where, baud
        self._on_bytes = on_bytes
        self._settled = False

    def identify(self) -> Identity:
        """The identity of the board.

        Raises:
            EdgemlError: no board answers, or it does not speak the protocol.
        """
        return Identity.decode(self._ask(Frame(FrameType.IDENTIFY, 1), 255).payload)

    def test(self, longest_seconds: float) -> SelfTestResult:
        """Let the board test itself."""
        return SelfTestResult.decode(self._ask(Frame(FrameType.TEST, 2), 16, longest_seconds).payload)

    def run(self, tag: int, sample: bytes, result_bytes: int) -> bytes:
        """The board's result for a sample.

        Raises:
            EdgemlError: it gives none, or one of another length.
        """
        answer = self._ask(Frame(FrameType.RUN, tag, sample), result_bytes)
        if len(answer.payload) != result_bytes:
            raise EdgemlError(
                f"gave a result of {len(answer.payload)} bytes, {result_bytes} expected", self._where
            )
        return answer.payload

    def _ask(self, request: Frame, most_bytes: int, more_seconds: float = 0.0) -> Frame:
        """The answer to a request, which is repeated if it or its answer gets lost.

        Args:
            request: the frame to send.
            most_bytes: payload of the answer.
            more_seconds: time that the board needs beyond the usual.
        """
        problem = ""
        data = request.encode()
        seconds = PATIENCE + more_seconds + (len(data) + most_bytes + 32) * 10 / self._baud
        for _ in range(_TRIES):
            self._settle()
            self._line.write(data)
            frame, problem = self._answer(request, most_bytes, seconds)
            if frame is not None:
                return frame
            self._settled = False
        raise EdgemlError(
            f"no answer to {request.kind.name.lower()} in {_TRIES} tries: {problem}",
            self._where,
            "is the bitstream, or the program, loaded, the baud rate right, and nothing else on the port?",
        )

    def _answer(self, request: Frame, most_bytes: int, seconds: float) -> tuple[Frame | None, str]:
        decoder = Decoder(max(most_bytes, 255))
        received, until = 0, time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            data = self._read(left)
            received += len(data)
            for frame in decoder.feed(data):
                if frame.kind is _ANSWERS[request.kind] and frame.tag == request.tag:
                    return frame, ""
                if frame.kind is FrameType.ERROR:
                    return None, f"the board says that {frame.problem()}"
        if not received:
            return None, "it said nothing"
        return None, f"it said {received} bytes, none of them the answer"

    def _settle(self) -> None:
        """Wait until the board is silent: it ignores bytes that arrive while it sends."""
        until = time.monotonic() + _DRAINED
        while not self._settled:
            self._settled = not self._read(_SILENT) or time.monotonic() > until

    def _read(self, seconds: float) -> bytes:
        data = self._line.read(seconds)
        if data and self._on_bytes is not None:
            self._on_bytes(data)
        return data

"""A board made of software behind a pseudo terminal, with faults to choose from."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from edgeml.synth.top.protocol import Decoder, Frame, FrameType, Identity, SelfTestResult


@dataclass
class SoftwareBoard:
    """Answers requests; what it does wrong is in `spoil`, which may change or drop an answer.

    Args:
        identity: what it says that it is.
        results: result by sample.
        report: of its self-test.
        spoil: an answer's frame and how many answers there were before it, to bytes; None hangs up.
    """

    identity: Identity
    results: dict[bytes, bytes]
    report: SelfTestResult
    spoil: Callable[[Frame, int], bytes | None] = lambda frame, count: frame.encode()
    answers: int = 0

    def answer(self, request: Frame) -> Frame:
        """The right answer to a request."""
        if request.kind is FrameType.IDENTIFY:
            return Frame(FrameType.IDENTITY, request.tag, self.identity.encode())
        if request.kind is FrameType.TEST:
            return Frame(FrameType.REPORT, request.tag, self.report.encode())
        return Frame(FrameType.RESULT, request.tag, self.results[request.payload])

    @contextmanager
    def plugged_in(self) -> Iterator[str]:
        """The device to open, while the board runs."""
        board, host = os.openpty()
        tty.setraw(host)
        over = threading.Event()
        worker = threading.Thread(target=self._serve, args=(board, over), daemon=True)
        worker.start()
        try:
            yield os.ttyname(host)
        finally:
            over.set()
            with suppress(OSError):
                os.write(host, b"\0")  # wakes it up
            worker.join(10)
            os.close(host)
            assert not worker.is_alive()

    def _serve(self, board: int, over: threading.Event) -> None:
        decoder = Decoder()
        while not over.is_set():
            for request in decoder.feed(os.read(board, 4096)):
                data = self.spoil(self.answer(request), self.answers)
                self.answers += 1
                if data is None:
                    over.set()
                    break
                os.write(board, data)
        os.close(board)

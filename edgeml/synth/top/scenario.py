"""The script for a simulated board: requests, faults on the line, and the expected answers.

Invariant: the scenario has every type of request, every way in which a frame can break on its way, and at
least one self-test that has to fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.errors import EdgemlError
from edgeml.synth.top.protocol import SYNC, UNASKED, Decoder, Frame, FrameType, Identity, SelfTestResult

GARBAGE = bytes.fromhex("00ff5a137f")
"""Bytes that begin no frame."""


@dataclass(frozen=True)
class Mark:
    """The outputs of the board at a mark of the script.

    Args:
        data: bytes that the board sent since the mark before.
        lamps: bit i is 1 if led i is lit.
        clock: number of clocks since the start.
    """

    data: bytes
    lamps: int
    clock: int


@dataclass(frozen=True)
class Expected:
    """The one frame that the board has to send before a mark.

    Args:
        mark: its name.
        what: for the message.
        frame: the frame; of a report the clocks do not count.
        passed: whether the lamps have to tell that the self-test passed, or that it failed.
    """

    mark: str
    what: str
    frame: Frame
    passed: bool


class Scenario:
    """A script for `harness`, with the expected frames.

    Args:
        limit: clocks that an answer may take.
        lamps: of the board; with two or more, led 0 tells of a failure and led 1 of success.
        runs: golden vectors that are sent.
    """

    def __init__(self, limit: int, lamps: int, runs: int) -> None:
        self.runs = runs
        self._limit = limit
        self._lamps = lamps
        self._passed = True
        self.script: list[str] = []
        self.expected: list[Expected] = []

    def do(self, command: str) -> None:
        """Add a command without an answer."""
        self.script.append(command)

    def send(self, data: bytes) -> None:
        """Add a command that sends raw bytes."""
        self.script.append(f"send {data.hex()}")

    def expect(self, what: str, frame: Frame) -> None:
        """Add a wait for an answer."""
        if frame.kind is FrameType.REPORT:
            self._passed = SelfTestResult.decode(frame.payload).passed
        mark = f"m{len(self.expected)}"
        self.expected.append(Expected(mark, what, frame, self._passed))
        self.script += [f"answer {self._limit} {what}", f"mark {mark}"]

    def ask(self, what: str, request: Frame, answer: Frame) -> None:
        """Add a request and its answer."""
        self.send(request.encode())
        self.expect(what, answer)

    def complain(self, what: str, code: int, tag: int) -> None:
        """Add a wait for an ERROR frame."""
        self.expect(what, Frame(FrameType.ERROR, tag, bytes([code])))

    def latency(self, marks: dict[str, Mark]) -> int:
        """Compare every mark with the expectation; returns the clocks of the last vector of a self-test.

        Raises:
            EdgemlError: the board sent something else; names both.
        """
        clocks: set[int] = set()
        for expected in self.expected:
            frame = self._one(expected, marks[expected.mark])
            if frame.kind is FrameType.REPORT:
                report = SelfTestResult.decode(frame.payload)
                clocks.add(report.clocks)
                frame = Frame(frame.kind, frame.tag, _timeless(report).encode())
            if frame != expected.frame:
                raise _wrong(expected.what, f"{_frame_text(frame)} came, not {_frame_text(expected.frame)}")
            lit = marks[expected.mark].lamps & 3
            if self._lamps > 1 and lit != (2 if expected.passed else 1):
                raise _wrong(expected.what, f"the lamps led0 and led1 show {lit & 1} and {lit >> 1}")
        if len(clocks) != 1:
            raise _wrong("self-test", f"it took different numbers of clocks: {sorted(clocks)}")
        return clocks.pop()

    def _one(self, expected: Expected, at: Mark) -> Frame:
        decoder = Decoder()
        frames = decoder.feed(at.data) + decoder.finish()
        if len(frames) != 1 or decoder.skipped:
            text = f"{len(frames)} frames and {decoder.skipped} bytes beside them came, not one frame"
            raise _wrong(expected.what, text)
        return frames[0]


def breakages(scenario: Scenario, run: Frame, answer: Frame, bit: int, silence: int) -> None:
    """Every way in which a frame can break, each followed by one that is right.

    Args:
        scenario: is added to.
        run: a request.
        answer: the right answer to it.
        bit: clocks of a bit.
        silence: clocks after which the board gives a frame up.
    """
    whole, tag = run.encode(), run.tag

    def good(after: str) -> None:
        scenario.ask(f"a sample after {after}", run, answer)

    scenario.send(GARBAGE)
    good("bytes that begin no frame")
    for place, what in ((-1, "in the CRC"), (6, "in the sample"), (2, "in the tag")):
        broken = bytearray(whole)
        broken[place] ^= 0x10
        scenario.send(bytes(broken))
        scenario.complain(f"a wrong bit {what}", 1, tag ^ 0x10 if place == 2 else tag)
        good(f"a wrong bit {what}")
    for cut in (len(whole) - 1, 7, 5, 1):
        scenario.send(whole[:cut])
        scenario.do(f"quiet {silence}")
        scenario.complain(f"a frame that stopped after {cut} bytes", 4, tag if cut > 3 else UNASKED)
        good("a frame that stopped")
    scenario.send(whole[:7])
    scenario.do(f"level 0 {20 * bit}")
    scenario.complain("a line held down within a frame", 5, tag)
    good("a line held down")
    scenario.do(f"level 0 {20 * bit}")
    scenario.do(f"quiet {2 * bit}")
    good("a line held down between frames")
    scenario.send(Frame(FrameType.RESULT, 7, b"").encode())
    scenario.complain("a type that is no request", 2, 7)
    good("a type that is no request")
    for payload in (run.payload[:-1], run.payload + b"\0"):
        # Only the header: the board answers at once, while a host would go on sending.
        scenario.send(Frame(FrameType.RUN, 9, payload).encode()[:6])
        scenario.complain("a length that does not fit", 3, 9)
        good("a length that does not fit")
    scenario.send(bytes([SYNC]) + whole)
    # The second A5 reads as a type that is unknown; all that follows is lost with the answer.
    scenario.do(f"quiet {silence + 40 * bit}")
    scenario.do("mark lost")
    good("a second A5")


def identify(scenario: Scenario, identity: Identity) -> None:
    """Add a request for the identity."""
    scenario.ask("identity", Frame(FrameType.IDENTIFY, 5), Frame(FrameType.IDENTITY, 5, identity.encode()))


def self_test(scenario: Scenario, vectors: int, failed: Sequence[int] = (), tag: int = 6) -> None:
    """Add a self-test with the expected failures."""
    first = min(failed) if failed else None
    report = SelfTestResult(vectors, len(failed), first, 0, False)
    what = f"self-test with a wrong bit in vector {first}" if failed else "self-test"
    scenario.ask(what, Frame(FrameType.TEST, tag), Frame(FrameType.REPORT, tag, report.encode()))


def _timeless(report: SelfTestResult) -> SelfTestResult:
    return SelfTestResult(report.vectors, report.failures, report.first, 0, report.hung)


def _frame_text(frame: Frame) -> str:
    if frame.kind is FrameType.ERROR:
        return f'an error (tag {frame.tag:04x}, "{frame.problem()}")'
    if frame.kind is FrameType.REPORT:
        return f"a report (tag {frame.tag:04x}, {SelfTestResult.decode(frame.payload)})"
    return f"{frame.kind.name.lower()} (tag {frame.tag:04x}, {frame.payload.hex()})"


def _wrong(what: str, text: str) -> EdgemlError:
    return EdgemlError(
        text, f"simulation of the board, {what}", "nothing is synthesized; please report this with the model"
    )

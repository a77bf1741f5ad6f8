"""The results of a real board, from its serial line or from a log, as one row of the check.

A log holds the bytes that a board sent, unchanged. The tag of a result is the number of its sample in
golden.npz, so a log needs nothing else beside it.

Invariant: the row is "exact" only if results of golden vectors were compared and the board's identity names
this graph. Its own self-test can make a mismatch of the row, but not a pass.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.checks.compare import compare
from edgeml.checks.devices import Device, FpgaBoard, SamplePacking
from edgeml.checks.golden import Golden
from edgeml.checks.result import Result
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.synth.top.host import Host
from edgeml.synth.top.log import Log, read_log
from edgeml.synth.top.port import PLUG_IN, SerialPort
from edgeml.synth.top.protocol import (
    IDENTITY_BYTES,
    REPORT_BYTES,
    UNASKED,
    FrameType,
    Identity,
    SelfTestResult,
)
from edgeml.synth.top.serial import BAUD

SAMPLES = 1000
"""Samples that are sent by default: a serial line is slow."""

_NO_LINE = "no port and no log was given (--port /dev/tty..., or --log FILE)"


@dataclass(frozen=True)
class Wiring:
    """The serial port or the log of a board.

    Args:
        port: its serial port; "" for none.
        log: file with the bytes of an earlier session; None for none.
        baud: of the port.
        save_log: file that gets all bytes of the board; None for none.
    """

    port: str = ""
    log: Path | None = None
    baud: int = BAUD
    save_log: Path | None = None

    def __post_init__(self) -> None:
        if self.port and self.log is not None:
            raise EdgemlError("both a port and a log were given", "--port, --log", "choose one of them")
        if self.save_log is not None and not self.port:
            raise EdgemlError("there is nothing to save", "--save-log", "name the board's port with --port")

    def need_there(self) -> None:
        """Refuse a missing port or log before anything runs.

        Raises:
            EdgemlError: there is no such log or port.
        """
        if self.log is not None and not self.log.is_file():
            raise EdgemlError("there is no such log of a board", str(self.log))
        if self.port and not Path(self.port).exists():
            raise EdgemlError("cannot open the port: there is none of that name", self.port, PLUG_IN)

    @property
    def is_used(self) -> bool:
        """True if a port or a log is named."""
        return bool(self.port) or self.log is not None


@dataclass(frozen=True)
class _BoardAnswers:
    """The answers of a board.

    Args:
        packing: how its results are packed.
        reports: of its self-tests.
        samples: numbers of the golden vectors with a result; twice if it sent two different results.
        results: their bytes, (len(samples), bytes).
        seconds: between the first request and the last answer; 0 for a log.
        remarks: error frames, damaged frames and repetitions, in words.
    """

    packing: SamplePacking
    reports: tuple[SelfTestResult, ...]
    samples: IntArray
    results: NDArray[np.uint8]
    seconds: float
    remarks: str = ""


def check_board(
    graph: Graph,
    golden: Golden,
    run: Path,
    wiring: Wiring,
    samples: int = 0,
    device: Device | None = None,
) -> Result:
    """Compare the integers of a device on a serial line with the golden ones.

    Args:
        graph: the exact graph.
        golden: the vectors.
        run: the run folder, with the Verilog that the bitstream was made of.
        wiring: port or log.
        samples: how many are sent; 0 for `SAMPLES`. A log is compared whole.
        device: its kind; an FPGA board if None.

    Raises:
        EdgemlError: the port cannot be used, no board answers, the board holds another network, or the log is
            none.
    """
    device = device or FpgaBoard()
    if not wiring.is_used:
        return Result(backend=device.name, status="not-run", reason=_NO_LINE)
    if missing := device.missing(run):
        return Result(backend=device.name, status="not-run", reason=missing)
    if wiring.log is not None:
        answers = _read_log(wiring.log, graph, run, golden.samples, device)
    else:
        answers = _talk(graph, run, golden.head(min(samples or SAMPLES, UNASKED)), wiring, device)
    bad = next((report for report in answers.reports if not report.passed), None)
    problems = "; ".join(filter(None, [_complaint(bad) if bad is not None else "", answers.remarks]))
    if not len(answers.samples):
        if bad is not None:
            return Result(backend=device.name, status="mismatch", reason=problems)
        only = "the log holds no results to compare, only the board's own word"
        return Result(backend=device.name, status="not-run", reason="; ".join(filter(None, [only, problems])))
    result = _compared(graph, golden, answers, device.name)
    # Where every result was right and the self-test failed, memory is damaged or the board is not reliable.
    status = result.status if bad is None else "mismatch"
    reason = "; ".join(filter(None, [result.reason, problems]))
    return result.model_copy(update={"status": status, "reason": reason})


def _compared(graph: Graph, golden: Golden, answers: _BoardAnswers, name: str) -> Result:
    chosen = answers.samples
    part = Golden(
        {name: np.arange(len(chosen))},
        {name: codes[chosen] for name, codes in golden.inputs.items()},
        {name: codes[chosen] for name, codes in golden.expected.items()},
    )
    outputs = answers.packing.decode(answers.results)

    def execute(part: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        del keep  # no inner value leaves a board
        return {output: codes[part.x[name]] for output, codes in outputs.items()}

    result = compare(name, graph, part, execute)
    first = result.first
    if first is not None:  # as numbered in golden.npz
        first = first.model_copy(update={"index": (int(chosen[first.index[0]]), *first.index[1:])})
    distinct = len(np.unique(chosen))
    return result.model_copy(update={"first": first, "seconds": answers.seconds, "samples": distinct})


def _talk(graph: Graph, run: Path, golden: Golden, wiring: Wiring, device: Device) -> _BoardAnswers:
    output = bytearray()
    try:
        with SerialPort(wiring.port, wiring.baud) as port:
            host = Host(port, wiring.port, wiring.baud, output.extend)
            start = time.monotonic()
            identity = host.identify()
            packing = device.packing_of(identity, graph, run, wiring.port)
            inputs, size = packing.encode(golden.inputs), packing.sizes[1]
            report = host.test(device.test_seconds(identity))
            results = [host.run(i, sample.tobytes(), size) for i, sample in enumerate(inputs)]
            seconds = time.monotonic() - start
    finally:
        if wiring.save_log is not None and output:
            write_atomic(wiring.save_log, bytes(output))
    table = np.frombuffer(b"".join(results), np.uint8).reshape(len(results), size)
    return _BoardAnswers(packing, (report,), np.arange(len(results)), table, seconds)


def _read_log(path: Path, graph: Graph, run: Path, samples: int, device: Device) -> _BoardAnswers:
    where = str(path)
    data = read_bytes(path, "log of a board")
    log = read_log(data)
    if not log.frames:
        raise EdgemlError(
            f"holds {len(data)} bytes and none of a board's frames",
            where,
            "edgeml check --save-log writes one",
        )
    identities = [Identity.decode(frame.payload) for frame in log.frames if frame.kind is FrameType.IDENTITY]
    if not identities:
        raise EdgemlError(
            "does not say which network the board holds", where, "record the answer to an identify request"
        )
    packing, *_ = [device.packing_of(identity, graph, run, where) for identity in identities]
    results = [frame for frame in log.frames if frame.kind is FrameType.RESULT]
    size = packing.sizes[1]
    for frame in results:
        if frame.tag >= samples or len(frame.payload) != size:
            text = f"a result of {len(frame.payload)} bytes for sample {frame.tag}"
            raise EdgemlError(
                f"has {text}; golden.npz has {samples} samples, with results of {size} bytes", where
            )
    # The same result again says nothing more; another one for the same sample does.
    distinct = list(dict.fromkeys((frame.tag, frame.payload) for frame in results))
    table = np.frombuffer(b"".join(payload for _, payload in distinct), np.uint8).reshape(len(distinct), size)
    reports = tuple(
        SelfTestResult.decode(frame.payload) for frame in log.frames if frame.kind is FrameType.REPORT
    )
    tags = np.array([tag for tag, _ in distinct], np.int64)
    return _BoardAnswers(
        packing, reports, tags, table, 0.0, _remarks(log, size, len(results) - len(distinct))
    )


def _remarks(log: Log, size: int, again: int) -> str:
    """The log's error frames, damage and repetitions in a sentence; "" if it has none."""
    lengths = {
        FrameType.RESULT: (size, size),
        FrameType.REPORT: REPORT_BYTES,
        FrameType.IDENTITY: IDENTITY_BYTES,
    }
    fits = [lengths.get(kind, (1, 1)) for kind, _ in log.broken]
    damaged = sum(low <= n <= high for (low, high), (_, n) in zip(fits, log.broken, strict=True))
    errors = Counter(frame.problem() for frame in log.frames if frame.kind is FrameType.ERROR)
    parts = [f"the board reported an error {_times(count)} that {text}" for text, count in errors.items()]
    parts += [f"{_counted(damaged, 'frame')} damaged"] * bool(damaged)
    parts += [f"{_counted(log.skipped, 'byte')} in no frame"] * bool(log.skipped)
    parts += [f"{_counted(again, 'result')} that had come before"] * bool(again)
    return "; ".join(parts)


def _counted(count: int, what: str) -> str:
    """A number of things in words: "1 frame", "2 frames"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    """A number of times in words: "once", "3 times"."""
    return "once" if count == 1 else f"{count:,} times"


def _complaint(report: SelfTestResult) -> str:
    hung = ", and it gave no result" if report.hung else ""
    return (
        f"the board's self-test failed: {report.failures} of {report.vectors} vectors, "
        f"the first is {report.first}{hung}"
    )

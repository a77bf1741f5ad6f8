"""What a real board said, over its serial line or in a log of it, as one row of the check.

A log holds the bytes that a board sent, as they came. The tag of a result is the number of its sample in
golden.npz, so a log needs nothing else beside it.

Invariant: the row is "exact" only if results of golden vectors were compared and the board's identity names
this graph. Its own self-test can make a mismatch of the row, but not a pass.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.manifest import MANIFEST, Manifest, Stream
from edgeml.checks.compare import compare
from edgeml.checks.golden import Golden
from edgeml.checks.names import BOARD
from edgeml.checks.result import Result
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.synth.top.host import Host
from edgeml.synth.top.payload import decode, encode, sample_bytes
from edgeml.synth.top.port import PLUG_IN, Port
from edgeml.synth.top.protocol import UNASKED, Decoder, Identity, Kind, Report
from edgeml.synth.top.serial import BAUD

SAMPLES = 1000
"""Samples that are sent if nothing is said: a serial line is slow."""

# Where edgeml.synth.flow leaves the Verilog of a board, and `edgeml export` that of no board in particular.
_SYNTHESIZED = "synth/{}/verilog"
_EXPORTED = "verilog"
_NO_LINE = "no port and no log was given (--port /dev/tty..., or --log FILE)"


@dataclass(frozen=True)
class Wiring:
    """Where a board is heard.

    Args:
        port: its serial port; "" for none.
        log: what it said earlier; None for none.
        baud: of the port.
        save_log: file that gets all it says; None for none.
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
        """Refuse what is not there before anything runs.

        Raises:
            EdgemlError: there is no such log or port.
        """
        if self.log is not None and not self.log.is_file():
            raise EdgemlError("there is no such log of a board", str(self.log))
        if self.port and not Path(self.port).exists():
            raise EdgemlError("cannot open the port: there is none of that name", self.port, PLUG_IN)

    @property
    def given(self) -> bool:
        """There is something to hear."""
        return bool(self.port) or self.log is not None


@dataclass(frozen=True)
class _Heard:
    """What a board said.

    Args:
        output: how its results are packed.
        reports: of its self-tests.
        samples: numbers of the golden vectors that it gave results for.
        results: their bytes, (len(samples), bytes).
        seconds: between the first request and the last answer; 0 for a log.
    """

    output: Stream
    reports: tuple[Report, ...]
    samples: IntArray
    results: NDArray[np.uint8]
    seconds: float


def check_board(graph: Graph, golden: Golden, run: Path, wiring: Wiring, samples: int = 0) -> Result:
    """Compare a board's integers with the golden ones.

    Args:
        graph: the exact graph.
        golden: the vectors.
        run: the run folder, with the Verilog that the bitstream was made of.
        wiring: port or log.
        samples: how many are sent; 0 for `SAMPLES`. A log is compared whole.

    Raises:
        EdgemlError: the port cannot be used, nobody answers, the board holds another network, or the log is
            none.
    """
    if not wiring.given:
        return Result(backend=BOARD, status="not-run", reason=_NO_LINE)
    if (
        not any(run.glob(f"{_SYNTHESIZED.format('*')}/{MANIFEST}"))
        and not (run / _EXPORTED / MANIFEST).exists()
    ):
        return Result(backend=BOARD, status="not-run", reason="no bitstream was made (edgeml synth RUN)")
    if wiring.log is not None:
        heard = _read_log(wiring.log, graph, run, golden.samples)
    else:
        heard = _talk(graph, run, golden.head(min(samples or SAMPLES, UNASKED)), wiring)
    bad = next((report for report in heard.reports if not report.passed), None)
    if not len(heard.samples):
        told = "holds no results to compare, only the board's own word"
        return _failed(bad) or Result(backend=BOARD, status="not-run", reason=f"the log {told}")
    result = _compared(graph, golden, heard)
    if bad is None or result.status == "mismatch":
        return result
    # Every result was right and the self-test failed: its memory is damaged, or the board is not reliable.
    return result.model_copy(update={"status": "mismatch", "reason": _complaint(bad)})


def _compared(graph: Graph, golden: Golden, heard: _Heard) -> Result:
    chosen = heard.samples
    part = Golden(
        {BOARD: np.arange(len(chosen))},
        {name: codes[chosen] for name, codes in golden.inputs.items()},
        {name: codes[chosen] for name, codes in golden.expected.items()},
    )
    found = decode(heard.output, heard.results)

    def execute(asked: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        del keep  # no inner value leaves a board
        return {name: codes[asked.x[BOARD]] for name, codes in found.items()}

    result = compare(BOARD, graph, part, execute)
    first = result.first
    if first is not None:  # as numbered in golden.npz
        first = first.model_copy(update={"index": (int(chosen[first.index[0]]), *first.index[1:])})
    return result.model_copy(update={"first": first, "seconds": heard.seconds})


def _talk(graph: Graph, run: Path, golden: Golden, wiring: Wiring) -> _Heard:
    said = bytearray()
    try:
        with Port(wiring.port, wiring.baud) as port:
            host = Host(port, wiring.port, wiring.baud, said.extend)
            start = time.monotonic()
            identity = host.identify()
            manifest = _manifest(identity, graph, run, wiring.port)
            inputs, size = encode(manifest.input, golden.inputs), sample_bytes(manifest.output)
            report = host.test(_test_seconds(identity))
            results = [host.run(i, given.tobytes(), size) for i, given in enumerate(inputs)]
            seconds = time.monotonic() - start
    finally:
        if wiring.save_log is not None and said:
            write_atomic(wiring.save_log, bytes(said))
    table = np.frombuffer(b"".join(results), np.uint8).reshape(len(results), size)
    return _Heard(manifest.output, (report,), np.arange(len(results)), table, seconds)


def _read_log(path: Path, graph: Graph, run: Path, samples: int) -> _Heard:
    where = str(path)
    decoder = Decoder()
    data = read_bytes(path, "log of a board")
    frames = decoder.feed(data) + decoder.finish()
    if not frames:
        raise EdgemlError(
            f"holds {len(data)} bytes and none of a board's frames",
            where,
            "edgeml check --save-log writes one",
        )
    identities = [Identity.decode(frame.payload) for frame in frames if frame.kind is Kind.IDENTITY]
    if not identities:
        raise EdgemlError(
            "does not say which network the board holds", where, "record the answer to an identify request"
        )
    manifests = [_manifest(identity, graph, run, where) for identity in identities]
    output = manifests[0].output
    results = [frame for frame in frames if frame.kind is Kind.RESULT]
    size = sample_bytes(output)
    for frame in results:
        if frame.tag >= samples or len(frame.payload) != size:
            told = f"a result of {len(frame.payload)} bytes for sample {frame.tag}"
            raise EdgemlError(
                f"has {told}; golden.npz has {samples} samples, with results of {size} bytes", where
            )
    table = np.frombuffer(b"".join(frame.payload for frame in results), np.uint8).reshape(len(results), size)
    reports = tuple(Report.decode(frame.payload) for frame in frames if frame.kind is Kind.REPORT)
    return _Heard(output, reports, np.array([f.tag for f in results], np.int64), table, 0.0)


def _manifest(identity: Identity, graph: Graph, run: Path, where: str) -> Manifest:
    """Of the Verilog that is in the board: what was synthesized for it, or else what was exported.

    Raises:
        EdgemlError: the board holds another network, or takes and gives other numbers of bytes.
    """
    if identity.graph != graph.digest:
        raise EdgemlError(
            f"the board holds {identity.model} with the graph {identity.graph[:16]}, "
            f"the run is of {graph.name} with {graph.digest[:16]}",
            where,
            f"edgeml synth RUN --board {identity.board}, and load the new bitstream",
        )
    made = run / _SYNTHESIZED.format(Path(identity.board).name)
    manifest = Manifest.read(made if (made / MANIFEST).exists() else run / _EXPORTED)
    sizes = (sample_bytes(manifest.input), sample_bytes(manifest.output))
    if (identity.input_bytes, identity.output_bytes) != sizes:
        raise EdgemlError(
            f"the board takes {identity.input_bytes} bytes and gives {identity.output_bytes}, "
            f"the Verilog of the run {sizes[0]} and {sizes[1]}",
            where,
            "export the Verilog as it was, or make a new bitstream",
        )
    return manifest


def _test_seconds(identity: Identity) -> float:
    """What a self-test takes at most: every byte takes a clock or two, every beat its turn."""
    vector = identity.latency + identity.interval + 2 * (identity.input_bytes + identity.output_bytes)
    return 2.0 * identity.vectors * vector / max(identity.clock_hz, 1)


def _complaint(report: Report) -> str:
    hung = ", and it gave no result" if report.hung else ""
    return (
        f"the board's self-test failed: {report.failures} of {report.vectors} vectors, "
        f"the first is {report.first}{hung}"
    )


def _failed(report: Report | None) -> Result | None:
    if report is None:
        return None
    return Result(backend=BOARD, status="mismatch", reason=_complaint(report))

"""The Verilog as it lies on the disk, interpreted by Icarus Verilog: a few samples, soon.

It looks for inputs that are answered wrongly, and is no check: there are no stalls, latency and interval are
not measured, and whatever goes wrong is left to Verilator.

Invariant: an output is a code that the design gave in the order of its inputs, all bits of its lanes known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.backend import Runner, Takes
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.runner import check_ports, pack, unpack
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.scratch import scratch_folder
from edgeml.tools import icarus

_SECONDS = 60.0

_WORK = {"parallel": 4e7, "stream": 3e8}
"""Bytes of text times clocks in about two seconds, by mode: most parts of a stream are at rest mostly."""

_MOST = 64
"""Samples; Verilator is there by then."""

_PATIENCE = 1000
"""Clocks in which no beat moves, beside the latency and the interval."""


class Interpretation(Runner):
    """Interprets the Verilog."""

    name: ClassVar[str] = "icarus"
    artefact: ClassVar[str] = MANIFEST
    takes: ClassVar[Takes] = Takes.CODES

    def available(self) -> str:
        return icarus.missing()

    def most_vectors(self, folder: Path, graph: Graph) -> int:
        """The number of samples that take about two seconds; 1 where one takes longer."""
        manifest = VerilogManifest.read(folder)
        size = sum((folder / name).stat().st_size for name in manifest.files if (folder / name).is_file())
        clocks = _WORK.get(manifest.mode, 0.0) / max(size, 1) - manifest.latency
        return int(min(max(clocks / max(manifest.interval, 1), 1), _MOST))

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        del keep
        manifest = VerilogManifest.read(folder)
        check_ports(manifest, graph, folder)
        source, sink = manifest.input, manifest.output
        samples = len(inputs[graph.inputs[0]])
        if not samples:
            return {v.value: np.zeros((0, *v.shape), np.int64) for v in sink.values}
        words = pack(source, inputs, np.random.default_rng(0))
        with scratch_folder() as name:
            scratch = Path(name)
            rows = words.reshape(samples * source.beats, -1)[:, ::-1]
            (scratch / "in").write_text("".join(f"{_hex(row, source.bits)}\n" for row in rows))
            counts = {
                "sends": samples * source.beats,
                "takes": samples * sink.beats,
                "patience": _PATIENCE + 4 * (manifest.latency + manifest.interval),
            }
            icarus.interpret(
                [folder / file for file in manifest.files],
                _bench(manifest.top, source.bits, sink.bits),
                _TOP,
                scratch,
                [f"+{key}={count}" for key, count in counts.items()],
                _SECONDS,
                scratch / "out",
            )
            lines = (scratch / "out").read_text().split()
        if len(lines) != samples * sink.beats:
            raise EdgemlError(f"gave {len(lines)} beats of {samples * sink.beats}", str(folder))
        beats = np.stack([_words(line, sink.bits, folder) for line in lines])
        return unpack(sink, beats.reshape(samples, sink.beats, -1))


def _hex(words: NDArray[np.uint32], bits: int) -> str:
    """A beat as a hexadecimal number of as many digits as its bits need, from its words, highest first."""
    digits = "".join(f"{word:08x}" for word in words)
    return digits[len(digits) - -(-bits // 4) :]


def _words(line: str, bits: int, folder: Path) -> NDArray[np.uint32]:
    """The words of a beat, lowest first."""
    try:
        number = int(line, 16)
    except ValueError:
        raise EdgemlError("gave bits that are neither 0 nor 1", f"{folder}, {line}") from None
    return np.frombuffer(number.to_bytes(-(-bits // 32) * 4, "little"), "<u4")


def _bench(top: str, sends: int, takes: int) -> str:
    """The text that drives a design at full speed and writes down what it gives."""
    return f"""module {_TOP};
  reg aclk = 0, aresetn = 0, offers = 0;
  reg [{sends - 1}:0] data = 0;
  wire ready, gives, last;
  wire [{takes - 1}:0] result;
  integer sends, takes, patience, sent = 0, taken = 0, still = 0, in, out, i;
  {top} dut (
    .aclk(aclk), .aresetn(aresetn),
    .s_axis_tdata(data), .s_axis_tvalid(offers), .s_axis_tready(ready),
    .m_axis_tdata(result), .m_axis_tvalid(gives), .m_axis_tready(aresetn), .m_axis_tlast(last));
  initial begin
    i = $value$plusargs("sends=%d", sends);
    i = $value$plusargs("takes=%d", takes);
    i = $value$plusargs("patience=%d", patience);
    in = $fopen("in", "r");
    out = $fopen("out", "w");
    for (i = 0; i < 3; i = i + 1) begin #1 aclk = 1; #1 aclk = 0; end
    aresetn = 1;
    while (taken < takes && still < patience) begin
      if (!offers && sent < sends) begin i = $fscanf(in, "%h", data); offers = 1; end
      #1 still = still + 1;
      if (gives === 1'b1) begin $fdisplay(out, "%h", result); taken = taken + 1; still = 0; end
      i = offers && ready === 1'b1;
      aclk = 1;
      #1 aclk = 0;
      if (i) begin sent = sent + 1; still = 0; offers = 0; end
    end
    $finish;
  end
endmodule
"""


_TOP = "edgeml_bench"

"""The top module of a board: serial line in, serial line out, a self-test, and the whole of it simulated.

    top = emit(manifest, board, golden)     # files, constraints, chosen settings
    top.files.write(folder)                           # beside the Verilog of the model
    simulate(folder, manifest, board, top, golden)    # refuses what does not work

`protocol` has the frames as the host sees them, `payload` samples as bytes, `serial` clock and baud rate,
`rom` the memory of the self-test, `board_top` the module, `constraints` the pins, one writer per flow;
`simulate` plays a `scenario` with the C++ of `harness`.

Invariant: the integers that cross the wire are those of the manifest's lanes; a frame that is not whole
never has a result.
"""

from __future__ import annotations

from edgeml.synth.top.board_top import TOP, Top, emit
from edgeml.synth.top.simulate import Simulated, simulate

__all__ = ["TOP", "Simulated", "Top", "emit", "simulate"]

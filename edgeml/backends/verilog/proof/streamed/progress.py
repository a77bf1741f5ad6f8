"""No stalls bring a design to a standstill: shown on models of its parts, wired as the text wires them.

Streams that branch and meet again can wait for each other for ever if a FIFO is too small
(`edgeml.backends.verilog.stream.network` has the reasons).
"""

from __future__ import annotations

from edgeml.backends.verilog.proof.streamed.chain import (
    FORK,
    ChainPart,
    StreamChain,
    buses_of,
    joined_valid,
)
from edgeml.backends.verilog.stream import timing
from edgeml.backends.verilog.stream.network import Fork, Join, Placed, proven_free
from edgeml.errors import EdgemlError


def check_progress(chain: StreamChain, beats_in: int) -> None:
    """Refuse a design that may come to a standstill.

    Args:
        chain: its parts.
        beats_in: beats of a sample.

    Raises:
        EdgemlError: it may.
    """
    if not any(isinstance(part, ChainPart) and part.module == FORK for part in chain.parts):
        return  # one behind the other: a part that holds a beat gives it away, and then takes the next one
    network: list[Placed] = []
    wires: dict[object, int] = {}

    def wire(key: object) -> int:
        return wires.setdefault(key, len(wires))

    (first, *_) = chain.parts
    assert isinstance(first, ChainPart)
    wire(first.before.valid)
    for part in chain.parts:
        if isinstance(part, ChainPart):
            outs = [part.after.valid]
            if part.module == FORK:
                outs = [("valid", part.name, way) for way in range(part.values["WAYS"])]
            ins = (wire(part.before.valid),)
            network.append(Placed(_model(part), ins, tuple(wire(out) for out in outs)))
            continue
        valid = joined_valid(list(part.starts.values()))
        buses = tuple(wire(bus) for bus in buses_of(valid))
        if len(buses) > 1 and valid not in wires:
            network.append(Placed(Join(), buses, (wire(valid),)))
        if part.stages:
            network.append(Placed(timing.Pipe(part.stages), (wire(valid),), (wire(part.after.valid),)))
    if not proven_free(network, beats_in, chain.output.count):
        raise EdgemlError(
            "may come to a standstill: a FIFO in front of a join is too small", "the top module"
        )


def _model(part: ChainPart) -> timing.StreamPart | Fork:
    of = part.values
    match part.module:
        case "edgeml_fork":
            return Fork(of["WAYS"])
        case "edgeml_fifo":
            return timing.Fifo(1 << of["ADDRESS"])
        case "edgeml_serialize":
            return timing.Serialize(of["PARTS"])
        case "edgeml_collect":
            return timing.Collect(of["PARTS"])
        case "edgeml_fold":
            return timing.Fold(of["BEATS"])
        case "edgeml_product":
            return timing.ProductModel(of["BEATS"], of["PASSES"])
        case "edgeml_reduce":
            return timing.Reduce(of["BEATS"])
        case "edgeml_window":
            pads = (of["PAD_TOP"], of["PAD_BOTTOM"]), (of["PAD_LEFT"], of["PAD_RIGHT"])
            size, reach = (of["HEIGHT"], of["WIDTH"]), (of["REACH_Y"], of["REACH_X"])
            return timing.Window(size, reach, (of["STRIDE_Y"], of["STRIDE_X"]), pads)
        case _:
            return timing.Skid()

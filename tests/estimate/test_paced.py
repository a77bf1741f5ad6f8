"""Layouts by pace: they meet the goal, were counted whole, and refusals name the layer that takes most."""

from __future__ import annotations

import re

import pytest

from edgeml import boards
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal, preflight
from edgeml.estimate.verilog import paced
from edgeml.estimate.verilog.counting import count, recounted, resources
from edgeml.estimate.verilog.preflight import solver
from edgeml.families.xilinx7 import FABRIC as XILINX7
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.passes import prepare
from tests.backends.verilog import branches
from tests.backends.verilog.test_stream import cnn
from tests.estimate.inputs import given
from tests.estimate.test_preflight import shrunk
from tests.zoo import ufixed, zoo

SAME = branches.SAME

pytest.importorskip("da4ml", reason="da4ml is not installed")

OPTIONS = VerilogOptions(mode="stream")


def test_a_network_with_branches_is_laid_out_at_a_pace() -> None:
    graph = branches.autoencoder()
    layouts = solver(given(graph, boards.load("pynq-z2"), OPTIONS))
    fast, slow = layouts.best(Goal(fit=True)), layouts.best(Goal(ii=200))
    assert fast.share.fits and not fast.proven and set(fast.by_layer) == {"down", "middle", "up"}
    assert fast.interval < slow.interval <= 200 and max(slow.by_layer.values()) > 24
    counted = count(prepare(graph), VerilogOptions.model_validate(slow.settings()), XILINX7)
    assert (counted.latency, counted.interval) == (slow.latency, slow.interval)
    options = VerilogOptions.model_validate(slow.settings())
    again = recounted(prepare(graph), options, XILINX7, counted)
    sized = resources(prepare(graph), options, XILINX7)
    for other in (again, sized):
        assert [(a.layer, a.count) for a in other.pieces] == [(a.layer, a.count) for a in counted.pieces]
    assert (sized.ports, sized.queues, sized.latency) == (counted.ports, counted.queues, 0)
    with pytest.raises(EdgemlError, match=r"latency of 1 clocks \(alone at least \d+\)"):
        layouts.best(Goal(max_latency=1))
    tight = solver(given(graph, shrunk("pynq-z2", lut=200), OPTIONS))
    with pytest.raises(
        EdgemlError, match=r"of its LUT at the slowest pace, \d+% of the network's in "
    ) as caught:
        tight.best(Goal(fit=True))
    named = re.match(
        r"take (\S+), the smallest larger board that holds it by estimate; or ", caught.value.hint
    )
    assert named is not None
    assert preflight(graph, boards.load(named[1]), "verilog", OPTIONS, Goal(fit=True)).state in (
        "fits",
        "tight",
    )


def test_a_board_that_is_too_small_is_ruled_out_without_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocking a network takes minutes where images are large; a layout that is chosen is clocked once."""
    clocked: list[str] = []
    sized: list[str] = []

    def spied(name: str, calls: list[str]) -> None:
        own = getattr(paced, name)

        def spy(*arguments: object) -> object:
            calls.append(name)
            return own(*arguments)

        monkeypatch.setattr(paced, name, spy)

    spied("count", clocked)
    spied("resources", sized)
    graph = branches.autoencoder()
    tight = solver(given(graph, shrunk("pynq-z2", lut=200), OPTIONS))
    with pytest.raises(EdgemlError, match="at the slowest pace"):
        tight.best(Goal(fit=True))
    paces = len(paced.PacedLayouts(prepare(graph), OPTIONS, XILINX7).paces)
    assert not clocked and 1 <= len(sized) <= paces.bit_length() + 1
    sized.clear()
    roomy = solver(given(graph, boards.load("pynq-z2"), OPTIONS))
    assert roomy.best(Goal(fit=True)).share.fits
    assert len(clocked) == 1 and len(sized) <= paces.bit_length() + 1


def test_a_fifo_that_does_not_fit_is_named() -> None:
    graph = wide_skip()
    board = shrunk("icebreaker", bram=6)
    with pytest.raises(EdgemlError, match="fitting the board") as caught:
        solver(given(graph, board, OPTIONS)).best(Goal(fit=True))
    assert re.search(
        r"of its BRAM.*, \d+% of the network's in act, most of it a FIFO of 32 beats of 128 bits",
        caught.value.what,
    )
    assert re.match(r"take \S+, the smallest larger board that holds it by estimate; or ", caught.value.hint)


def wide_skip() -> Graph:
    """Many channels beside a path of one channel, which holds up two rows."""
    build = Builder("wide_skip")
    x = build.input((8, 8, 16), ufixed(8, 0), "image")
    y = build.cast(branches.conv(build, x, "down", (1, 1), 1, 1), ufixed(4, 0), name="down_act")
    y = build.cast(branches.conv(build, y, "a", (3, 3), 1, 3, padding=SAME), ufixed(4, 0), name="a_act")
    y = build.cast(branches.conv(build, y, "b", (3, 3), 1, 5, padding=SAME), ufixed(4, 0), name="b_act")
    y = build.cast(branches.conv(build, y, "up", (1, 1), 16, 7), ufixed(4, 0), name="up_act")
    return build.graph(build.cast(build.add(Add(), x, y, name="sum"), ufixed(4, 1), name="act"))


def test_few_layers_in_a_chain_are_tried_one_by_one() -> None:
    assert not paced.is_needed(prepare(zoo()["mlp"]), OPTIONS) and not paced.is_needed(
        prepare(cnn()), OPTIONS
    )
    assert paced.is_needed(prepare(cnn()), VerilogOptions(unroll_limit=50)), "its convolutions are folded"
    assert paced.is_needed(prepare(branches.residual()), OPTIONS)

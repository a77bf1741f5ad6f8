"""Random QONNX graphs: pieces of `qonnx_pieces` put one behind the other.

`powers` draws all scales from powers of two, so that float32 is exact and the qonnx executor has to give the
graph's own integers. Without it scales are any floats and the executor may round.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.importers.qonnx_pieces import arithmetic, linear, moves, pools
from tests.importers.qonnx_pieces.ends import finished, quantized_input
from tests.importers.qonnx_pieces.net import DOMAINS, LAST, End, Net, Piece

PIECES: tuple[Piece, ...] = (*linear.PIECES, *pools.PIECES, *moves.PIECES, *arithmetic.PIECES)
OPSETS = (9, 10, 11, 13, 18, 20)
_MOST = 150
"""Elements of a value that a model goes on with."""


def model(seed: int, powers: bool) -> onnx.ModelProto:
    """A graph of up to six pieces; the same for the same seed."""
    rng = np.random.default_rng(seed)
    net = Net(rng, powers, str(rng.choice(DOMAINS)), int(rng.choice(OPSETS)), bool(rng.random() < 0.5))
    shape = (6,)
    if net.chance(0.7):
        shape = (net.below(1, 5), net.below(3, 8), net.below(3, 8))
    end = quantized_input(net, shape)
    for _ in range(net.below(2, 7)):
        following = net.any_of(*PIECES)(net, end)
        if following is not None and min(following.shape) > 0 and np.prod(following.shape) <= _MOST:
            end = following
    if end.spatial and net.chance(0.6):
        end = moves.flattened(net, end) or end
    if not end.spatial and net.chance(0.7):
        end = linear.product(net, net.requantized(end), net.below(2, 7))
        end = end if powers else net.quant(end, 7, True)  # scales per channel are left to a quantizer
    end, kind = finished(net, end)
    return _finished(net, seed, shape, end, kind)


def _finished(net: Net, seed: int, shape: tuple[int, ...], end: End, kind: int) -> onnx.ModelProto:
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        net.nodes,
        f"random_{seed}",
        [info("x", TensorProto.FLOAT, [1, *shape])],
        [info(end.name, kind, [1, *end.shape])],
        net.constants,
        value_info=[info(name, TensorProto.FLOAT, sizes) for name, sizes in net.shapes.items()],
    )
    opsets = [
        helper.make_opsetid("", net.opset),
        helper.make_opsetid(net.domain, 2 if net.newer_trunc else 1),
        helper.make_opsetid(LAST, 1),
    ]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)

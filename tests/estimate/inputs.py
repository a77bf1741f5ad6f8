"""Arguments of the functions behind `edgeml.estimate.estimate`."""

from __future__ import annotations

from typing import Any

from edgeml.boards import Board
from edgeml.estimate.design import EstimateInput
from edgeml.estimate.ledger import EMPTY
from edgeml.ir import Graph
from edgeml.passes import prepare


def given(graph: Graph, board: Board, options: Any) -> EstimateInput[Any]:
    """A graph on a board, without a ledger."""
    return EstimateInput(graph, prepare(graph), board, options, None, EMPTY)

"""The interface of an estimator: figures, a preflight, and the part of a design that a tool's result counts.

A kind of design is a package of `edgeml.estimate` named after its back end, and declares
`ESTIMATOR = <a subclass of DesignEstimator>()`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from edgeml.boards import Board
from edgeml.designs import Design
from edgeml.errors import EdgemlError
from edgeml.estimate.ledger import Ledger, Scope
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight
from edgeml.families import SynthesisTool
from edgeml.figures import Hardware
from edgeml.ir import Graph
from edgeml.settings import Settings

BackendOptions = TypeVar("BackendOptions", bound=Settings)

Progress = Callable[[int], None]
"""Called with the number of pieces of a design that were counted so far."""


@dataclass(frozen=True)
class EstimateInput(Generic[BackendOptions]):
    """The subject of an estimate.

    Args:
        graph: the exact graph, as the user has it.
        core: the same, prepared as the back ends have it (`edgeml.passes.prepare`).
        board: the target.
        options: of the back end.
        tool: whose synthesis of the Verilog; None: the open flow if the board has one.
        ledger: earlier results, which narrow the intervals.
    """

    graph: Graph
    core: Graph
    board: Board
    options: BackendOptions
    tool: SynthesisTool | None
    ledger: Ledger


def around_the_network(real: Hardware) -> EdgemlError:
    """The error for a result that counts more than the network, for which there is no estimate."""
    return EdgemlError(
        "counts what is around the network on the board as well",
        real.model,
        "an estimate is of the network alone; a report by instance would tell its share",
    )


class DesignEstimator(ABC, Generic[BackendOptions]):
    """The estimates of one kind of design, and the only declaration of the kind.

    Raises:
        TypeError: when the class is made, if it lacks one of the attributes.
    """

    name: ClassVar[Design]
    """Name of the design, its back end and its package."""

    title: ClassVar[str]
    """Name in reports: "edgeml Verilog"."""

    place: ClassVar[int]
    """Its place in lists and reports, the lowest first; kinds with one place are sorted by name."""

    target: ClassVar[type]
    """The type of its targets: `Board`, for a design on an FPGA."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        owed = [name for name in ("name", "title", "place", "target") if not hasattr(cls, name)]
        if owed:
            raise TypeError(f"the estimator {cls.__name__} ({cls.__module__}) does not declare {owed}")

    def unsuited(self, board: Board) -> str:
        """The reason why designs of the kind are not made for a board, a clause; "" if they are.

        A board that the user or the run names as the target is estimated nevertheless.
        """
        del board
        return ""

    @abstractmethod
    def clock_mhz(self, options: BackendOptions, board: Board) -> float:
        """The clock in MHz that a latency in seconds is counted in.

        Raises:
            EdgemlError: the board cannot run that clock.
        """

    @abstractmethod
    def options(self, settings: Mapping[str, Any]) -> BackendOptions:
        """Options of the back end from plain settings.

        Raises:
            EdgemlError: an unknown key or a bad value.
        """

    @abstractmethod
    def figures(self, at: EstimateInput[BackendOptions]) -> Hardware:
        """The figures of the design, with intervals narrowed by the ledger.

        Raises:
            EdgemlError: the back end cannot express the graph or target the board.
        """

    @abstractmethod
    def preflight(
        self, at: EstimateInput[BackendOptions], goal: Goal, progress: Progress | None
    ) -> Preflight:
        """The verdict on the fit of the design, with its layout chosen if there is a goal.

        Raises:
            EdgemlError: the back end cannot express the graph or target the board, or no layout meets the
                goal.
        """

    def hint(self, at: EstimateInput[BackendOptions], result: Preflight, progress: Progress | None) -> str:
        """A hint before the synthesis of the design; "" if there is none.

        Args:
            at: what would be synthesized.
            result: the preflight of that.
            progress: called with the number of pieces counted so far.
        """
        del at, result, progress
        return ""

    @abstractmethod
    def counterpart(self, at: EstimateInput[BackendOptions], real: Hardware) -> tuple[Scope, Hardware, str]:
        """The scope of a tool's result, the model's own estimate of that scope, and the fabric's name.

        Raises:
            EdgemlError: it counts something that the model has no figure for.
        """

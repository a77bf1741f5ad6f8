"""The source of the sections' facts: one run, as it was trained.

Invariant: what several sections need is worked out once, by `shared`, and fails for all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeml.checks import bound
from edgeml.errors import EdgemlError
from edgeml.estimate import EMPTY, Ledger
from edgeml.ir import Graph
from edgeml.ir.samples import feeds
from edgeml.report.quality import OTHER_TASK

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.presets import Prepared
    from edgeml.runs import Run

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class RunSource:
    """A run, its exact graph and its data.

    Attributes:
        run: with the configuration that it was trained with.
        graph: its exact graph.
        data: prepared as for training.
        boards: to compare its designs on, as they were named; none: see `sections.hardware.collect`.
        changed: what in config.toml was changed since training, a sentence; "" if nothing.
        ledger: earlier results of tools, which narrow the estimates.
    """

    run: Run
    graph: Graph
    data: Prepared
    boards: Sequence[Board] = ()
    changed: str = ""
    ledger: Ledger = EMPTY
    _results: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, run: Run, boards: Sequence[Board] = (), ledger: Ledger = EMPTY) -> RunSource:
        """The source that a run is.

        Raises:
            EdgemlError: there is no exact graph, or the data are missing or other ones.
        """
        changed = bound.sentence(run)
        run = bound.as_trained(run)  # what config.toml says now is no fact of the model
        return cls(run, run.graph(), run.data(), boards, changed, ledger)

    @property
    def labels(self) -> NDArray[np.int64] | None:
        """The class of every test sample, shape (samples,); None if the data have no labels."""
        return np.asarray(self.data.y_test, np.int64) if self.data.class_names else None

    @property
    def no_classes(self) -> str:
        """The reason why outputs stand for no class; "" if they do."""
        task = self.run.config.data.task
        return "" if task in ("classification", "unlabelled") else f"{OTHER_TASK}{task.replace('_', '-')}"

    def feeds(self, samples: int | None = None) -> dict[str, Any]:
        """Test samples by input of the graph: the first ones, or all of them.

        Raises:
            EdgemlError: they do not fit the graph.
        """
        return feeds(self.graph, self.data.x_test[:samples])

    def shared(self, work: Callable[[RunSource], ResultT]) -> ResultT:
        """The result of `work` for this run, computed once for all callers.

        Raises:
            EdgemlError: `work` raised it, now or when it was done.
        """
        if work not in self._results:
            try:
                self._results[work] = work(self)
            except EdgemlError as error:
                self._results[work] = error
        result = self._results[work]
        if isinstance(result, EdgemlError):
            raise result
        return result

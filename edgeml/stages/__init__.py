"""The stages of an artefact: parts that compute one value of the graph from others, each to be run alone.

A prover of a back end cuts the artefact where it can name values of the graph. Of every stage it says the
structure, read off the artefact itself and never off the graph, so that finitely many vectors show whether
the stage is equal to the graph's ops (`edgeml.ir.structure`).

Invariant: the stages of an artefact lead from its inputs to all of its outputs; what lies between two names
is part of a stage.

To add a prover, return one from `Backend.prover`; `edgeml.stages.model` has what those of ONNX files share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.structure import Structure


@dataclass(frozen=True, eq=False)
class Elements:
    """The elements that a stage reads and computes, where not all codes of all of them can come.

    What is said of the sources holds by the stages that computed them.

    Args:
        steps: of all elements of the sources: their codes are multiples of these.
        same: of all elements of the sources: the number of one that is always equal; mostly its own.
        absent: of the value's shape: True for an element that the artefact does not compute, since nothing
            reads it.
    """

    steps: IntArray
    same: IntArray
    absent: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ArtefactStage:
    """The part of an artefact between values of the graph.

    Args:
        value: the value that it computes.
        sources: the values that it reads. Their elements are numbered one source after the other, each in
            the graph's order.
        structure: of the value as a function of these elements, in the graph's order.
        rounds: why a sum in it may round, or ""; then sums are those of real numbers.
        run: codes (batch, *shape) of all sources to codes of the value; `fixed.NO_CODE` where there is none.
        elements: what is known of the elements; None if all codes of all of them can come.
        finer: `run` where codes have more fractional bits: (codes, bits more of the sources, bits more of the
            value), codes beyond the bounds too; None if it cannot be run so.
    """

    value: str
    sources: tuple[str, ...]
    structure: Structure
    rounds: str
    run: Callable[[Mapping[str, IntArray]], IntArray]
    elements: Elements | None = None
    finer: Callable[[Mapping[str, IntArray], int, int], IntArray] | None = None


@dataclass(frozen=True, eq=False)
class QuantizerStage:
    """The part of an artefact that rounds floats from outside to the codes of an input.

    Args:
        value: the input.
        structure: as of `ArtefactStage`; the elements are floats.
        run: float32 (batch, *shape) to codes.
    """

    value: str
    structure: Structure
    run: Callable[[NDArray[np.float32]], IntArray]


@dataclass(frozen=True)
class CodedInput:
    """An input that an artefact takes as codes: there is nothing to be shown of it.

    Args:
        value: the input.
    """

    value: str


class Reference(ABC):
    """The graph's side of a stage: what it makes of the codes of the stage's sources.

    Attributes:
        graph: prepared.
        sources: names of the values that are given.
        structure: of the value.
    """

    graph: Graph
    sources: tuple[str, ...]
    structure: Structure

    @property
    @abstractmethod
    def lo(self) -> IntArray:
        """The lower bounds of all elements of the sources, end to end."""

    @abstractmethod
    def possible(self, codes: IntArray) -> IntArray:
        """Codes (batch, elements) of all sources that can come, near to some that are within bounds."""

    @abstractmethod
    def evaluate(self, codes: Mapping[str, IntArray]) -> IntArray:
        """Codes (batch, *shape) of the value for codes of the sources."""


@dataclass(frozen=True)
class SecondOpinion:
    """The opinion of another tool, by another argument, on stages that are proven.

    Args:
        tool: its name.
        agrees: values that it proves as well.
        left: values that are too large for it, or of another kind.
        against: values of which it finds a number that differs.
    """

    tool: str
    agrees: tuple[str, ...]
    left: tuple[str, ...]
    against: tuple[str, ...]


class Prover(ABC):
    """Cuts the artefact of one back end into stages."""

    covers: ClassVar[str]
    """The assumptions of the proof, for the report: "ONNX Runtime computes a float32 sum ..."."""

    @abstractmethod
    def missing(self) -> str:
        """Empty if it can run on this machine, else the reason and the remedy."""

    @abstractmethod
    def stages(self, folder: Path, graph: Graph) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        """The stages, in an order in which each reads only inputs and values of stages before it.

        Args:
            folder: with the artefact's files.
            graph: the prepared graph; for names, shapes and types only.

        Raises:
            EdgemlError: a file cannot be read, or does not say where the graph's values are.
            MissingToolError: a package is not there.
        """

    def coarser(
        self, folder: Path, graph: Graph, hidden: Sequence[str]
    ) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        """The stages as of `stages` where some values are inner ones of the stages behind them.

        What follows may make up for a value that differs: then only a stage that has both is equal.

        Args:
            folder: with the artefact's files.
            graph: the prepared graph.
            hidden: values that no stage ends at; one that is there once may be an end before it is quantized.

        Raises:
            EdgemlError: as of `stages`, or the prover cannot do so.
        """
        del graph
        raise EdgemlError("is not looked at together with what follows", next(iter(hidden), str(folder)))

    def second_opinion(
        self, folder: Path, graph: Graph, reference: Callable[[ArtefactStage], Reference]
    ) -> SecondOpinion | None:
        """Ask another tool about an artefact that is proven; None if there is none for it.

        Args:
            folder: with the artefact's files.
            graph: the prepared graph.
            reference: the graph's side of a stage.

        Raises:
            MissingToolError: the tool is not there.
            EdgemlError: it fails.
        """
        del folder, graph, reference
        return None

    def rewritten(self, folder: Path, graph: Graph, scratch: Path) -> str:
        """Write the artefact in another form that is shown to do the same, where stages stay open.

        Args:
            folder: with the artefact's files.
            graph: the prepared graph.
            scratch: an empty folder, gets the files.

        Returns:
            What differs and the argument; "" if there is no other form.

        Raises:
            MissingToolError: a tool is not there that may show it.
            BrokenArtefactError: a tool refuses the artefact.
            EdgemlError: it is not shown.
        """
        del folder, graph, scratch
        return ""


@dataclass(frozen=True)
class NoProver:
    """Stands for the prover of a back end that has none.

    Args:
        reason: what is missing.
    """

    reason: str

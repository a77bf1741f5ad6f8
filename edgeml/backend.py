"""The base classes of back ends and of the runners of their artefacts.

A back end turns a graph into files, purely: same graph and options, same bytes. Its runner executes
those files, as they lie on the disk, on integers. Neither knows of the other back ends.

Invariant: a back end either writes an artefact whose integers equal the graph's, or refuses before it
returns a single file.

To add a back end, add a folder `backends/<name>/` whose `__init__` has `BACKEND`, an instance of a `Backend`
subclass, and a folder `ops` in it with one file per op. Nothing has to be registered; the contract tests find
it, and an op without a file is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from edgeml.deviations import Deviation
from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import IntArray, to_float
from edgeml.folder import ModuleFolder
from edgeml.ir import Graph
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.passes import prepare
from edgeml.stages import NoProver, Prover


@dataclass(frozen=True)
class Refusal:
    """An op that a back end cannot express."""

    node: str
    op: str
    reason: str
    remedy: str = ""


def refusal_error(back_end: str, refusals: Sequence[Refusal]) -> EdgemlError:
    """The error that says what a back end cannot express: the first refusal, and how many more there are.

    Args:
        back_end: its name.
        refusals: at least one.
    """
    first = refusals[0]
    more = f", and {len(refusals) - 1} more" if len(refusals) > 1 else ""
    return EdgemlError(
        f"{back_end} cannot express this {first.op}: {first.reason}{more}", first.node, first.remedy
    )


class BackendPlan(Protocol):
    """The decisions of a back end on a prepared graph, made once per emission, before anything is written."""

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Ops that cannot be expressed; the rest of the plan is then incomplete."""
        ...


@dataclass(frozen=True)
class GraphPlan:
    """The plan of a back end that needs no other decisions: the prepared graph itself."""

    graph: Graph
    refusals: tuple[Refusal, ...] = ()


@unique
class Takes(Enum):
    """The kind of input of an artefact."""

    FLOATS = "floats"
    """Floats, as Keras takes them: the input quantizer is part of the artefact and is run."""

    CODES = "codes"
    """Integer codes of the inputs' types: the artefact begins behind the input quantizer."""


@dataclass(frozen=True)
class Emitters:
    """The files of a back end's folder `ops`, one per op that it can express, found by the op's name.

    Args:
        back_end: the name of the back end.
    """

    back_end: str

    @property
    def folder(self) -> ModuleFolder:
        """The folder."""
        return ModuleFolder(f"{self.back_end} op", f"edgeml.backends.{self.back_end}.ops")

    def names(self) -> tuple[str, ...]:
        """The ops that have a file, sorted."""
        return self.folder.names()

    def load(self, op: str) -> ModuleType:
        """The file of an op among `names`."""
        return self.folder.load(op)

    def function(self, op: str, name: str, parameters: str) -> Any:
        """A function in the file of an op among `names`.

        Args:
            op: the op.
            name: of the function, "emit".
            parameters: of the function, for the message.

        Raises:
            EdgemlError: the file lacks it; names file and function.
        """
        return self.folder.function(op, name, parameters)

    def prepared(self, graph: Graph) -> Graph:
        """The graph that `plan` takes: `edgeml.passes.prepare`, and what else the target gains by."""
        return prepare(graph)

    def unknown(self, core: Graph) -> tuple[Refusal, ...]:
        """A refusal for every node of a graph of core ops whose op has no file.

        Inputs and constants need none: they are ports, and parts of the ops that read them.
        """
        expressed = self.names()
        return tuple(
            Refusal(node.name, op, f"{self.back_end} has no emitter for the op {op}", "use another back end")
            for node in core.nodes
            if (op := node.op.op_name()) not in expressed and not isinstance(node.op, Input | Const)
        )


class Runner(ABC):
    """Executes the artefact of one back end.

    A class that can be instantiated says what its artefact takes; there is no default.
    """

    name: ClassVar[str]
    """Its name in check.json ("onnxruntime", "hls4ml")."""

    artefact: ClassVar[str]
    """The file in the folder that it executes; without this file nothing was exported."""

    takes: ClassVar[Takes]
    """The kind of input of `run`: floats if the artefact has an input quantizer of its own, else codes."""

    samples: ClassVar[int] = 0
    """The default number of real samples in a check; 0 for all, a number for a slow executor.
    `most_vectors` counts the synthetic ones as well."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "takes"):
            raise TypeError(
                f"{cls.__name__} does not declare the input of its artefact: takes = Takes.FLOATS or CODES"
            )

    @abstractmethod
    def available(self) -> str:
        """Empty if it can run on this machine, else the reason why not and how to get it."""

    def most_vectors(self, folder: Path, graph: Graph) -> int:
        """The number of vectors, real and synthetic, that take minutes at most; 0 for as many as there are.

        Args:
            folder: where the back end's files were written.
            graph: what they were emitted from.
        """
        del folder, graph
        return 0

    @abstractmethod
    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        """Run the files in `folder` as they are.

        Args:
            folder: where the back end's files were written.
            graph: what they were emitted from; for names, shapes and types only, never for values.
            inputs: as `takes` says, (samples, *shape) by input name: floats as Keras takes them, or
                int64 codes.
            keep: names of inner values to return as well, to find the first op that differs; a runner
                leaves out those that it cannot read.

        Returns:
            Codes (samples, *shape) of every graph output and of what it could keep.

        Raises:
            MissingToolError: it needs a tool or package that is not there.
            BrokenArtefactError: its own tool refuses the artefact, or it ends with an error.
            EdgemlError: the files are missing or malformed, or cannot be run here.
        """

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        """Runners of the same artefact that choose otherwise where it leaves a choice.

        Args:
            failed: this runner could not run it; where it could, those that do the same are left out.
        """
        del failed
        return ()

    def unoptimized(self) -> Runner:
        """This runner with programs that are compiled sooner and run longer; itself if it has no others."""
        return self

    def run_codes(
        self, folder: Path, graph: Graph, codes: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        """As `run`, on codes whatever the artefact takes: floats get the values that the codes stand for.

        It does not test an input quantizer; a check gives floats to an artefact that takes floats.
        """
        if self.takes is Takes.CODES:
            return self.run(folder, graph, codes, keep)
        floats = {
            name: to_float(np.asarray(values), graph.info(name).type.frac) for name, values in codes.items()
        }
        return self.run(folder, graph, floats, keep)


def as_floats(inputs: Mapping[str, NDArray[Any]], runner: str) -> dict[str, NDArray[Any]]:
    """The inputs of a runner that takes floats.

    Raises:
        EdgemlError: they are integers, which would be taken for values.
    """
    for name, values in inputs.items():
        if np.asarray(values).dtype.kind != "f":
            raise EdgemlError(f"{runner} takes floats, not codes", name, "call run_codes")
    return dict(inputs)


class Backend(ABC):
    """Emits a graph for one target."""

    name: ClassVar[str]
    """The name of its folder in edgeml/backends."""

    folder: ClassVar[str]
    """The folder in a run that its files go to; back ends may share one."""

    summary: ClassVar[str]
    """One line for `edgeml list backends`."""

    def missing(self) -> str:
        """Empty if it can emit on this machine, else which package is not installed and how to get it."""
        return ""

    @abstractmethod
    def options(self, settings: Mapping[str, Any]) -> Any:
        """Typed options (a frozen pydantic model) from plain settings.

        Raises:
            EdgemlError: an unknown key (near matches given) or a bad value.
        """

    def prepared(self, graph: Graph) -> Graph:
        """The graph that `plan` takes: `edgeml.passes.prepare`, and what else the target gains by."""
        return prepare(graph)

    def unknown(self, core: Graph) -> tuple[Refusal, ...]:
        """The nodes whose op has no file in the back end's folder `ops`."""
        return Emitters(self.name).unknown(core)

    def for_check(self, graph: Graph, settings: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """Settings that shorten a check of a large graph, and a sentence about them.

        Args:
            graph: the graph.
            settings: what the user asked for, which stays as it is.

        Returns:
            The settings, and what was chosen or how long it will take; "" where there is nothing to say.
        """
        del graph
        return settings, ""

    def refusals(self, graph: Graph, options: Any) -> tuple[Refusal, ...]:
        """The ops it cannot express, empty if the graph can be emitted."""
        return self._planned(self.prepared(graph), options).refusals

    def _planned(self, core: Graph, options: Any) -> BackendPlan:
        unknown = self.unknown(core)
        return GraphPlan(core, unknown) if unknown else self.plan(core, options)

    @abstractmethod
    def plan(self, core: Graph, options: Any) -> BackendPlan:
        """The plan for a prepared graph whose ops all have a file; it refuses for sizes, types or options.

        Args:
            core: the graph as `prepared` returned it.
            options: as `options` returned them.
        """

    @abstractmethod
    def write(self, graph: Graph, plan: Any, options: Any) -> FileSet:
        """The files for a graph without refusals.

        Args:
            graph: as it was given; its digest and the types of its ports go into the files.
            plan: as `plan` returned it for the same graph, prepared.
            options: as `options` returned them.
        """

    @abstractmethod
    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        """The deviations of the files in `folder` from a fresh emission of the graph.

        The options are those that the artefact's manifest notes. Compared is meaning: constants, types,
        nodes, code; not comments, layout, or other files in the folder.

        Raises:
            MissingToolError: a package that emits is not there.
            EdgemlError: a file cannot be read, or its manifest does not say how it was written.
        """

    @abstractmethod
    def runners(self) -> tuple[Runner, ...]:
        """The runners of the files that every check has."""

    def early_runner(self) -> Runner | None:
        """A runner that has the first answers sooner than those of a check; None if there is none here.

        It is asked for inputs that are answered wrongly. What it cannot say is left to the others.
        """
        return None

    def named_runners(self) -> tuple[Runner, ...]:
        """Further runners, slow or many: a check has one of them only if it is named."""
        return ()

    @abstractmethod
    def prover(self) -> Prover | NoProver:
        """The cutter of the artefact into stages for a proof, or the reason why there is none."""

    def emit(self, graph: Graph, options: Any = None) -> FileSet:
        """The files of the artefact.

        Args:
            graph: the graph.
            options: as `options` returned them; the defaults if None.

        Raises:
            EdgemlError: an op cannot be expressed; names it, its layer and a remedy.
        """
        chosen = self.options({}) if options is None else options
        plan = self._planned(self.prepared(graph), chosen)
        if plan.refusals:
            raise refusal_error(self.name, plan.refusals)
        return self.write(graph, plan, chosen)

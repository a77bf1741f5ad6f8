"""What a back end and the runner of its artefact are.

A back end turns a graph into files, purely: same graph and options, same bytes. Its runner executes
those files, as they lie on the disk, on integers. Neither knows of the other back ends.

Invariant: a back end either writes an artefact whose integers equal the graph's, or refuses before it
returns a single file.

To add one, add a folder `backends/<name>/` whose `__init__` has `BACKEND`, an instance of a `Backend`
subclass. Nothing has to be registered; the contract tests find it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import IntArray
from edgeml.ir import Graph


@dataclass(frozen=True)
class Refusal:
    """An op that a back end cannot express."""

    node: str
    op: str
    reason: str
    remedy: str = ""


class Runner(ABC):
    """Executes the artefact of one back end."""

    name: ClassVar[str]
    """As it stands in check.json ("onnxruntime", "hls4ml")."""

    artefact: ClassVar[str]
    """The file in the folder that it executes; if it is not there, nothing was exported."""

    samples: ClassVar[int] = 0
    """How many samples a check runs if nothing is said; 0 for all, a number for a slow executor."""

    @abstractmethod
    def available(self) -> str:
        """Empty if it can run on this machine, else the reason why not and how to get it."""

    @abstractmethod
    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        """Run the files in `folder` as they are.

        Args:
            folder: where the back end's files were written.
            graph: what they were emitted from; for names, shapes and types only, never for values.
            inputs: codes (samples, *shape) by input name.
            keep: inner values wanted as well, to find the first op that differs; a runner returns those
                it can see and leaves out the others.

        Returns:
            Codes (samples, *shape) of every graph output and of what it could keep.

        Raises:
            MissingToolError: it needs a tool or package that is not there.
            EdgemlError: the files are missing, malformed, or do not run.
        """


class Backend(ABC):
    """Emits a graph for one target."""

    name: ClassVar[str]
    """The name of the back end's own folder in edgeml/backends."""

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

    @abstractmethod
    def refusals(self, graph: Graph, options: Any) -> tuple[Refusal, ...]:
        """The ops it cannot express, empty if the graph can be emitted."""

    @abstractmethod
    def write(self, graph: Graph, options: Any) -> FileSet:
        """The files for a graph without refusals."""

    @abstractmethod
    def runners(self) -> tuple[Runner, ...]:
        """What can execute the files."""

    def emit(self, graph: Graph, options: Any = None) -> FileSet:
        """The files of the artefact.

        Args:
            graph: the graph.
            options: as `options` returned them; the defaults if None.

        Raises:
            EdgemlError: an op cannot be expressed; names it, its layer and a remedy.
        """
        chosen = self.options({}) if options is None else options
        refused = self.refusals(graph, chosen)
        if refused:
            first = refused[0]
            more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
            raise EdgemlError(
                f"{self.name} cannot express this {first.op}: {first.reason}{more}", first.node, first.remedy
            )
        return self.write(graph, chosen)

"""Synthesis for several boards on the machines of a cluster: a job per board.

The run's graph and golden vectors travel, RUN/synth/BOARD comes back, and what the tools counted is added to
the ledger here.

Invariant: the run folder is written by this machine alone, which holds its lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeml import boards
from edgeml.errors import EdgemlError
from edgeml.estimate import Ledger
from edgeml.estimate.ledger import LedgerEntry
from edgeml.locks import locked
from edgeml.pipeline.cluster import Cargo
from edgeml.pipeline.hardware import Synthesis, synth
from edgeml.pipeline.pool import JobPool
from edgeml.pipeline.step import Tell
from edgeml.runs import Run
from edgeml.scratch import scratch_folder
from edgeml.synth.request import Request

_Done = tuple[Synthesis, tuple[str, ...], tuple[LedgerEntry, ...]]


@dataclass(frozen=True)
class SynthJob:
    """The synthesis of a run for one board.

    Attributes:
        home: RUN, where the command was given.
        root: RUN, where the job is done.
        board: name or file.
        request: clock, last step, seed, what the layout has to meet.
        earlier: the ledger, which narrows the estimate.
    """

    home: Path
    root: Path
    board: str
    request: Request
    earlier: tuple[LedgerEntry, ...] = ()

    @property
    def title(self) -> str:
        """Its name in a few words."""
        return f"synthesis for {self.board}"

    @property
    def place(self) -> str:
        """The folder of its files."""
        return str(self.root / self._own)

    @property
    def _own(self) -> str:
        return f"synth/{boards.load(self.board).name}"

    def cargo(self) -> Cargo:
        """Its files: what of the run a synthesis reads, and RUN/synth/BOARD."""
        run = Run.open(self.root)
        files = (run.config_file, run.graph_file, run.graph_file.with_suffix(".npz"), run.golden_file)
        names = [path.name for path in files if path.is_file()]
        file = Path(self.board)
        return Cargo(self.root, self._own, tuple(names), (file,) if file.suffix == ".toml" else ())

    def moved(self, root: Path, outside: Mapping[str, str]) -> SynthJob:
        """The same on another machine."""
        return replace(self, root=root, board=outside.get(self.board, self.board))

    def run(self, tell: Tell) -> _Done:
        """The synthesis, with the paths of home; the lines of its preflight; what the tools counted.

        Raises:
            EdgemlError: as for `edgeml.pipeline.synth`.
        """
        lines: list[str] = []
        with scratch_folder() as folder:
            ledger = Ledger(Path(folder) / "ledger.jsonl")
            ledger.extend(self.earlier)
            done = synth(
                Run.open(self.root), boards.load(self.board), self.request, ledger, tell, lines.append
            )
            counted = tuple(entry for entry in ledger.entries() if entry not in self.earlier)
        place = self.home / done.folder.relative_to(self.root)
        project = None if done.project is None else self.home / done.project.relative_to(self.root)
        return replace(done, folder=place, project=project), tuple(lines), counted


def synth_on(
    run: Run,
    names: Sequence[str],
    requests: Sequence[Request],
    ledger: Ledger,
    pool: JobPool,
    tell: Tell,
    say: Tell,
) -> Iterator[tuple[str, Synthesis | EdgemlError]]:
    """Each board with its synthesis or error, as they are done.

    Args:
        run: a lowered run.
        names: of boards, or their files.
        requests: clock, last step, seed, what the layout has to meet, of each.
        ledger: earlier results; what the tools count is added to it.
        pool: does the work.
        tell: called with lines about the work.
        say: called with the lines of each preflight.
    """
    earlier = tuple(ledger.entries())
    jobs = [
        SynthJob(run.folder, run.folder, name, request, earlier)
        for name, request in zip(names, requests, strict=True)
    ]
    with locked(run.folder):
        for index, result in pool.results(jobs, tell):
            if isinstance(result, EdgemlError):
                yield names[index], result
                continue
            synthesis, lines, counted = result
            for line in lines:
                say(line)
            ledger.extend(counted)
            yield names[index], synthesis

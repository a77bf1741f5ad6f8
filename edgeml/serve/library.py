"""The runs and studies in a folder, by the names that its listing has.

Invariant: a name from a request is compared with the listing and never made into a path, so that no name
leads out of the folder; a link in the listing that leads out of it is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml.errors import EdgemlError, unknown_name
from edgeml.explore.record import FILE as STUDY
from edgeml.report.comparison.compare import up_to_date
from edgeml.report.facts import Facts
from edgeml.report.sections.summary.answer import answer
from edgeml.runs import Run

_PAGES = ("report.html", "explore.html", "find-lr.html")


@dataclass(frozen=True)
class Entry:
    """A run in the list.

    Attributes:
        name: of its folder.
        run: itself; None if its config.toml cannot be read.
        facts: of its report; None without one that is up to date.
        error: why it cannot be read; "" if it can.
    """

    name: str
    run: Run | None
    facts: Facts | None
    error: str = ""

    @property
    def state(self) -> str:
        """The state in words: in training, not reported, or its report is there."""
        if self.run is None:
            return "cannot be read"
        if not self.run.model_file.is_file():
            return "in training, or interrupted"
        return "report" if self.facts is not None else "no report of its present files"

    def as_document(self) -> dict[str, Any]:
        """Name, state and the first screen's sentence, as plain values."""
        first = answer(self.facts) if self.facts is not None else None
        return {
            "name": self.name,
            "state": self.state,
            "error": self.error,
            "tone": first.tone.value if first else "",
            "answer": first.text if first else "",
            "verdicts": [verdict.model_dump(mode="json") for verdict in first.verdicts] if first else [],
        }


class Library:
    """The folder of runs.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._facts: dict[Path, tuple[int, Facts | None]] = {}

    def names(self) -> tuple[str, ...]:
        """The names of the runs, sorted."""
        return tuple(self._listing("config.toml"))

    def studies(self) -> tuple[str, ...]:
        """The names of the folders with a study of `edgeml explore`, sorted."""
        return tuple(self._listing(STUDY))

    def folder(self, name: str) -> Path:
        """The folder of a run.

        Raises:
            EdgemlError: the listing has no such name.
        """
        return self._of(name, self._listing("config.toml"), "run")

    def study(self, name: str) -> Path:
        """The file with the record of a study.

        Raises:
            EdgemlError: the listing has no such name.
        """
        return self._of(name, self._listing(STUDY), "study") / STUDY

    def page(self, name: str, file: str) -> Path:
        """A page in a folder of the listing.

        Raises:
            EdgemlError: there is no such folder, or no such page in it.
        """
        folders = self._listing("config.toml") | self._listing(STUDY)
        path = self._of(name, folders, "run") / next((page for page in _PAGES if page == file), "none")
        if path.is_symlink() or not path.is_file():
            raise EdgemlError(f"has no {file}", name, f"edgeml report {name} makes report.html")
        return path

    def entries(self) -> tuple[Entry, ...]:
        """Every run; one that cannot be read has its error."""
        return tuple(self.entry(name) for name in self.names())

    def entry(self, name: str) -> Entry:
        """One run.

        Raises:
            EdgemlError: the listing has no such name.
        """
        folder = self.folder(name)
        try:
            run = Run.open(folder)
        except EdgemlError as error:
            return Entry(name, None, None, str(error))
        return Entry(name, run, self._report(run))

    def reports(self, names: Sequence[str]) -> list[tuple[Path, Facts]]:
        """Folders and facts of runs, to compare them.

        Raises:
            EdgemlError: a run has no report that is up to date, or there are fewer than two.
        """
        entries = [self.entry(name) for name in dict.fromkeys(names)]
        if len(entries) < 2:
            raise EdgemlError("a comparison needs two runs", "compare", "tick two or more in the list")
        for entry in entries:
            if entry.facts is None:
                command = f"edgeml report {self.root.name}/{entry.name}"
                raise EdgemlError("has no report of its present files", entry.name, command)
        return [(self.root / entry.name, entry.facts) for entry in entries if entry.facts is not None]

    def _report(self, run: Run) -> Facts | None:
        path = run.report_file("json")
        try:
            written = path.stat().st_mtime_ns
        except OSError:
            return None
        cached = self._facts.get(path)
        if cached is None or cached[0] != written:
            self._facts[path] = cached = (written, up_to_date(run))
        return cached[1]

    def _listing(self, file: str) -> dict[str, Path]:
        if not self.root.is_dir():
            return {}
        inside = [path.parent for path in sorted(self.root.glob(f"*/{file}"))]
        return {path.name: path for path in inside if path.resolve().parent == self.root}

    @staticmethod
    def _of(name: str, listing: dict[str, Path], kind: str) -> Path:
        if name not in listing:
            raise unknown_name(kind, name[:80], listing)
        return listing[name]

"""Campaigns as jobs: in this process, or shares of them on the machines of a cluster."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edgeml.pipeline.cluster import Cargo
from edgeml.pipeline.pool import JobTell
from tests.fuzz.campaign import JOINT_TURNS, Outcome, graph_campaign, joint_campaign
from tests.fuzz.case import EXACT
from tests.fuzz.emulated import attempt_on_cores
from tests.fuzz.models import model_campaign
from tests.importers.campaign import KINDS, campaign

MODELS, CORES = "keras", "c on emulated cores"


@dataclass(frozen=True)
class ShareResult:
    """The result of a share.

    Attributes:
        kind: of the campaign.
        counts: attempts by verdict.
        lines: about what differed.
        failed: something differed, or too few could be run.
        seconds: that it took.
    """

    kind: str
    counts: Mapping[str, int]
    lines: tuple[str, ...]
    failed: bool
    seconds: float


@dataclass(frozen=True)
class FuzzShare:
    """So many attempts of one kind.

    Attributes:
        root: folder of failures.
        kind: a back end, "keras", "c on emulated cores" or a kind of imports.
        count: attempts.
        seed: of them.
    """

    root: Path
    kind: str
    count: int
    seed: int

    @property
    def title(self) -> str:
        """Its name in a few words."""
        return f"{self.kind}, seed {self.seed}"

    @property
    def place(self) -> str:
        """The folder of its failures."""
        return str(self.root / self.own)

    @property
    def own(self) -> str:
        """The same from the root."""
        return f"{self.kind.replace(' ', '-')}-{self.seed}"

    def shared_out(self, parts: int) -> Iterator[FuzzShare]:
        """Up to so many shares that make as many attempts, each with a seed of its own."""
        for part in range(min(parts, self.count)):
            count = self.count * (part + 1) // min(parts, self.count) - self.count * part // min(
                parts, self.count
            )
            # Imports are drawn by consecutive seeds.
            step = self.count * part // min(parts, self.count) if self.kind in KINDS else part
            yield replace(self, count=count, seed=self.seed + step)

    def cargo(self) -> Cargo:
        """Its files: saved failures, which come back."""
        return Cargo(self.root, self.own)

    def moved(self, root: Path, outside: Mapping[str, str]) -> FuzzShare:
        """The same on another machine."""
        del outside
        return replace(self, root=root)

    def run(self, tell: JobTell) -> ShareResult:
        """Its result; a failure is saved in its folder."""
        start, before = time.perf_counter(), os.environ.get("EDGEML_CACHE")
        with tempfile.TemporaryDirectory(prefix="edgeml-fuzz-cache-") as cache:
            os.environ["EDGEML_CACHE"] = cache
            try:
                counts, lines, failed = self._tried(tell)
            finally:
                os.environ.pop("EDGEML_CACHE")
                os.environ.update({} if before is None else {"EDGEML_CACHE": before})
        return ShareResult(self.kind, dict(counts), tuple(lines), failed, time.perf_counter() - start)

    def _tried(self, tell: JobTell) -> tuple[Counter[str], list[str], bool]:
        if self.kind in KINDS:
            result = campaign(self.kind, range(self.seed, self.seed + self.count), lambda: tell(""))
            lines = [line for line in result.lines if " rounded " not in line]
            return Counter(result.counts), lines, not result.right
        outcome = self._campaign(tell)
        lines: list[str] = []
        if outcome.failure is not None:
            saved = outcome.failure.save(self.root / self.own)
            name = saved.relative_to(self.root)
            lines = [outcome.failure.message, f"replay: python -m tests.fuzz replay FAILURES/{name}"]
        elif outcome.counts[EXACT] < self.count:
            lines = [f"only {outcome.counts[EXACT]} of {self.count} could be run"]
        return outcome.counts, lines, bool(lines)

    def _campaign(self, tell: JobTell) -> Outcome:
        def advance() -> None:
            tell("")

        if self.kind == MODELS:
            return model_campaign(self.count, self.seed, advance)
        if self.kind == CORES:
            return graph_campaign("c", self.count, self.seed, advance, attempt_on_cores)
        attempts = joint_campaign if self.kind in JOINT_TURNS else graph_campaign
        return attempts(self.kind, self.count, self.seed, advance)

"""Jobs that a cluster can do, without training; importable on its workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.pipeline.cluster import Cargo
from edgeml.pipeline.pool import JobTell


@dataclass(frozen=True)
class SumJob:
    """Adds its number to the one in a shared file, and notes the result in its own folder.

    Attributes:
        root: with `shared.txt`.
        number: of the job.
        kind: "", "fails", "dies once", "dies", "waits", "sees" (the GPUs).
        marks: a folder of this machine, where each begin is noted.
    """

    root: Path
    number: int
    kind: str
    marks: Path

    @property
    def title(self) -> str:
        return f"job {self.number}"

    @property
    def place(self) -> str:
        return str(self.root / "own" / str(self.number))

    def cargo(self) -> Cargo:
        return Cargo(self.root, f"own/{self.number}", ("shared.txt",))

    def moved(self, root: Path, outside: Mapping[str, str]) -> SumJob:
        return replace(self, root=root)

    def run(self, tell: JobTell) -> int:
        begins = len(list(self.marks.glob(f"{self.number}.*")))
        (self.marks / f"{self.number}.{begins}").write_text(str(os.getpid()))
        if self.kind == "fails":
            raise EdgemlError("is odd", self.place, "take another")
        if self.kind == "dies" or (self.kind == "dies once" and not begins):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "waits":
            while not (self.marks / "go").exists():
                time.sleep(0.05)
        result = int((self.root / "shared.txt").read_text()) + self.number
        own = self.root / "own" / str(self.number)
        own.mkdir(parents=True, exist_ok=True)
        if self.kind == "sees":
            (own / "gpu.txt").write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "all"))
        (own / "result.txt").write_text(f"{result}\n")
        return result

"""Processes: every job has one result, whatever becomes of the process that works on it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeml.errors import EdgemlError
from edgeml.pipeline.pool import JobTell, LocalPool, PoolBounds


class SlowToEnd:
    """Spends its time in its finalizer, where Python drops an interrupt."""

    def __del__(self) -> None:
        time.sleep(0.5)


@dataclass(frozen=True)
class SmallJob:
    """Squares a number; what else it does is by its kind.

    Attributes:
        number: which is squared.
        folder: where it notes that it was begun.
        kind: "", "fails", "dies once", "dies", "hangs once", "waits", "finalizes".
    """

    number: int
    folder: Path
    kind: str = ""

    @property
    def title(self) -> str:
        return f"job {self.number}"

    @property
    def place(self) -> str:
        return str(self.folder)

    def run(self, tell: JobTell) -> int:
        begun = self.folder / f"{self.number}.{len(list(self.folder.glob(f'{self.number}.*')))}"
        begun.touch()
        first = begun.suffix == ".0"
        tell(f"{self.title} begins")
        if self.kind == "fails":
            raise EdgemlError("is odd", self.title, "take another")
        if self.kind == "dies" or (self.kind == "dies once" and first):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "hangs once" and first:
            time.sleep(600)
        if self.kind in ("waits", "finalizes"):
            try:
                while True:
                    time.sleep(0.02)
                    if self.kind == "finalizes":
                        SlowToEnd()
                    tell("")
            except KeyboardInterrupt:
                (self.folder / "saved").touch()
                raise
        return self.number**2


def test_results_failures_and_lost_processes(tmp_path) -> None:
    kinds = ["", "fails", "dies once", "", "dies", ""]
    jobs = [SmallJob(number, tmp_path, kind) for number, kind in enumerate(kinds)]
    lines: list[str] = []
    with LocalPool(2, PoolBounds(attempts=2)) as pool:
        results = dict(pool.results(jobs, lines.append))
        again = dict(pool.results([SmallJob(7, tmp_path)]))
    assert again == {0: 49}
    assert sorted(results) == list(range(6))
    assert [results[index] for index in (0, 2, 3, 5)] == [0, 4, 9, 25]
    failed, dead = results[1], results[4]
    assert isinstance(failed, EdgemlError) and str(failed) == "job 1: is odd (take another)"
    assert isinstance(dead, EdgemlError) and "exit code -9" in dead.what and "--jobs" in dead.hint
    begun = sorted(path.name for path in tmp_path.iterdir())
    assert begun == ["0.0", "1.0", "2.0", "2.1", "3.0", "4.0", "4.1", "5.0", "7.0"]
    assert "job 0 begins" in lines


def test_a_silent_process_is_replaced(tmp_path) -> None:
    with LocalPool(1, PoolBounds(attempts=2, silent_seconds=3.0)) as pool:
        assert dict(pool.results([SmallJob(3, tmp_path, "hangs once")])) == {0: 9}
    assert len(list(tmp_path.glob("3.*"))) == 2


def test_a_process_with_much_memory_is_replaced(tmp_path) -> None:
    with LocalPool(1, PoolBounds(most_mb=1)) as pool:
        assert dict(pool.results([SmallJob(1, tmp_path), SmallJob(2, tmp_path)])) == {0: 1, 1: 4}


@pytest.mark.parametrize("kind", ["waits", "finalizes"])
def test_who_stops_listening_ends_the_jobs_after_they_saved(tmp_path, capfd, kind) -> None:
    pool = LocalPool(2)
    results = pool.results([SmallJob(1, tmp_path), SmallJob(2, tmp_path, kind)])
    assert next(results) == (0, 1)
    while not (tmp_path / "2.0").exists():
        time.sleep(0.02)
    time.sleep(0.2)  # within the first finalizer
    assert isinstance(results, Generator)
    results.close()
    assert (tmp_path / "saved").exists() and not capfd.readouterr().err


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_work_starts_no_process(jobs) -> None:
    with LocalPool(jobs) as pool:
        assert list(pool.results([])) == []

"""Jobs in processes of this machine: each process does one job after the other and says how far it is.

    with LocalPool(jobs=2) as pool:
        for index, result in pool.results(jobs, tell):
            ...

A process that ends or is silent for too long is replaced and its job is begun again, as often as `attempts`
says; a job that goes on from its own files loses little. A process that holds more memory than it may after a
job is replaced too. An `EdgemlError` of a job is that job's result.

Invariant: every job has exactly one result, in whatever order; a process whose parent is gone stops after
saving its work.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from edgeml.errors import EdgemlError
from edgeml.processes import resident_mb

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from types import FrameType

_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 1.0

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

JobTell = Callable[[str], None]
"""A function that is called with a line about the work, or with "" as a sign of life."""


class PoolJob(Protocol[T_co]):
    """A piece of work that can be sent to another process."""

    @property
    def title(self) -> str:
        """Its name in a few words."""
        ...

    @property
    def place(self) -> str:
        """Its folder or machine, for messages."""
        ...

    def run(self, tell: JobTell) -> T_co:
        """Its result.

        Raises:
            EdgemlError: the work cannot be done.
            KeyboardInterrupt: the work so far is saved first.
        """
        ...


class JobPool(ABC):
    """Processes, here or elsewhere, that do jobs."""

    @abstractmethod
    def results(
        self, jobs: Sequence[PoolJob[T]], tell: JobTell = lambda _: None
    ) -> Iterator[tuple[int, T | EdgemlError]]:
        """The index of each job with its result or its error, as they are done.

        Args:
            jobs: the work.
            tell: called with lines of the jobs, and with "" about once a second.

        Raises:
            KeyboardInterrupt: the jobs at work have saved what they have.
        """

    @abstractmethod
    def close(self) -> None:
        """End all processes, after they saved their work."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class PoolBounds:
    """The bounds within which a process works.

    Attributes:
        attempts: how often a job is begun before it is given up.
        silent_seconds: a process that says nothing for so long is taken for hung; 0: never.
        most_mb: a process that holds more memory after a job is replaced; 0: any.
    """

    attempts: int = 1
    silent_seconds: float = 0.0
    most_mb: int = 0


@dataclass
class _Worker(Generic[T]):
    process: Any
    alive_at: float
    index: int = -1
    job: PoolJob[T] | None = None
    started: bool = False


@dataclass
class LocalPool(JobPool):
    """Processes of this machine.

    Attributes:
        jobs: how many at a time.
        bounds: of each.
    """

    jobs: int
    bounds: PoolBounds = PoolBounds()
    _workers: dict[Any, _Worker[Any]] = field(default_factory=dict)

    def results(
        self, jobs: Sequence[PoolJob[T]], tell: JobTell = lambda _: None
    ) -> Iterator[tuple[int, T | EdgemlError]]:
        left = [(index, job, 1) for index, job in enumerate(jobs)]
        tries = dict.fromkeys(range(len(jobs)), 0)
        try:
            while left or any(worker.job is not None for worker in self._workers.values()):
                self._hand_out(left, tries)
                for ours, message in self._messages():
                    worker = self._workers[ours]
                    if isinstance(message, str):
                        tell(message)
                        continue
                    index, job = worker.index, worker.job
                    if message is None:
                        self._drop(ours)
                        if job is not None and tries[index] < self.bounds.attempts:
                            tell(f"{job.title}: its process ended; it is begun again")
                            left.insert(0, (index, job, tries[index] + 1))
                        elif job is not None:
                            yield index, _ended(job, worker.process.exitcode)
                        continue
                    result, held_mb = message
                    worker.job, worker.index = None, -1
                    if self.bounds.most_mb and held_mb > self.bounds.most_mb:
                        self._drop(ours)
                    yield index, EdgemlError(*result) if isinstance(result, list) else result
                tell("")
        except BaseException:  # an interrupt, or a caller that stopped listening: nobody waits for these jobs
            self.close()
            raise

    def _hand_out(self, left: list[tuple[int, PoolJob[T], int]], tries: dict[int, int]) -> None:
        """Give work to idle processes, and start some if there are too few."""
        busy = sum(worker.job is not None for worker in self._workers.values())
        while left and len(self._workers) < min(self.jobs, busy + len(left)):
            self._start()
        for ours, worker in list(self._workers.items()):
            if worker.job is None and left:
                index, job, _ = left.pop(0)
                worker.index, worker.job, worker.alive_at = index, job, time.monotonic()
                tries[index] += 1
                with suppress(BrokenPipeError):  # it is noticed as an end
                    ours.send(job)

    def _start(self) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, os.getpid()), daemon=True)
        process.start()
        theirs.close()
        self._workers[ours] = _Worker(process, time.monotonic())

    def _messages(self) -> Iterator[tuple[Any, Any]]:
        """Messages of processes; None for one that ended, or that was silent for too long and was ended."""
        from multiprocessing.connection import wait

        for ours in wait(list(self._workers), _POLL_SECONDS):
            worker = self._workers[ours]  # type: ignore[index]
            try:
                message = ours.recv()  # type: ignore[union-attr]
                worker.alive_at, worker.started = time.monotonic(), True
            except (EOFError, OSError):
                worker.process.join(_PATIENCE_SECONDS)
                message = None
            yield ours, message
        bound = self.bounds.silent_seconds
        for ours, worker in list(self._workers.items()):
            most = bound if worker.started else bound + _PATIENCE_SECONDS  # a busy machine starts it slowly
            if bound and worker.job is not None and time.monotonic() - worker.alive_at > most:
                worker.process.kill()
                worker.process.join(_PATIENCE_SECONDS)
                yield ours, None

    def _drop(self, ours: Any) -> None:
        worker = self._workers.pop(ours)
        with suppress(BrokenPipeError, OSError):
            ours.send(None)
        ours.close()
        worker.process.join(_PATIENCE_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()

    def close(self) -> None:
        """End processes that are at work, after they saved it."""
        workers = dict(self._workers)
        self._workers.clear()
        for ours, worker in workers.items():
            with suppress(ProcessLookupError, BrokenPipeError, OSError):
                if worker.job is None:
                    ours.send(None)
                else:
                    os.kill(worker.process.pid, signal.SIGINT)
        for worker in workers.values():
            worker.process.join(_PATIENCE_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _ended(job: PoolJob[Any], code: int | None) -> EdgemlError:
    """The error for a job whose process ended, as often as it was begun."""
    return EdgemlError(
        f"{job.title}: its process ended with exit code {code}",
        job.place,
        "the same command goes on where it stopped; fewer --jobs need less memory",
    )


def _serve(theirs: Connection, parent: int) -> None:
    """The work of a process: jobs until there is none. An interrupt of the terminal is the parent's."""
    os.setpgrp()
    interrupted = _Interruption()
    signal.signal(signal.SIGINT, interrupted.arrive)
    sys.unraisablehook = interrupted.swallowed
    try:
        theirs.send("")
        while (job := theirs.recv()) is not None:
            try:
                result = job.run(_teller(theirs, parent, interrupted))
            except EdgemlError as error:
                result = [error.what, error.where, error.hint]
            theirs.send((result, resident_mb()))
    except (KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        sys.exit(130)


class _Interruption:
    """An interrupt of a process, which the next sign of life raises again.

    Python drops an exception that is raised within a finalizer or a callback of a weak reference.
    """

    def __init__(self) -> None:
        self.pending = False

    def arrive(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signal.

        Raises:
            KeyboardInterrupt: always.
        """
        del number, frame
        self.pending = True
        raise KeyboardInterrupt

    def swallowed(self, report: sys.UnraisableHookArgs) -> None:
        """Print what Python drops, but for the interrupt."""
        if report.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(report)


def _teller(theirs: Connection, parent: int, interrupted: _Interruption) -> JobTell:
    last = 0.0

    def tell(line: str) -> None:
        nonlocal last
        if interrupted.pending or os.getppid() != parent:
            raise KeyboardInterrupt
        now = time.monotonic()
        if line or now - last > _POLL_SECONDS:
            last = now
            theirs.send(line)

    return tell

"""A cluster behind a process of its own, which alone is connected to it.

    with ClusterPool("10.0.0.1:6379") as pool:
        for index, result in pool.results(jobs, tell):
            ...

When the head of a cluster is gone, Ray ends the process that is connected to it. Here that is the process in
between: another one connects again, several times, and begins the jobs without a result again, which go on
from the files that came back. If the head does not come back there is one error.

Invariant: every job has exactly one result, whatever becomes of the cluster meanwhile.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from edgeml.errors import EdgemlError, MissingToolError
from edgeml.pipeline.cluster import CLUSTER_BOUNDS, ClusterDriver, WorkerNeeds
from edgeml.pipeline.pool import JobPool, JobTell, PoolBounds, PoolJob

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")

_PATIENCE_SECONDS = 30.0


@dataclass
class ClusterPool(JobPool):
    """Workers of a Ray cluster.

    Attributes:
        address: of the cluster's head: "auto" on one of its machines, or HOST:PORT.
        bounds: of each job; `silent_seconds` is what a whole job may take.
        needs: of each job.
        connects: how often a connection is tried after the cluster went away.
        pause_seconds: before each of them.

    Raises:
        EdgemlError: when it is made, if the cluster cannot be reached or has another version of edgeml.
        MissingToolError: Ray is not installed.
    """

    address: str
    bounds: PoolBounds = CLUSTER_BOUNDS
    needs: WorkerNeeds = field(default_factory=WorkerNeeds)
    connects: int = 4
    pause_seconds: float = 15.0

    def __post_init__(self) -> None:
        self._process: Any = None
        self._connect()

    def results(
        self, jobs: Sequence[PoolJob[T]], tell: JobTell = lambda _: None
    ) -> Iterator[tuple[int, T | EdgemlError]]:
        left = dict(enumerate(jobs))
        try:
            while left:
                self._ours.send(list(left.items()))
                while left:
                    kind, value = self._received()
                    if kind == "gone":
                        tell("the cluster went away; connecting again")
                        self._connect_again(tell)
                        break
                    if kind == "error":
                        raise EdgemlError(*value)
                    if kind == "line":
                        tell(value)
                        continue
                    index, result = value
                    if left.pop(index, None) is not None:
                        yield index, EdgemlError(*result) if isinstance(result, list) else result
                else:
                    self._received()  # that all are done
        except BaseException:
            self.close()
            raise

    def _received(self) -> tuple[str, Any]:
        """The next message of the process in between; "gone" if it ended."""
        try:
            return self._ours.recv()
        except (EOFError, OSError):
            return "gone", None

    def _connect(self) -> None:
        """Start the process in between, and wait until it is connected.

        Raises:
            EdgemlError: it is not.
        """
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_between, args=(theirs, self.address, self.bounds, self.needs), daemon=False
        )
        self._process.start()
        theirs.close()
        kind, value = self._received()
        if kind != "ready":
            self.close()
            if kind == "missing":
                raise MissingToolError(*value)
            hint = "see ray status there; the same command goes on, also without --cluster"
            went_away = ("the cluster cannot be used: it went away", f"--cluster {self.address}", hint)
            raise EdgemlError(*(value or went_away))

    def _connect_again(self, tell: JobTell) -> None:
        """The same after the cluster went away.

        Raises:
            EdgemlError: it did not come back.
        """
        self.close()
        for attempt in range(1, self.connects + 1):
            time.sleep(self.pause_seconds)
            try:
                self._connect()
            except EdgemlError:
                if attempt == self.connects:
                    raise
                tell(f"the cluster cannot be reached, attempt {attempt} of {self.connects}")
            else:
                return

    def close(self) -> None:
        """Leave the cluster; its jobs end."""
        if self._process is None:
            return
        with suppress(OSError):
            self._ours.close()
        with suppress(ProcessLookupError, TypeError):
            os.kill(self._process.pid, signal.SIGINT)
        self._process.join(_PATIENCE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process = None


def _between(theirs: Connection, address: str, bounds: PoolBounds, needs: WorkerNeeds) -> None:
    """The work of the process in between. An interrupt of the terminal is the parent's."""
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    driver: ClusterDriver | None = None
    try:
        driver = ClusterDriver(address, bounds, needs)
        theirs.send(("ready", None))
        while True:
            pairs = theirs.recv()
            jobs = [job for _, job in pairs]
            for place, result in driver.results(jobs, lambda line: theirs.send(("line", line))):
                answer = _parts(result) if isinstance(result, EdgemlError) else result
                theirs.send(("result", (pairs[place][0], answer)))
            theirs.send(("done", None))
    except EdgemlError as error:
        kind = "missing" if isinstance(error, MissingToolError) else "error"
        with suppress(OSError, KeyboardInterrupt):  # the parent may end this process as soon as it has read
            theirs.send((kind, _parts(error)))
    except (KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end has begun
        if driver is not None:
            driver.close()
    sys.exit(0)


def _parts(error: EdgemlError) -> list[str]:
    return [error.what, error.where, error.hint]

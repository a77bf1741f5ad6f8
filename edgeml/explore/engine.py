"""The entrance of the search: processes, storage and pages around `edgeml.explore.search`."""

from __future__ import annotations

import time
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.explore import pick as picking
from edgeml.explore.begin import begin_study
from edgeml.explore.confirm import check_confirmable, confirmed
from edgeml.explore.record import StudyRecord, TrialRow
from edgeml.explore.request import StudyRequest
from edgeml.explore.search import Search, SearchView, SilentView
from edgeml.explore.target import TargetKind
from edgeml.locks import locked
from edgeml.pipeline.cluster import WorkerNeeds
from edgeml.pipeline.cluster_pool import ClusterPool
from edgeml.pipeline.pool import JobTell, LocalPool, PoolBounds
from edgeml.processes import available_mb
from edgeml.runs import Run

_NEEDED_MB = 1200
"""A process with TensorFlow and a small model."""

_ATTEMPTS = 3
_SILENT_SECONDS = 1800.0


def explore(
    request: StudyRequest,
    root: Path,
    trials: int,
    jobs: int = 1,
    storage: str = "",
    confirm: bool = False,
    overwrite: bool = False,
    view: SearchView | None = None,
    cluster: str = "",
    gpus: float = 1.0,
) -> StudyRecord:
    """The study of a question, begun, continued or complete.

    Args:
        request: the question.
        root: STUDY.
        trials: how many in all.
        jobs: processes at a time.
        storage: address of Optuna's storage; "" for a file in STUDY.
        confirm: synthesize the front.
        overwrite: where STUDY holds another study, delete that one.
        view: is told what happens.
        cluster: address of a Ray cluster whose machines work on trials; "" for processes here.
        gpus: share of a GPU for each trial there.

    Raises:
        EdgemlError: STUDY holds something else or is in use, too little memory, or as for `Search.run`.
        MissingToolError: Optuna, TensorFlow or QKeras is not installed, or a compiler or emulator that
            microcontrollers are measured with.
    """
    watcher = view or SilentView()
    if confirm:
        check_confirmable(request)
    check_tools(request)
    with locked(root), cluster_pool(cluster, gpus) if cluster else local_pool(jobs) as pool:
        begin_study(root, request, overwrite)
        search = Search(request, root, trials, jobs, pool, storage, watcher)
        record = search.run()
        if confirm:
            record = _confirmed(search, record, watcher)
    return record


def cluster_pool(address: str, gpus: float) -> ClusterPool:
    """Machines of a Ray cluster.

    Raises:
        EdgemlError: it cannot be reached or has another version of edgeml.
    """
    return ClusterPool(address, needs=WorkerNeeds(memory_mb=_NEEDED_MB, gpus=gpus))


def local_pool(jobs: int) -> LocalPool:
    """Processes of this machine within its memory.

    Raises:
        EdgemlError: there is too little for so many.
    """
    free = available_mb()
    if free and free < jobs * _NEEDED_MB:
        fit = free // _NEEDED_MB
        raise EdgemlError(
            f"{jobs} processes need about {jobs * _NEEDED_MB:,} MB of memory, {free:,} MB are free",
            "--jobs",
            f"use --jobs {fit}" if fit else "free some memory",
        )
    most = free // jobs if free else 0
    return LocalPool(jobs, PoolBounds(_ATTEMPTS, _SILENT_SECONDS, most))


def check_tools(request: StudyRequest) -> None:
    """Refuse a microcontroller that nothing here can measure.

    Raises:
        MissingToolError: its compiler or emulator is missing.
    """
    from edgeml.errors import MissingToolError
    from edgeml.mcus import cores
    from edgeml.mcus.program import missing

    if request.target is TargetKind.MCU and request.place.mcu is not None:
        reason = missing(cores.load(request.place.mcu.core))
        if reason:
            raise MissingToolError(f"cannot be measured: {reason}", request.target_name)


def _confirmed(search: Search, record: StudyRecord, view: SearchView) -> StudyRecord:
    """Synthesize the front until every trial on it was."""
    while missing := [row for row in record.front if not row.confirmed]:
        for row in missing:
            view.tell(f"trial {row.number}: synthesis")
            began = time.monotonic()
            done = confirmed(search.root, search.request, row, view.tell)
            search.leave_out(time.monotonic() - began)
            search.storage.confirm(done)
            search.rows[row.number] = done
            record = search.record()
        search.keep()
    return record


def picked(
    root: Path, row: TrialRow, folder: Path, overwrite: bool = False, tell: JobTell = lambda _: None
) -> Run:
    """A trial of a study as a run folder, see `edgeml.explore.pick.pick`."""
    with locked(root), local_pool(1) as pool:
        return picking.pick(root, row, folder, pool, overwrite, tell)

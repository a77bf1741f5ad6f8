"""A trial as a run folder of its own, ready for export, check and synth.

The run folder of a trial on the front is kept by the study and copied. That of any other trial is trained
again from the trial's line, which gives the same integers on the same kind of machine.

Invariant: the exact graph of the run folder has the digest that the trial had, or there is an error.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.explore import baseline
from edgeml.explore.baseline import Baseline, BaselineJob, base_folder, study_space
from edgeml.explore.record import FILE, RowState, StudyRecord, TrialRow
from edgeml.explore.request import FILE as QUESTION
from edgeml.explore.request import StudyRequest
from edgeml.explore.storage import stored_row
from edgeml.explore.trial import FOLDER, TrialJob, TrialStage
from edgeml.files import staged_path
from edgeml.locks import locked
from edgeml.pipeline.pool import JobPool, JobTell
from edgeml.runs import Run

KNEE = "knee"


def chosen_row(root: Path, which: str, url: str = "") -> TrialRow:
    """The trial that `--pick` names.

    Args:
        root: STUDY.
        which: "knee" or the number of a trial.
        url: of the storage; "" for the file in STUDY.

    Raises:
        EdgemlError: there is no such trial, no front, or the trial failed.
    """
    record = StudyRecord.read(root / FILE)
    if which == KNEE:
        row = next((one for one in record.front if one.number == record.knee), None)
        if row is None:
            from edgeml.explore.differences import sentence

            raise EdgemlError(
                f"has no front: {sentence(record)}", str(root), "loosen a limit, or pick a number"
            )
        return row
    if not which.isdecimal():
        raise EdgemlError(f"{which!r} is no trial", "--pick", "write knee or the number of a trial")
    number = int(which)
    at_hand = {row.number: row for row in record.front} | ({0: record.own} if record.own else {})
    row = at_hand.get(number) or stored_row(root, url, number)
    if row.state is RowState.FAILED:
        raise EdgemlError(f"trial {number} failed: {row.reason}", str(root), "pick another one")
    return row if row.same_as is None else chosen_row(root, str(row.same_as), url)


def pick(
    root: Path,
    row: TrialRow,
    folder: Path,
    pool: JobPool,
    overwrite: bool = False,
    tell: JobTell = lambda _: None,
) -> Run:
    """Make a trial of a study a run folder.

    Args:
        root: STUDY, which the caller has locked.
        row: the trial.
        folder: of the new run.
        pool: trains what is not source_run.
        overwrite: where the folder holds a run of another configuration, delete it.
        tell: called with lines about a training.

    Raises:
        EdgemlError: the folder holds something else, the training gave other integers here, or the disk is
            full.
    """
    source = root / FOLDER / str(row.number)
    if not (source / "graph.json").is_file():
        _train_again(root, row, pool, tell)
    source_run = Run.open(source)
    if row.graph and source_run.graph().digest != row.graph:
        raise EdgemlError(
            f"trial {row.number} has other integers than when it was explored",
            str(source),
            "this machine, its number of cores or a package is another one: pick it where it was explored",
        )
    with locked(folder):
        run = Run.create(folder, source_run.config, overwrite)
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source)
            if path.is_dir() or name.name == "config.toml" or any(p.startswith(".") for p in name.parts):
                continue
            with staged_path(folder / name) as temporary:
                shutil.copyfile(path, temporary)
    return run


def _train_again(root: Path, row: TrialRow, pool: JobPool, tell: JobTell) -> None:
    """Train a trial to its end, whatever became of it in the search.

    Raises:
        EdgemlError: as for the training.
    """
    request, base = StudyRequest.read(root / QUESTION), Baseline.read(root / baseline.FILE)
    space = study_space(request, base)
    topology = space.topology({**space.own, **row.point})
    jobs: list[BaselineJob | TrialJob] = []
    if not (root / base_folder(topology) / "float.keras").is_file():
        jobs.append(BaselineJob(root, request, topology))
    jobs.append(
        TrialJob(
            root, request, row.number, row.lines, row.design_lines, TrialStage.TRAINED, 0, base.percent,
            base_folder(topology),
        )
    )  # fmt: skip
    for job in jobs:
        for _, result in pool.results([job], tell):
            if isinstance(result, EdgemlError):
                raise result


def train_line(request: StudyRequest, row: TrialRow) -> str:
    """The command that trains a trial anew, from its preset alone."""
    from edgeml.quoting import shell

    target = (f"targets.board={request.target_name}",) if request.place.board is not None else ()
    stated = {line.partition("=")[0].strip(): line for line in (*target, *request.settings, *row.lines)}
    parts = [f"--set {shell(line)}" for line in stated.values()]
    epochs = [] if request.epochs is None else [f"--epochs {request.epochs}"]
    return " ".join(["edgeml train", shell(request.preset), f"--seed {request.seed}", *epochs, *parts])

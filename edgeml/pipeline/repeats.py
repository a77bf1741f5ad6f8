"""The same training again: on every fold of the data, from several seeds, or both; in parallel processes.

A member is a run folder of its own below that of the whole run: RUN/folds/2, RUN/seeds/1 or
RUN/folds/2/seeds/1. It is trained and lowered like any run, so one that was killed goes on where it stopped,
and one that is done is not trained again. RUN/repeats.json has the figures of the members that are done.

Invariant: the figures do not depend on how many processes there are. A process whose parent is gone stops
after saving its training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgeml import presets, tasks
from edgeml.errors import EdgemlError
from edgeml.importers import outcome
from edgeml.pipeline.artefacts import lower
from edgeml.pipeline.cluster import Cargo, WorkerNeeds, moved_settings, sources_of
from edgeml.pipeline.cluster_pool import ClusterPool
from edgeml.pipeline.pool import JobPool, LocalPool
from edgeml.pipeline.step import Tell, quiet
from edgeml.presets import prepare
from edgeml.runs import Run
from edgeml.tasks import TaskFigure
from edgeml.training.repeats import FILE, MODELS, RepeatFigure, RepeatRow, Repeats

if TYPE_CHECKING:
    from edgeml.training.progress import EpochRow


@dataclass(frozen=True)
class RepeatPlan:
    """The trainings that are repeated.

    Attributes:
        preset: name or file.
        folder: of the whole run, which is trained.
        settings: as `--set` has them.
        seed: the first one; None for 0.
        epochs: most epochs; None for the preset's.
        folds: how many; 0 for none.
        seeds: how many; 1 for the first one alone.
        jobs: processes at a time.
        strict: as for `train`.
        overwrite: as for `train`.
        cluster: address of a Ray cluster whose machines train; "" for processes here.
        gpus: share of a GPU for each training there.
    """

    preset: str
    folder: Path
    settings: tuple[str, ...] = ()
    seed: int | None = None
    epochs: int | None = None
    folds: int = 0
    seeds: int = 1
    jobs: int = 1
    strict: bool = False
    overwrite: bool = False
    cluster: str = ""
    gpus: float = 1.0

    def check(self) -> None:
        """Refuse what cannot be repeated, before anything is trained.

        Raises:
            EdgemlError: a number out of range, folds that the data do not have, or a fold of a fold.
        """
        for name, value, least in (
            ("folds", self.folds, 0),
            ("seeds", self.seeds, 1),
            ("jobs", self.jobs, 1),
        ):
            if value < least:
                raise EdgemlError(f"{value} is no number of {name}", f"--{name}", f"use {least or 3} or more")
        if self.jobs > 1 and not self.folds and self.seeds == 1:
            hint = "add --folds 5 or --seeds 5, or leave --jobs out"
            raise EdgemlError("there are no folds and no seeds to train side by side", "--jobs", hint)
        chosen = presets.choose(presets.load(self.preset), self.settings, self.seed, self.epochs)
        if (self.folds or self.seeds > 1) and chosen.training.strategy != "single":
            hint = "leave --strategy out; --jobs trains several members at a time"
            raise EdgemlError("folds and seeds are trained in one process each", "training.strategy", hint)
        if self.folds and chosen.data.folds:
            hint = "leave data.folds and data.fold out, or --folds"
            raise EdgemlError("the run is one fold already", "--folds", hint)
        if self.folds:
            prepare(chosen.data.model_copy(update={"folds": self.folds, "fold": 1}))

    def members(self) -> list[RepeatMember]:
        """All of them, fold by fold; without folds, the whole run is the first one."""
        first = self.seed or 0
        return [
            RepeatMember(self, fold, seed)
            for fold in (range(1, self.folds + 1) if self.folds else [0])
            for seed in range(first, first + self.seeds)
        ]


@dataclass(frozen=True)
class RepeatMember:
    """One of the trainings: fold 0 is the data's own split."""

    plan: RepeatPlan
    fold: int
    seed: int

    @property
    def place(self) -> Path:
        """Its run folder, from that of the whole run."""
        if not self.fold and self.seed == (self.plan.seed or 0):
            return Path()
        path = Path("folds") / str(self.fold) if self.fold else Path()
        return path / "seeds" / str(self.seed) if self.plan.seeds > 1 else path

    @property
    def title(self) -> str:
        """Its name in a few words."""
        parts = [f"fold {self.fold} of {self.plan.folds}"] if self.fold else []
        return ", ".join([*parts, *([f"seed {self.seed}"] if self.plan.seeds > 1 else [])])

    def train(self, tell: Tell) -> Run:
        """Its run, trained and lowered.

        Raises:
            EdgemlError: as for `edgeml.training.train.train`; names the member.
        """
        from edgeml.training.train import train

        if self.place == Path():
            return Run.open(self.plan.folder)
        plan, preset = self.plan, presets.load(self.plan.preset)
        folds = (f"data.folds={plan.folds}", f"data.fold={self.fold}") if self.fold else ()
        choices = presets.choose(preset, [*plan.settings, *folds], self.seed, plan.epochs)
        folder = plan.folder / self.place
        try:
            run = train(preset, folder, choices, _Watched(self.title, tell), plan.strict, plan.overwrite)
            if not run.graph_file.is_file():
                lower(run, plan.strict)
        except EdgemlError as error:
            raise EdgemlError(f"{self.title}: {error.what}", error.where, error.hint) from None
        return run


def repeat(plan: RepeatPlan, tell: Tell = quiet) -> Repeats:
    """Train all members that are not done, and write RUN/repeats.json after each.

    Args:
        plan: what is repeated; the whole run is trained already.
        tell: called with a line about what is trained.

    Raises:
        EdgemlError: a member cannot be trained, or its process ended; the others of the moment are saved.
        KeyboardInterrupt: likewise; the same call goes on from there.
    """
    members, path = plan.members(), plan.folder / FILE
    done = {key: row for key, row in _earlier(path).items() if _current(row, plan.folder)}
    missing = [member for member in members if (member.fold, member.seed) not in done]
    kind = _figures_of(plan)
    alone = plan.jobs == 1 and not plan.cluster
    work = _in_turn(missing, tell) if alone else _at_once(missing, plan, tell)
    record = _record(plan, members, done, kind)
    for row, figures in work:
        done[row.fold, row.seed] = row
        kind |= {figure.name: figure for figure in figures}
        record = _record(plan, members, done, kind)
        record.write(path)
    record.write(path)
    return record


def _record(
    plan: RepeatPlan,
    members: Sequence[RepeatMember],
    done: dict[tuple[int, int], RepeatRow],
    kind: dict[str, RepeatFigure],
) -> Repeats:
    keys = [(member.fold, member.seed) for member in members]
    data = Run.open(plan.folder).config.data
    split = data.split if data.split != "auto" else "stratified by class" if _classes(data) else "random"
    return Repeats(
        folds=plan.folds,
        seeds=plan.seeds,
        split=f"{split}, split seed {data.split_seed}" if plan.folds else "the data's own split",
        figures=tuple(kind.values()),
        rows=tuple(done[key] for key in keys if key in done),
    )


def _classes(data: presets.DataSpec) -> bool:
    return tasks.load(data.task).truth is tasks.Truth.CLASSES


def _earlier(path: Path) -> dict[tuple[int, int], RepeatRow]:
    """The members in repeats.json; none if it is not there or damaged."""
    with suppress(EdgemlError):
        return {(row.fold, row.seed): row for row in Repeats.read(path).rows}
    return {}


def _figures_of(plan: RepeatPlan) -> dict[str, RepeatFigure]:
    with suppress(EdgemlError):
        return {figure.name: figure for figure in Repeats.read(plan.folder / FILE).figures}
    return {}


def _current(row: RepeatRow, folder: Path) -> bool:
    """True if the member's model is the one that the row is about."""
    with suppress(EdgemlError):
        return Run.open(folder / row.folder).model_digest() == row.model
    return False


def measure(run: Run, member: RepeatMember) -> tuple[RepeatRow, tuple[RepeatFigure, ...]]:
    """The figures of a trained and lowered run on its test part: float, quantization-aware, exact graph.

    Raises:
        EdgemlError: a file of the run is damaged.
    """
    from edgeml.importers.run import own_outputs
    from edgeml.ir.samples import feeds
    from edgeml.keras.load import load_model
    from edgeml.report.exact import executor
    from edgeml.training.ending import ending, threshold_of
    from edgeml.training.fit import outputs_of

    graph, data, task = run.graph(), run.data(), run.config.data.task
    x = feeds(graph, data.x_test)
    values = executor(graph)[0](x)
    fixed = values if isinstance(values, dict) else {graph.outputs[0]: values}
    baseline = load_model(run.float_file)
    floats = {graph.outputs[0]: outputs_of(baseline, data.x_test)}
    threshold = threshold_of(ending(baseline))
    by_model = {
        "float": outcome.figures(task, graph, None, floats, data, threshold),
        "qat": outcome.figures(task, graph, None, own_outputs(run, x), data),
        "fixed": outcome.figures(task, graph, None, fixed, data),
    }
    row = RepeatRow(
        fold=member.fold,
        seed=member.seed,
        folder=member.place.as_posix(),
        model=run.model_digest(),
        trained=len(data.x_train),
        tested=len(data.x_test),
        values={model: {figure.name: figure.value for figure in by_model[model]} for model in MODELS},
    )
    return row, tuple(_stated(figure) for figures in by_model.values() for figure in figures)


def _stated(figure: TaskFigure) -> RepeatFigure:
    return RepeatFigure(name=figure.name, title=figure.title, kind=figure.kind, better=figure.better)


_Done = tuple[RepeatRow, tuple[RepeatFigure, ...]]


def _in_turn(members: Sequence[RepeatMember], tell: Tell) -> Iterator[_Done]:
    for member in members:
        yield measure(member.train(tell), member)


def _at_once(members: Sequence[RepeatMember], plan: RepeatPlan, tell: Tell) -> Iterator[_Done]:
    """The same in processes, here or on a cluster, in the order in which they are done."""
    if plan.cluster:  # the whole run is here already
        yield from _in_turn([member for member in members if member.place == Path()], tell)
        members = [member for member in members if member.place != Path()]

    def show(line: str) -> None:
        if line:
            tell(line)

    pool: JobPool = LocalPool(plan.jobs)
    if plan.cluster:
        pool = ClusterPool(plan.cluster, needs=WorkerNeeds(gpus=plan.gpus))
    with pool:
        for _, result in pool.results([MemberJob(member) for member in members], show):
            if isinstance(result, EdgemlError):
                raise result
            yield result


@dataclass(frozen=True)
class MemberJob:
    """A member as a job of a pool."""

    member: RepeatMember

    @property
    def title(self) -> str:
        """Its name in a few words."""
        return self.member.title

    @property
    def place(self) -> str:
        """Its run folder."""
        return str(self.member.plan.folder / self.member.place)

    def cargo(self) -> Cargo:
        """Its files: its run folder."""
        plan = self.member.plan
        outside, datasets = sources_of(plan.preset, Run.open(plan.folder).config.data)
        return Cargo(plan.folder, self.member.place.as_posix(), (), outside, datasets)

    def moved(self, root: Path, outside: Mapping[str, str]) -> MemberJob:
        """The same on another machine."""
        plan = self.member.plan
        settings = (*plan.settings, *moved_settings(Run.open(plan.folder).config.data, outside))
        changed = replace(plan, folder=root, preset=outside.get(plan.preset, plan.preset), settings=settings)
        return MemberJob(replace(self.member, plan=changed))

    def run(self, tell: Tell) -> _Done:
        """Its figures.

        Raises:
            EdgemlError: as for `RepeatMember.train`.
        """
        return measure(self.member.train(tell), self.member)


class _Watched:
    """Progress of a member as lines."""

    def __init__(self, title: str, tell: Callable[[str], None]) -> None:
        self._title, self._tell = title, tell
        self._phase, self._epochs = "", 0

    def phase(self, name: str, epochs: int, done: int) -> None:
        self._phase, self._epochs = {"float": "float baseline", "qat": "quantization-aware"}[name], epochs
        self._tell(f"{self._title}: {self._phase}, {done} of {epochs} epochs")

    def advance(self, fraction: float) -> None:
        self._tell("")

    def epoch(self, row: EpochRow) -> None:
        self._tell(f"{self._title}: {self._phase}, {row.epoch} of {self._epochs} epochs, {row.shown}")

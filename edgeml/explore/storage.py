"""Optuna's side of a study: its storage, its samplers, and trials that do not depend on timing.

The trials of a generation are asked for together, each with a sampler that is seeded with the study's seed
and the trial's number. So a trial depends on what was told before its generation began and on nothing else,
and a generation that was interrupted is completed as it would have been.

Invariant: every fault of the storage is an `EdgemlError` that says what to do; what was told before is there.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.explore import metric as metrics
from edgeml.explore.knob import Choice, Dimension
from edgeml.explore.record import RowState, TrialRow
from edgeml.explore.request import Sampler, StudyRequest
from edgeml.explore.space import StudySpace
from edgeml.reading import error_text

if TYPE_CHECKING:
    import optuna

FILE = "study.db"
_NAME = "edgeml"
_ROW, _CONFIRMED = "row", "confirmed."


def _optuna() -> Any:
    """The module, quiet.

    Raises:
        MissingToolError: it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingToolError("Optuna is not installed", "explore", install.command("explore")) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def default_url(folder: Path) -> str:
    """The SQLite file in the folder of a study."""
    return f"sqlite:///{(folder / FILE).resolve()}"


def shown_url(url: str) -> str:
    """An address without its password.

    >>> shown_url("postgresql+psycopg://me:secret@host/db")
    'postgresql+psycopg://me:***@host/db'
    """
    return re.sub(r"(://[^:/@]+):[^@]*@", r"\1:***@", url)


@contextmanager
def storage_faults(url: str) -> Iterator[None]:
    """A context in which every fault of Optuna's storage is one error.

    Raises:
        EdgemlError: says what the storage said.
    """
    from sqlalchemy.exc import SQLAlchemyError

    optuna = _optuna()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
            yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, KeyError) as error:
        cause = error.__cause__ or error
        hint = "make it reachable again, or free some space; the same command goes on, nothing told is lost"
        raise EdgemlError(f"the storage cannot be used: {error_text(cause)}", shown_url(url), hint) from None
    except (ImportError, ModuleNotFoundError) as error:
        raise MissingToolError(
            f"the driver of this storage is not installed: {error_text(error)}",
            shown_url(url),
            install.command("cluster"),
        ) from None


@dataclass
class StudyStorage:
    """A study in Optuna's storage.

    Attributes:
        study: Optuna's.
        url: of the storage.
        request: the question.
        space: whose points trials are.
        backend: Optuna's access to the storage.
    """

    study: optuna.Study
    url: str
    request: StudyRequest
    space: StudySpace
    backend: Any

    @staticmethod
    def of(folder: Path, url: str, request: StudyRequest, space: StudySpace) -> StudyStorage:
        """The study in a storage, begun if it is not there.

        Args:
            folder: of the study, whose name the study has in a storage that several share.
            url: of the storage.
            request: the question.
            space: of the trials.

        Raises:
            EdgemlError: the storage cannot be used.
        """
        with storage_faults(url):
            backend = _opened(url)
            try:
                study = _begun(backend, _study_name(folder, url), request)
            except BaseException:
                _close(backend)
                raise
        return StudyStorage(study, url, request, space, backend)

    def close(self) -> None:
        """Close the connections; the next question opens one again."""
        _close(self.backend)

    def rows(self) -> dict[int, TrialRow]:
        """The trials that ended, by number."""
        with storage_faults(self.url):
            trials = self.study.get_trials(deepcopy=False)
        return {
            trial.number: TrialRow.model_validate_json(trial.user_attrs[_ROW])
            for trial in trials
            if trial.state.is_finished() and _ROW in trial.user_attrs
        }

    def ask(
        self, numbers: Sequence[int], planned: Mapping[int, Mapping[str, Choice]]
    ) -> dict[int, dict[str, Choice]]:
        """The points of the trials of a generation; those that were asked for before are as they were.

        Args:
            numbers: of the generation, in rising order.
            planned: points that are not Optuna's to choose.

        Raises:
            EdgemlError: the storage cannot be used, or another search works on the study.
        """
        with storage_faults(self.url):
            there = {trial.number: dict(trial.params) for trial in self.study.get_trials(deepcopy=False)}
            distributions = {one.name: _distribution(one) for one in self.space.dimensions}
            points: dict[int, dict[str, Choice]] = {}
            for number in numbers:
                if number not in there:
                    self.study.sampler = _sampler(self.request, number)
                    if number in planned:
                        self.study.enqueue_trial(dict(planned[number]))
                    trial = self.study.ask(distributions)
                    if trial.number != number:
                        raise EdgemlError(
                            f"trial {trial.number} is another search's, {number} was to come",
                            shown_url(self.url),
                            "let no second command work on this study",
                        )
                    there[number] = dict(trial.params)
                params = there[number]
                missing = [one.name for one in self.space.dimensions if one.name not in params]
                if missing:  # the process ended while it was asked for
                    params = params | {name: self.space.own[name] for name in missing}
                points[number] = {one.name: params[one.name] for one in self.space.dimensions}
        return points

    def tell(self, row: TrialRow, values: Sequence[float], excess: Sequence[float]) -> None:
        """Keep the end of a trial.

        Args:
            row: it.
            values: of the objectives.
            excess: above each limit, as a share of it.
        """
        optuna = _optuna()
        states = {
            RowState.TRAINED: optuna.trial.TrialState.COMPLETE,
            RowState.DROPPED: optuna.trial.TrialState.PRUNED,
            RowState.FAILED: optuna.trial.TrialState.FAIL,
        }
        with storage_faults(self.url):
            trial = next(one for one in self.study.get_trials(deepcopy=False) if one.number == row.number)
            trial = optuna.trial.Trial(self.study, trial._trial_id)
            for limit, share in zip(self.request.limits, excess, strict=True):
                if limit.metric not in trial.constraints:
                    trial.set_constraint(limit.metric, share)
            trial.set_user_attr(_ROW, row.model_dump_json())
            done = row.state is RowState.TRAINED
            self.study.tell(row.number, list(values) if done else None, state=states[row.state])

    def confirm(self, row: TrialRow) -> None:
        """Keep what a tool counted of a trial that ended."""
        with storage_faults(self.url):
            self.study.set_user_attr(f"{_CONFIRMED}{row.number}", row.model_dump_json())

    def confirmed(self) -> dict[int, TrialRow]:
        """The trials whose figures a tool counted."""
        with storage_faults(self.url):
            attributes = self.study.user_attrs
        return {
            int(key.removeprefix(_CONFIRMED)): TrialRow.model_validate_json(text)
            for key, text in attributes.items()
            if key.startswith(_CONFIRMED)
        }


def stored_row(folder: Path, url: str, number: int) -> TrialRow:
    """A trial that ended, as a study's storage has it.

    Args:
        folder: of the study.
        url: of the storage; "" for the file in the folder.
        number: of the trial.

    Raises:
        EdgemlError: the storage cannot be used, or has no such trial that ended.
    """
    optuna = _optuna()
    address = url or default_url(folder)
    if not url and not (folder / FILE).is_file():
        raise EdgemlError("is not there", str(folder / FILE), "state the storage of the study with --storage")
    with storage_faults(address):
        storage = _opened(address)
        try:
            study = optuna.load_study(study_name=_study_name(folder, address), storage=storage)
            trial = next((one for one in study.get_trials(deepcopy=False) if one.number == number), None)
        finally:
            _close(storage)
    if trial is None or _ROW not in trial.user_attrs:
        raise EdgemlError(
            f"has no trial {number} that ended", str(folder), "edgeml explore STUDY lists the front"
        )
    return TrialRow.model_validate_json(trial.user_attrs[_ROW])


def check_reachable(url: str) -> None:
    """Open a storage and close it again, before anything is trained for it.

    Args:
        url: of the storage.

    Raises:
        EdgemlError: the storage cannot be used.
        MissingToolError: its driver is not installed.
    """
    with storage_faults(url):
        _close(_opened(url))


def _opened(url: str) -> Any:
    """Optuna's access to the storage.

    A SQLite file has no pool: a connection that waits in the pool of a damaged storage is never closed.
    """
    from sqlalchemy.pool import NullPool

    file = url.startswith("sqlite:")
    storage = _optuna().storages.RDBStorage(
        _driver(url), engine_kwargs={"poolclass": NullPool} if file else {}
    )
    if file:
        _write_ahead(storage.engine)
    return storage


def _write_ahead(engine: Any) -> None:
    """Let a commit go to SQLite's write-ahead log without waiting for the disk.

    Optuna commits every choice by itself. What is committed outlives the process; if the power fails, the
    last trials are done again.
    """
    from sqlalchemy import event

    def configure(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    event.listen(engine, "connect", configure)
    engine.edgeml_open = engine.connect()  # the log is written to the file when the last connection is closed


def _begun(backend: Any, name: str, request: StudyRequest) -> optuna.Study:
    """The study of this name in the storage, begun if it is not there."""
    optuna = _optuna()
    study = optuna.create_study(
        storage=backend,
        study_name=name,
        load_if_exists=True,
        directions=["maximize" if metrics.load(one).higher else "minimize" for one in request.objectives],
        sampler=_sampler(request, 0),
    )
    if not study.metric_names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # noqa: TID251
            study.set_metric_names(list(request.objectives))
    return study


def _close(storage: Any) -> None:
    with suppress(Exception):
        storage.remove_session()
        connection = getattr(storage.engine, "edgeml_open", None)
        if connection is not None:
            connection.close()
        storage.engine.dispose()


def _driver(url: str) -> str:
    """The address with the driver that edgeml has."""
    return re.sub(r"^postgres(ql)?(\+psycopg2?)?:", "postgresql+psycopg:", url)


def _study_name(folder: Path, url: str) -> str:
    """The name of a study: its folder's, in a storage that several share."""
    return _NAME if url == default_url(folder) else f"{_NAME}-{folder.resolve().name}"


def _distribution(dimension: Dimension) -> Any:
    """Optuna's form of a dimension."""
    distributions = _optuna().distributions
    choices = dimension.choices
    whole = [one for one in choices if isinstance(one, int) and not isinstance(one, bool)]
    step = whole[1] - whole[0] if len(whole) > 1 else 1
    if len(whole) == len(choices) and step > 0 and whole == list(range(whole[0], whole[-1] + 1, step)):
        return distributions.IntDistribution(whole[0], whole[-1], step=step)
    return distributions.CategoricalDistribution(choices)


def _sampler(request: StudyRequest, number: int) -> Any:
    """The sampler of one trial."""
    samplers = _optuna().samplers
    seed = (request.seed * 1_000_003 + number) % 2**32
    match request.sampler:
        case Sampler.TPE:
            return samplers.TPESampler(
                n_startup_trials=request.generation,
                multivariate=True,
                constant_liar=True,
                seed=seed,
            )
        case Sampler.NSGA2:
            return samplers.NSGAIISampler(population_size=request.generation, seed=seed)
        case Sampler.NSGA3:
            return samplers.NSGAIIISampler(population_size=request.generation, seed=seed)

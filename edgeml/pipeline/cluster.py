"""Jobs on the machines of a Ray cluster: what a job reads travels with it, what it wrote comes back.

No folder is shared. A job says which files it reads (`Cargo`); those that many jobs read lie in Ray's object
store and reach each machine once. It works in a scratch folder there, and its own folder is written here
when it is done. Ray begins a job again if its worker or its machine ends, or runs out of memory; one that
takes too long is ended and begun again here.

Ray ends the process that is connected to a cluster when the head is gone, so the driver here is used from a
process of its own, see `edgeml.pipeline.cluster_pool`.

Invariant: a job has one result, however often it was begun, and its files are written once, by the driver.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar, cast

from edgeml import install
from edgeml._version import __version__
from edgeml.errors import EdgemlError, MissingToolError, excerpt
from edgeml.files import FileSet, read_bytes
from edgeml.pipeline.pool import JobPool, JobTell, PoolBounds, PoolJob
from edgeml.presets import DataSpec
from edgeml.reading import error_text
from edgeml.scratch import scratch_folder

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_POLL_SECONDS = 1.0
_CONNECT_SECONDS = 60.0
_KNOCK_SECONDS = 10.0
_DATA = "data"
CLUSTER_BOUNDS = PoolBounds(attempts=4, silent_seconds=4 * 3600.0)

Carried = Mapping[str, bytes]
"""Contents by path."""


@dataclass(frozen=True)
class Cargo:
    """The files of a job, by paths from its root.

    Attributes:
        root: the folder that all paths begin at.
        own: the folder that it works in, whose files travel with it and come back.
        shared: files that other jobs read too, and that no job changes.
        outside: files elsewhere that its settings name: they lie beside the root on the other machine.
        datasets: names of data sets that it reads.
    """

    root: Path
    own: str
    shared: tuple[str, ...] = ()
    outside: tuple[Path, ...] = ()
    datasets: tuple[str, ...] = ()


class CarriedJob(PoolJob[T_co], Protocol[T_co]):
    """A job that can be done on another machine."""

    def cargo(self) -> Cargo:
        """Its files."""
        ...

    def moved(self, root: Path, outside: Mapping[str, str]) -> Self:
        """The same job at another root.

        Args:
            root: there.
            outside: paths there by paths here.
        """
        ...


def sources_of(preset: str, data: DataSpec) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files of the user's that a training reads, and the data sets by name.

    Args:
        preset: name or file.
        data: what it is trained on.
    """
    files = [Path(preset)] if Path(preset).suffix == ".py" else []
    source = Path(data.dataset)
    if source.is_file():
        return (*files, source), ()
    return tuple(files), (data.dataset,)


def moved_settings(data: DataSpec, outside: Mapping[str, str]) -> tuple[str, ...]:
    """The assignment with which a training reads its data on another machine; none for a data set by name."""
    there = outside.get(data.dataset)
    return () if there is None else (f'data.dataset="{there}"',)


@dataclass(frozen=True)
class WorkerNeeds:
    """The needs of a job.

    Attributes:
        cores: processors.
        memory_mb: memory.
        gpus: share of a GPU, where the cluster has some; 0: none is seen.
    """

    cores: int = 1
    memory_mb: int = 1200
    gpus: float = 0.0


@dataclass
class _Begun:
    index: int
    job: CarriedJob[Any]
    since: float
    attempt: int


@dataclass
class ClusterDriver(JobPool):
    """Workers of a Ray cluster.

    Attributes:
        address: of the cluster's head: "auto", HOST:PORT or ray://HOST:PORT.
        bounds: of each job; `silent_seconds` is what a whole job may take.
        needs: of each job.
    """

    address: str
    bounds: PoolBounds = CLUSTER_BOUNDS
    needs: WorkerNeeds = field(default_factory=WorkerNeeds)
    _shared: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ray = _connected(self.address)
        _check_versions(self._ray)
        self._work = self._ray.remote(
            num_cpus=self.needs.cores,
            num_gpus=self.needs.gpus if self._ray.cluster_resources().get("GPU") else 0,
            memory=self.needs.memory_mb * 2**20,
            max_retries=max(0, self.bounds.attempts - 1),
        )(carried_out)

    def results(
        self, jobs: Sequence[PoolJob[T]], tell: JobTell = lambda _: None
    ) -> Iterator[tuple[int, T | EdgemlError]]:
        begun: dict[Any, _Begun] = {}
        try:
            with _cluster_faults(self.address):
                for index, job in enumerate(jobs):
                    self._begin(begun, index, cast("CarriedJob[T]", job), 1)
            while begun:
                with _cluster_faults(self.address):
                    done, _ = self._ray.wait(list(begun), num_returns=1, timeout=_POLL_SECONDS)
                    ends = [(begun.pop(reference), reference) for reference in done]
                    self._end_slow(begun, tell)
                tell("")
                for one, reference in ends:
                    tell(f"{one.job.title} ends, {len(begun)} are left")
                    with _cluster_faults(self.address):
                        result = self._result(one, reference)
                    yield one.index, result
        except BaseException:
            for reference in begun:
                with suppress(Exception):
                    self._ray.cancel(reference, force=True)
            raise

    def _begin(self, begun: dict[Any, _Begun], index: int, job: CarriedJob[Any], attempt: int) -> None:
        """Send a job out."""
        cargo = job.cargo()
        shared = {name: self._stored(name, cargo.root / name) for name in cargo.shared}
        outside = {str(path): self._stored(str(path), path) for path in cargo.outside}
        data = {path.name: self._stored(str(path), path) for path in _data_files(cargo.datasets)}
        reference = self._work.remote(job, shared, outside, data, _files_below(cargo.root / cargo.own))
        begun[reference] = _Begun(index, job, time.monotonic(), attempt)

    def _stored(self, name: str, path: Path) -> Any:
        """A file in the object store, put there once."""
        if name not in self._shared:
            self._shared[name] = self._ray.put(read_bytes(path, "file of a job"))
        return self._shared[name]

    def _end_slow(self, begun: dict[Any, _Begun], tell: JobTell) -> None:
        """Begin jobs again that take too long; one that did so too often is left to Ray."""
        bound = self.bounds.silent_seconds
        for reference, one in list(begun.items()):
            if bound and time.monotonic() - one.since > bound and one.attempt < self.bounds.attempts:
                self._ray.cancel(reference, force=True)
                del begun[reference]
                tell(f"{one.job.title}: it takes too long; it is begun again")
                self._begin(begun, one.index, one.job, one.attempt + 1)

    def _result(self, one: _Begun, reference: Any) -> Any:
        """The result of a job, after its files are written; the error of one that Ray gave up."""
        try:
            result, files = self._ray.get(reference)
        except (self._ray.exceptions.WorkerCrashedError, self._ray.exceptions.OutOfMemoryError) as error:
            return EdgemlError(f"{one.job.title}: {_first_line(error)}", one.job.place, "give it more memory")
        cargo = one.job.cargo()
        if files:
            FileSet(files).write(cargo.root / cargo.own)
        return EdgemlError(*result) if isinstance(result, list) else result

    def close(self) -> None:
        """Leave the cluster; its jobs end."""
        with suppress(Exception):
            self._ray.shutdown()


def carried_out(
    job: CarriedJob[Any],
    shared: Mapping[str, Any],
    outside: Mapping[str, Any],
    data: Mapping[str, Any],
    own: Carried,
) -> tuple[Any, dict[str, bytes]]:
    """The work of a job on another machine.

    Args:
        job: it.
        shared: references to files below its root.
        outside: references to files that its settings name, by their paths at home.
        data: references to files of data sets, by name.
        own: the files of its own folder.

    Returns:
        Its result, or an error in its parts; and the files of its own folder.
    """
    import ray

    # TensorFlow else takes all GPUs that it sees, and all of their memory.
    if not ray.get_gpu_ids():
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    cargo = job.cargo()
    with scratch_folder() as folder:
        base = Path(folder)
        root = base / "root"
        for name, reference in shared.items():
            _put(root / name, ray.get(reference))
        for name, content in own.items():
            _put(root / cargo.own / name, content)
        there: dict[str, str] = {}
        for number, (name, reference) in enumerate(outside.items()):
            place = base / "outside" / str(number) / Path(name).name
            _put(place, ray.get(reference))
            there[name] = str(place)
        for name, reference in data.items():
            _put(base / _DATA / name, ray.get(reference))
        if data:
            os.environ["EDGEML_DATA"] = str(base / _DATA)
        try:
            result = job.moved(root, there).run(lambda _: None)
        except EdgemlError as error:
            result = [error.what, error.where.replace(str(root), str(cargo.root)), error.hint]
        back = [(place.encode(), name.encode()) for name, place in there.items()]
        return result, dict(_homeward(_files_below(root / cargo.own), back))


def _homeward(files: Carried, places: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Files with the paths of home in config.toml."""
    for name, content in files.items():
        if Path(name).name == "config.toml":
            for place, home in places:
                content = content.replace(place, home)
        yield name, content


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _files_below(folder: Path) -> dict[str, bytes]:
    """All files of a folder but locks; none if it is not there."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"]
    return {path.relative_to(folder).as_posix(): read_bytes(path, "file of a job") for path in paths}


def _data_files(names: Sequence[str]) -> Iterator[Path]:
    """Files of data sets here, which travel; other data sets are had on each machine as here."""
    place = os.environ.get("EDGEML_DATA")
    for name in names:
        if place and (Path(place) / f"{name}.npz").is_file():
            yield Path(place) / f"{name}.npz"


def _connected(address: str) -> Any:
    """Ray, connected to a cluster.

    Raises:
        EdgemlError: it cannot be reached.
        MissingToolError: Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingToolError("Ray is not installed", "--cluster", install.command("cluster")) from error
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.shutdown()  # of an earlier search of this process
    with _cluster_faults(address):
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, namespace="edgeml")
    return ray


def _knock(address: str) -> None:
    """Open a connection to HOST:PORT, for Ray itself tries for minutes.

    Raises:
        OSError: nobody answers.
        ValueError: it is no address.
    """
    if address == "auto":
        return
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError("is no HOST:PORT")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_SECONDS):
        pass


def _check_versions(ray: Any) -> None:
    """Refuse machines with another version of edgeml.

    Raises:
        EdgemlError: names the machine and both versions.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    alive = [node for node in ray.nodes() if node["Alive"]]
    ask = ray.remote(num_cpus=0, max_retries=1)(node_version)
    versions = {
        node["NodeManagerAddress"]: ask.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        ).remote()
        for node in alive
    }
    for name, reference in versions.items():
        try:
            version = ray.get(reference, timeout=_CONNECT_SECONDS)
        except ray.exceptions.RayError as error:
            what = f"edgeml cannot be asked for its version there: {_first_line(error)}"
            raise EdgemlError(
                what, f"--cluster, machine {name}", f"install edgeml {__version__} there"
            ) from None
        if version != __version__:
            raise EdgemlError(
                f"has edgeml {version}, this machine {__version__}",
                f"--cluster, machine {name}",
                f"install edgeml {__version__} there",
            )


def node_version() -> str:
    """The version of edgeml where this runs."""
    from edgeml._version import __version__ as there

    return there


@contextmanager
def _cluster_faults(address: str) -> Iterator[None]:
    """A context in which every fault of the cluster is one error.

    Raises:
        EdgemlError: says what Ray said.
    """
    from ray.exceptions import RayError

    try:
        yield
    except (RayError, OSError, RuntimeError, ValueError) as error:
        raise EdgemlError(
            f"the cluster cannot be used: {_first_line(error)}",
            f"--cluster {address}",
            "see ray status there; the same command goes on, also without --cluster",
        ) from None


def _first_line(error: BaseException) -> str:
    lines = error_text(error).splitlines()
    return excerpt(lines[0], 200) if lines else type(error).__name__

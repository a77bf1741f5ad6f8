"""A local Ray cluster of two nodes: files travel; workers, nodes and the head end in the middle of work."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from edgeml.errors import EdgemlError
from edgeml.pipeline import cluster
from edgeml.pipeline.cluster import ClusterDriver, WorkerNeeds
from edgeml.pipeline.cluster_pool import ClusterPool
from edgeml.pipeline.pool import PoolBounds
from tests.cli.command import Shell
from tests.explore.carried import SumJob

ray_cluster = pytest.importorskip("ray.cluster_utils")
ROOT = Path(__file__).parent.parent.parent
NEEDS = WorkerNeeds(1, 100)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own sockets and files
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head without processors and two nodes with one each."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    there = ray_cluster.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    there.workers = [there.add_node(num_cpus=1) for _ in range(2)]
    try:
        yield there
    finally:
        there.shutdown()


def jobs(folder: Path, *kinds: str) -> list[SumJob]:
    root, marks = folder / "root", folder / "marks"
    root.mkdir(exist_ok=True)
    marks.mkdir(exist_ok=True)
    (root / "shared.txt").write_text("100")
    return [SumJob(root, number, kind, marks) for number, kind in enumerate(kinds)]


def begins(folder: Path, number: int) -> int:
    return len(list((folder / "marks").glob(f"{number}.*")))


def pids(folder: Path) -> list[int]:
    """The processes that began jobs."""
    return [int(text) for path in (folder / "marks").glob("?.?") if (text := path.read_text())]


def until(condition: Any, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def test_files_travel_and_workers_end(nodes, tmp_path) -> None:
    work = jobs(tmp_path, "", "fails", "dies once", "", "dies")
    lines: list[str] = []
    with ClusterPool(nodes.address, PoolBounds(attempts=2), NEEDS) as pool:
        results = dict(pool.results(work, lines.append))
    assert sorted(results) == list(range(5))
    assert [results[index] for index in (0, 2, 3)] == [100, 102, 103]
    failed, dead = results[1], results[4]
    assert isinstance(failed, EdgemlError) and failed.where == work[1].place and failed.what == "is odd"
    assert isinstance(dead, EdgemlError) and "job 4" in dead.what
    assert [begins(tmp_path, number) for number in range(5)] == [1, 1, 2, 1, 2]
    written = {path.parent.name: path.read_text() for path in (tmp_path / "root/own").rglob("result.txt")}
    assert written == {"0": "100\n", "2": "102\n", "3": "103\n"}
    assert any("left" in line for line in lines)


def test_a_node_that_is_removed(nodes, tmp_path) -> None:
    work = jobs(tmp_path, "waits", "waits")
    results: dict[int, Any] = {}
    with ClusterPool(nodes.address, PoolBounds(attempts=3), NEEDS) as pool:

        def remove() -> None:
            until(lambda: begins(tmp_path, 0) and begins(tmp_path, 1))
            nodes.remove_node(nodes.workers[0], allow_graceful=False)
            until(lambda: not all(Path(f"/proc/{pid}").exists() for pid in pids(tmp_path)))
            (tmp_path / "marks/go").touch()

        removing = threading.Thread(target=remove)
        removing.start()
        results = dict(pool.results(work))
        removing.join()
    assert results == {0: 100, 1: 101}
    assert begins(tmp_path, 0) + begins(tmp_path, 1) == 3, "one was begun again, and counted once"


def test_a_job_that_takes_too_long_is_begun_again(nodes, tmp_path) -> None:
    (work,) = jobs(tmp_path, "waits")
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        if "begun again" in line:
            (tmp_path / "marks/go").touch()

    with ClusterPool(nodes.address, PoolBounds(attempts=2, silent_seconds=20.0), NEEDS) as pool:
        assert dict(pool.results([work], tell)) == {0: 100}
    assert begins(tmp_path, 0) == 2


def test_another_version_is_refused(nodes) -> None:
    with (
        mock.patch.object(cluster, "__version__", "99.0"),
        pytest.raises(
            EdgemlError, match=r"machine .*: has edgeml .*, this machine 99\.0 \(install edgeml 99\.0"
        ),
    ):
        ClusterDriver(nodes.address)
    import ray

    ray.shutdown()


def test_a_cluster_that_cannot_be_reached(edgeml: Shell, tmp_path) -> None:
    done = edgeml(
        "explore", "iris_mlp", "--cluster", "127.0.0.1:1", "--out", str(tmp_path / "s"), "--trials", "2"
    )
    assert done.code == 2 and "Traceback" not in done.err
    assert "--cluster 127.0.0.1:1" in done.err and "cannot be used" in done.err
    assert "also without --cluster" in done.err


def test_killing_the_driver_ends_its_jobs(nodes, tmp_path) -> None:
    work = jobs(tmp_path, "waits")
    pool = ClusterPool(nodes.address, PoolBounds(attempts=2), NEEDS)
    results = pool.results(work)

    def interrupt() -> None:
        until(lambda: begins(tmp_path, 0))
        os.kill(os.getpid(), signal.SIGINT)

    stop = threading.Thread(target=interrupt)
    stop.start()
    with pytest.raises(KeyboardInterrupt):
        list(results)
    stop.join()
    pool.close()
    (pid,) = pids(tmp_path)
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_the_head_goes_away_and_comes_back(nodes, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "5")
    (work,) = jobs(tmp_path, "waits")
    pool = ClusterPool(nodes.address, PoolBounds(attempts=2), NEEDS, connects=1, pause_seconds=0.1)
    results = pool.results([work])

    def behead() -> None:
        until(lambda: begins(tmp_path, 0))
        nodes.head_node.kill_gcs_server()

    ending = threading.Thread(target=behead)
    ending.start()
    with pytest.raises(EdgemlError, match="the cluster cannot be used.*also without --cluster"):
        list(results)
    ending.join()
    nodes.shutdown()
    (tmp_path / "marks/go").touch()
    again = ray_cluster.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    try:
        with ClusterPool(again.address, PoolBounds(attempts=2), NEEDS) as pool:
            assert dict(pool.results([work])) == {0: 100}
    finally:
        again.shutdown()

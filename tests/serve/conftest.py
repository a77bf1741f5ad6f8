"""A folder of runs, and the page over it in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from edgeml.ir import saved
from edgeml.report import write
from edgeml.report.collect import collect
from edgeml.report.sections.speed import collect as speed
from edgeml.runs import Run
from edgeml.serve.app import application
from edgeml.serve.server import listening
from edgeml.training.history import write_history
from edgeml.training.progress import EpochRow
from tests.explore.made_up import sample_record, write_study
from tests.report.conftest import chrome as chrome
from tests.report.test_collect import iris_graph, make_run, write_float


def epochs(count: int, phase: str = "qat") -> list[EpochRow]:
    """Rows of a training."""
    return [EpochRow(phase, n, 0.01, 1 / n, 0.5, 1.1 / n, 1 - 0.5 / n) for n in range(1, count + 1)]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two reported runs, one in training, and one that cannot be read."""
    root = tmp_path_factory.mktemp("served") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speed, "SECONDS", 0.01)
        patch.setenv("EDGEML_LEDGER", str(root.parent / "ledger.jsonl"))
        for name, settings in (("first", ()), ("second", ("quantizers.weights.bits=4",))):
            run = make_run(root / name, iris_graph(), settings)
            write_float(run.onnx / "float.onnx")
            write_history(run.history_file, epochs(5))
            run.model_file.write_bytes(b"")  # its training is over
            run.model_file.unlink()
            write(collect(run), run.folder)
    going = make_run(root / "going", iris_graph())
    write_history(going.history_file, epochs(3))
    saved.save(iris_graph()).write(going.folder)
    (root / "broken").mkdir()
    (root / "broken" / "config.toml").write_text("seed = ")
    (root / "none").mkdir()
    (root / "search").mkdir()
    write_study(root / "search", sample_record())
    (root.parent / "secret").mkdir()
    (root.parent / "secret" / "config.toml").write_text("")
    (root / "linked").symlink_to(root.parent / "secret")
    return root


@pytest.fixture(scope="session")
def address(runs: Path) -> Iterator[str]:
    """The address of the page over `runs`."""
    listener = listening(0)
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(application(runs, port), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not server.started and time.monotonic() < end:
        time.sleep(0.02)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture
def training(runs: Path) -> Run:
    """The run that is in training."""
    return Run.open(runs / "going")

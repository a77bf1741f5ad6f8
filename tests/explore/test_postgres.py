"""A real PostgreSQL server, started for the test: a study in it; it goes away and comes back."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeml.errors import EdgemlError
from edgeml.explore.record import RowState
from edgeml.explore.search import Search
from edgeml.explore.storage import stored_row
from tests.explore.made_up import MadeUpPool, question
from tests.explore.test_search import searched, what_counts

pytestmark = [pytest.mark.slow, pytest.mark.tool]


class Server:
    """A server on a free port, run by an unprivileged user.

    Args:
        binaries: folder of initdb and postgres.
        folder: of its data.
        user: who runs it; None for the one that runs the test.
    """

    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self._binaries, self._folder = binaries, folder
        self._who: dict[str, Any] = {} if user is None else {"user": user, "group": user}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._call("initdb", "--auth=trust", "--username=me", "--no-sync", "-D", str(folder / "data"))

    @property
    def url(self) -> str:
        return f"postgresql://me:secret@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -k {self._folder} -h 127.0.0.1 -c fsync=off"
        self._call(
            "pg_ctl",
            "-D",
            str(self._folder / "data"),
            "-o",
            options,
            "-w",
            "-l",
            str(self._folder / "log"),
            "start",
        )

    def stop(self) -> None:
        self._call("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL, **self._who)


@pytest.fixture
def server() -> Iterator[Server]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip("PostgreSQL's server is not installed (apt-get install postgresql)")
    binaries = found[-1].parent if found else Path(str(on_path)).parent
    user = None
    if os.geteuid() == 0:
        names = [entry.pw_name for entry in pwd.getpwall() if entry.pw_name in ("postgres", "nobody")]
        if not names:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")
        user = "postgres" if "postgres" in names else names[0]
    folder = Path(tempfile.mkdtemp(prefix="edgeml-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    there = Server(binaries, folder, user)
    there.start()
    try:
        yield there
    finally:
        there.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_study_in_it_is_the_one_of_a_file(server, tmp_path) -> None:
    record = searched(tmp_path / "a", question(), url=server.url)
    assert not (tmp_path / "a/study.db").exists()
    assert what_counts(record) == what_counts(searched(tmp_path / "b", question()))
    assert stored_row(tmp_path / "a", server.url, 0).state is RowState.TRAINED
    assert "secret" not in (tmp_path / "a/explore.json").read_text()


def test_a_server_that_went_away_and_came_back(server, tmp_path) -> None:
    root = tmp_path / "a"
    searched(root, question(), trials=6, url=server.url)

    class Stopping(MadeUpPool):
        def results(self, jobs, tell=lambda _: None):
            yield from super().results(jobs, tell)
            if not stopped:
                stopped.append(True)
                server.stop()

    stopped: list[bool] = []
    with pytest.raises(EdgemlError, match=r"me:\*\*\*@.*the storage cannot be used.*same command goes on"):
        Search(question(), root, 18, 1, Stopping(), server.url).run()
    server.start()
    again = searched(root, question(), url=server.url)
    assert what_counts(again) == what_counts(searched(tmp_path / "b", question()))

"""scripts/setup on made-up locks and indexes, without network: a lock is installed as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import indexes

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PIP = "22.3"
"""The versions that ensurepip of Python 3.11.0 brings."""

BACKEND = """
import sys; sys.path.insert(0, {root!r})
from pathlib import Path
from tests import indexes

def build_editable(folder, settings=None, metadata=None):
    links = {{"made_up_project.pth": {here!r} + "\\n"}}
    commands = {{"entry_points.txt": "[console_scripts]\\nmade-up = made_up_project:main\\n"}}
    return indexes.wheel(Path(folder), "made-up-project", "1.0", files=links, about=commands).name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "made-up-project"
version = "1.0"
[project.scripts]
made-up = "made_up_project:main"
"""


class Project:
    """A folder with this project's scripts, a lock and an index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.index = folder / "index"
        self.index.mkdir(parents=True)
        shutil.copytree(ROOT / "scripts", self.folder / "scripts")
        (self.folder / "pyproject.toml").write_text(PYPROJECT)
        (self.folder / "backend.py").write_text(BACKEND.format(root=str(ROOT), here=str(self.folder)))
        (self.folder / "made_up_project.py").write_text("def main(): print('it runs')\n")

    def lock(self, *lines: str) -> None:
        (self.folder / "requirements.lock").write_text("# made by a test\n" + "".join(lines))

    def package(
        self, name: str, version: str, *requires: str, extras: tuple[str, ...] = (), marker: str = ""
    ) -> str:
        """Its line of the lock; it and a newer release are in the index."""
        made = indexes.wheel(self.index, name, version, requires, extras)
        indexes.wheel(self.index, name, f"{int(version.split('.')[0]) + 5000}.0", requires, extras)
        return indexes.pin(name, version, made, marker)

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        kept = {
            key: text
            for key, text in os.environ.items()
            if not key.startswith("PIP_") and key != "PYTHONPATH"
        }
        own = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.index)}
        return subprocess.run(
            words,
            cwd=self.folder,
            env={**kept, **own},
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )

    def setup(self, python: str = sys.executable) -> str:
        done = self.run("scripts/setup", python)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"

    def versions(self) -> dict[str, str]:
        done = self.run(self.python, "-m", "pip", "list", "--format=freeze")
        lines = (line.split("==") for line in done.stdout.split())
        return {
            name: version for name, version in lines if name not in {"pip", "setuptools", "made-up-project"}
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="session")
def oldest_pip(pytestconfig: pytest.Config) -> Path:
    """Its wheel, downloaded once."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgeml" / "tests"
    wheel = folder / f"pip-{OLDEST_PIP}-py3-none-any.whl"
    if not wheel.is_file():
        words = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
            str(folder),
        ]
        done = subprocess.run(
            [*words, f"pip=={OLDEST_PIP}"], capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode or not wheel.is_file():
            pytest.skip(
                f"pip {OLDEST_PIP} is neither in {folder} nor to be had: {done.stderr.strip()[-200:]}"
            )
    return wheel


def real_lock(project: Project) -> tuple[list[str], dict[str, str]]:
    """The project's own lock with made-up wheels of the same names, versions, markers and dependencies."""
    lines: list[str] = []
    wanted: dict[str, str] = {}
    text = (ROOT / "requirements.lock").read_text()
    for line in re.findall(r"^[A-Za-z0-9][^\n\\]*", text, flags=re.MULTILINE):
        requirement = Requirement(line.strip())
        (specifier,) = requirement.specifier
        requires, extras = [], ()
        try:
            distribution = metadata.distribution(requirement.name)
            requires = distribution.requires or []
            extras = tuple(distribution.metadata.get_all("Provides-Extra") or ())
        except metadata.PackageNotFoundError:
            pass  # of another Python or system
        marker = str(requirement.marker or "")
        lines.append(
            project.package(requirement.name, specifier.version, *requires, extras=extras, marker=marker)
        )
        if requirement.marker is None or requirement.marker.evaluate():
            wanted[requirement.name] = specifier.version
    return lines, wanted


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_lock_is_never_resolved_again(project: Project, oldest_pip: Path) -> None:
    """Every locked package also has a newer release, and pip is the oldest that comes with Python 3.11."""
    lines, wanted = real_lock(project)
    assert len(wanted) > 80
    project.lock(*lines)
    assert project.run(sys.executable, "-m", "venv", ".venv").returncode == 0
    if sys.version_info < (3, 12):  # Python 3.12 cannot run it
        assert project.run(project.python, "-m", "pip", "install", oldest_pip).returncode == 0
    old = project.run(project.python, "-m", "pip", "install", "--require-hashes", "-r", "requirements.lock")
    assert old.returncode != 0, "without --no-deps pip resolves the lock again: this test has to notice"
    assert "requirements to have their versions pinned" in old.stderr.replace("must have", "to have")
    said = project.setup()
    assert "No broken requirements" in said
    installed = project.versions()
    assert {name.lower(): version for name, version in installed.items()} == {
        name.lower(): version for name, version in wanted.items() if name not in {"pip", "setuptools"}
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_setup_installs_completes_and_notices(project: Project) -> None:
    b, c = (
        project.package("b", "1.0"),
        project.package("c-c", "2.0", "b[more]", marker="python_version >= '3.11'"),
    )
    never = project.package("d", "1.0", marker="python_version < '3'")
    project.lock(b, c, never)
    said = project.setup()
    assert "Making .venv with" in said
    assert "Installing 2 packages of requirements.lock" in said
    assert "made_up" not in said
    assert project.versions() == {"b": "1.0", "c-c": "2.0"}
    assert project.run(".venv/bin/made-up").stdout == "it runs\n"
    assert project.setup() == ".venv agrees with requirements.lock\n"

    # A changed lock: what it names anew is installed, what it names no longer is named.
    project.lock(b, project.package("e", "3.0"))
    said = project.setup()
    assert "Installing 1 packages" in said
    assert "not in requirements.lock: c-c 2.0" in said
    assert project.versions() == {"b": "1.0", "c-c": "2.0", "e": "3.0"}

    # An interrupted installation: no RECORD yet, and a folder that pip had put aside.
    (site,) = project.folder.glob(".venv/lib/python*/site-packages")
    (site / "b-1.0.dist-info" / "RECORD").unlink()
    (site / "~b-0.9.dist-info").mkdir()
    assert "Installing 1 packages" in project.setup()
    assert (site / "b-1.0.dist-info" / "RECORD").is_file()
    assert not (site / "~b-0.9.dist-info").exists()

    # The other project of the name edgeml, and a command that is gone.
    indexes.wheel(project.index, "edgeml", "0.2.1", files={"edgeml/__init__.py": ""})
    assert project.run(project.python, "-m", "pip", "install", "edgeml").returncode == 0
    (project.folder / ".venv" / "bin" / "made-up").unlink()
    assert "Removing the package edgeml-0.2.1" in project.setup()
    assert not (site / "edgeml").exists()
    assert project.run(".venv/bin/made-up").stdout == "it runs\n"

    # A checkout that was moved: the scripts of .venv point at its former place.
    moved = project.folder.with_name("moved")
    project.folder = project.folder.rename(moved)
    (moved / "backend.py").write_text(BACKEND.format(root=str(ROOT), here=str(moved)))
    assert "Making .venv with" in project.setup()
    assert project.run(".venv/bin/made-up").stdout == "it runs\n"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_setup_refuses_another_file_than_the_locked_one(project: Project) -> None:
    line = project.package("b", "1.0")
    project.lock(line)
    indexes.wheel(project.index, "b", "1.0", files={"b.py": "another"})
    done = project.run("scripts/setup", sys.executable)
    assert done.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr


def test_no_script_resolves_the_lock() -> None:
    for path in (*(ROOT / "scripts").iterdir(), ROOT / "Makefile", ROOT / ".ci" / "run"):
        text = path.read_text().replace("\\\n", "") if path.is_file() else ""
        for line in re.findall(r"^[^#\n]*pip[^#\n]* install [^\n]* -r [^\n]*", text, flags=re.MULTILINE):
            assert {"--no-deps", "--require-hashes"} <= set(line.split()), (path.name, line)

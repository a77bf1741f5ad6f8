"""Commands that install missing packages, for this copy of edgeml and this Python.

A source checkout with its own .venv is completed by `make setup`, one that another environment points at by
`pip install -e`, an installed wheel by `pip install` with an extra. Invariant: no other file of edgeml names
edgeml's distribution or writes a command that installs a part of it, and what is printed works where it is
printed: in this environment, from any folder.

The import name and the command are `edgeml`; on PyPI that name belongs to another project's package, of 2019,
whose folder has the same name. `refuse_foreign` notices it.
"""

from __future__ import annotations

import json
import shlex
import shutil
import site
import sys
from pathlib import Path

from edgeml._version import __version__
from edgeml.errors import EdgemlError

DISTRIBUTION = "edgeml-toolkit"
"""The name on PyPI and for pip."""

_PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """The folder of the sources if this copy is one, None if it was installed from a wheel."""
    root = _PACKAGE.parent
    whole = all((root / name).is_file() for name in ("pyproject.toml", "requirements.lock", "Makefile"))
    return root if whole else None


def command(*extras: str) -> str:
    """The command that installs these extras of edgeml, or without extras its own requirements.

    Args:
        extras: of pyproject.toml, such as "train".
    """
    root = checkout()
    names = f"[{','.join(extras)}]" if extras else ""
    if root is None:
        return f"{_pip()} install {shlex.quote(DISTRIBUTION + names)}"
    if _own_environment(root):
        return _make_setup(root)
    return f"{_pip()} install -e {shlex.quote(str(root) + names)}"


def package(name: str) -> str:
    """The command that installs a package of PyPI that no extra of edgeml holds."""
    return f"{_pip()} install {shlex.quote(name)}"


def elsewhere() -> str:
    """The line of shell that installs this version, all extras included, on another machine; for a report."""
    if checkout() is None:
        return f"pip install '{DISTRIBUTION}[all]=={__version__}'"
    return f"make setup && source .venv/bin/activate  # in a checkout of edgeml {__version__}"


def refuse_foreign() -> None:
    """Refuse to work where PyPI's package `edgeml` is installed as well: each replaces files of the other.

    Raises:
        EdgemlError: it is installed, or it was and took files of this one with it.
    """
    if foreign := _foreign():
        raise EdgemlError(
            f"the package edgeml {foreign} is installed too: another project (PyPI, 2019), same folder",
            str(_PACKAGE),
            f"{_pip()} uninstall -y edgeml && {reinstall()}",
        )
    first = _PACKAGE / "__init__.py"
    if not first.is_file() or first.stat().st_size == 0:
        raise EdgemlError(
            "a file of edgeml is gone; the package edgeml of PyPI, another project, takes it along",
            str(first),
            reinstall(),
        )


def reinstall() -> str:
    """The command that installs this copy again as it is, its requirements left alone."""
    root = checkout()
    if root is None:
        return f"{_pip()} install --force-reinstall --no-deps {shlex.quote(_source())}"
    if _own_environment(root):
        return _make_setup(root)
    return f"{_pip()} install --no-deps -e {shlex.quote(str(root))}"


def _foreign() -> str:
    """The version of the other project's `edgeml` where it is installed, else ""."""
    # Listings of folders: importlib.metadata takes longer to import than all of `import edgeml`.
    for folder in {*site.getsitepackages(), site.getusersitepackages(), str(_PACKAGE.parent)}:
        for record in (*Path(folder).glob("edgeml-*.dist-info"), *Path(folder).glob("edgeml-*.egg-info")):
            commands = record / "entry_points.txt"
            if not commands.is_file() or "edgeml.cli" not in commands.read_text(errors="replace"):
                return record.name.removeprefix("edgeml-").rsplit(".", 1)[0]
    return ""


def _source() -> str:
    """The source that pip installed this copy from: a file or an address, or else the version on PyPI."""
    for record in _PACKAGE.parent.glob(f"{DISTRIBUTION.replace('-', '_')}-*.dist-info/direct_url.json"):
        try:
            return str(json.loads(record.read_text())["url"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return f"{DISTRIBUTION}=={__version__}"


def _make_setup(root: Path) -> str:
    return "make setup" if Path.cwd() == root else f"make -C {shlex.quote(str(root))} setup"


def _own_environment(root: Path) -> bool:
    return Path(sys.prefix).resolve() == (root / ".venv").resolve()


def _pip() -> str:
    """`pip` if it belongs to this Python, else this Python with -m pip."""
    command, here = shutil.which("pip"), Path(sys.executable).parent
    if command is not None and Path(command).parent == here:
        return "pip"
    return f"{shlex.quote(sys.executable)} -m pip"

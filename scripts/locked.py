"""Compares this Python's environment with requirements.lock and with the checkout; `scripts/setup` calls it.

    .venv/bin/python scripts/locked.py TODO

Writes to the file TODO the lines of the lock, hashes and all, that are not installed as they stand, and exits
with 3 if there are any or if the project's own editable install has to be made anew; else with 0. What is
installed and not in the lock is named on standard output. Half-installed packages, which an interrupted pip
leaves, count as missing, and what pip would stumble over of them is removed.

The standard library and pip's own copy of `packaging` are all it needs: it runs before anything is installed.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
BROUGHT = {"pip", "setuptools"}
"""By venv itself."""


def locked(text: str) -> Iterator[tuple[str, str, str]]:
    """(name, version, line with its hashes) of every line of a lock that this Python's markers select.

    Raises:
        ValueError: a line pins no version.
    """
    for block in re.findall(r"^[A-Za-z0-9](?:[^\n]*\\\n)*[^\n]*$", text, flags=re.MULTILINE):
        requirement = Requirement(block.split(" \\\n")[0].split(" --hash")[0].strip())
        if requirement.marker is None or requirement.marker.evaluate():
            pins = list(requirement.specifier)
            if len(pins) != 1 or pins[0].operator != "==":
                raise ValueError(f"requirements.lock: no single version in {requirement}")
            yield canonicalize_name(requirement.name), pins[0].version, block


def installed() -> dict[str, metadata.Distribution]:
    """Every whole distribution here by its name; what an interrupted pip left of others is removed."""
    distributions: dict[str, metadata.Distribution] = {}
    for folder in {Path(path) for path in sys.path if path.startswith(sys.prefix) and "-packages" in path}:
        for leftover in folder.glob("~*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        for record in folder.glob("*.dist-info"):
            distribution = metadata.Distribution.at(record)
            if (
                not (record / "METADATA").is_file() or not (record / "RECORD").is_file()
            ):  # pip writes RECORD last
                shutil.rmtree(record)
                continue
            distributions[canonicalize_name(distribution.metadata["Name"])] = distribution
    return distributions


def own_is_right(name: str, commands: list[str], distributions: dict[str, metadata.Distribution]) -> bool:
    """True if the editable install is of this folder, has its commands and is newer than its sources."""
    distribution = distributions.get(name)
    if distribution is None or any(
        not (Path(sys.prefix) / "bin" / command).is_file() for command in commands
    ):
        return False
    try:
        source = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return False
    if source.get("url") != ROOT.as_uri() or not source.get("dir_info", {}).get("editable"):
        return False
    built = (
        Path(str(distribution.locate_file(".")))
        / f"{name.replace('-', '_')}-{distribution.version}.dist-info"
    )
    sources = [path for path in (ROOT / "pyproject.toml", ROOT / "edgeml" / "_version.py") if path.is_file()]
    written = built / "METADATA"
    return written.is_file() and all(path.stat().st_mtime <= written.stat().st_mtime for path in sources)


def main(todo: Path) -> int:
    """Write the lines to install; 0 if nothing is to be done, else 3."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = canonicalize_name(project["name"])
    pins = {
        name: (version, line)
        for name, version, line in locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    }
    distributions = installed()
    missing = [
        line
        for name, (version, line) in pins.items()
        if name not in distributions or Version(distributions[name].version) != Version(version)
    ]
    todo.write_text("".join(f"{line}\n" for line in missing), encoding="utf-8")
    strangers = sorted(name for name in distributions if name not in {*pins, *BROUGHT, own})
    if strangers:
        print(
            "In .venv and not in requirements.lock:",
            ", ".join(f"{n} {distributions[n].version}" for n in strangers),
        )
    return 3 if missing or not own_is_right(own, sorted(project.get("scripts", {})), distributions) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

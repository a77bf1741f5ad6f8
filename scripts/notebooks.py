"""Run the notebooks of notebooks/ and keep them with their outputs in docs/_build/notebooks.

    python scripts/notebooks.py                 # all of them, two at a time
    python scripts/notebooks.py --stale         # those whose text, or edgeml, has changed since
    python scripts/notebooks.py lecture prune   # these

Each runs in an empty folder of its own, without the variables EDGEML_*, so that it needs no data but what is
installed. A cell that raises ends it; the exit code then is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from myst_nb.core.read import read_myst_markdown_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "notebooks"
OUTPUTS = ROOT / "docs" / "_build" / "notebooks"
CELL_SECONDS = 900
"""A cell that takes longer hangs."""


def digest(source: Path) -> str:
    """SHA-256 of a notebook's text and of everything that it may call."""
    sha = hashlib.sha256(source.read_bytes())
    for folder in ("edgeml", "models", "hw"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                sha.update(path.relative_to(ROOT).as_posix().encode())
                sha.update(path.read_bytes())
    return sha.hexdigest()


def is_stale(source: Path, outputs: Path) -> bool:
    """True if its outputs are missing, or of another text or edgeml."""
    output = outputs / f"{source.stem}.ipynb"
    return not output.is_file() or nbformat.read(output, 4).metadata.get("edgeml") != digest(source)


def execute(source: Path, outputs: Path) -> str:
    """Run a notebook and write it with its outputs; the fault in a few lines, "" if there is none."""
    node = read_myst_markdown_notebook(source.read_text(encoding="utf-8"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"edgeml-{source.stem}-") as folder:
        sockets = str(Path(folder) / ".kernel")  # no port of this machine
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=sockets)
        client = NotebookClient(node, kernel, timeout=CELL_SECONDS, resources={"metadata": {"path": folder}})
        try:
            client.execute(env=environment())
        except CellExecutionError as error:
            return re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        except CellTimeoutError as error:
            return f"a cell took more than {CELL_SECONDS} s\n{error}"
        finally:
            if kernel.has_kernel:
                run_sync(kernel.shutdown_kernel)(now=True)
    node.metadata["edgeml"] = digest(source)
    outputs.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, outputs / f"{source.stem}.ipynb")
    print(f"{source.stem}: {time.monotonic() - began:.0f} s", flush=True)
    return ""


def environment() -> dict[str, str]:
    """The variables of a notebook's process: no data of this machine, this Python's programs, one thread."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("EDGEML_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**kept, "PATH": path, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="notebooks, without .md; all by default")
    parser.add_argument("--stale", action="store_true", help="leave out those that have not changed")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at a time")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="their folder")
    parser.add_argument("--outputs", type=Path, default=OUTPUTS, help="the folder for those with outputs")
    chosen = parser.parse_args()
    sources = {path.stem: path for path in sorted(chosen.sources.glob("*.md"))}
    unknown = sorted(set(chosen.names) - set(sources))
    if unknown:
        parser.error(f"no notebook {', '.join(unknown)}: there are {', '.join(sources)}")
    for path in chosen.outputs.glob("*.ipynb"):  # of a notebook that is gone
        if path.stem not in sources:
            path.unlink()
    todo = [sources[name] for name in chosen.names or sources]
    todo = [path for path in todo if not chosen.stale or is_stale(path, chosen.outputs)]
    with ThreadPoolExecutor(chosen.jobs) as pool:
        ended = pool.map(lambda path: execute(path, chosen.outputs), todo)
        faults = dict(zip(todo, ended, strict=True))
    for path, fault in faults.items():
        if fault:
            print(f"\n{path.name} FAILED\n{fault}", file=sys.stderr)
    return 1 if any(faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

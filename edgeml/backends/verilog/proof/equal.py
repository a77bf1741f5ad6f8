"""Yosys shows that modules with another text are the same circuits, so that the other text can be read.

A text that the reader does not understand may differ from one that it does in what changes nothing: a bit
that nothing reads, the branch of a generate that is not taken, a sum that is written otherwise. Yosys'
`equiv_simple` compares such a module with the other one register by register and output by output: with equal
registers and inputs, whatever else there is in the first one, the next state and the outputs are equal, and
what is undefined (an undriven bit) is equal to nothing. Modules inside of it are free: what they give is
anything, but the same on both sides.

Invariant: a module counts as equal only if Yosys says so of its text with each set of parameters that the
design has. Wires that differ inside are left out of the comparison (they are not points at which it is cut),
never ports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edgeml.errors import BrokenArtefactError, EdgemlError, MissingToolError
from edgeml.scratch import scratch_folder
from edgeml.tools import read_log, yosys

_SECONDS = 60.0
_ROUNDS = 4
"""Times that wires which differ are left out and the rest is compared again."""

_LISTED = re.compile(r"^  (\S+)$", re.M)
_UNPROVEN = re.compile(r"Unproven \$equiv \S+ (\S+)_gold\b")
_REFUSED = re.compile(r"gate/(\w+\.v:\d+: ERROR: .*)")
_PORT = re.compile(r"^gold/(\S+)$", re.M)
_CELL = re.compile(r"^  cell (\S+) (\S+)$", re.M)
_PROVEN = "Equivalence successfully proven!"


def equal_modules(top: str, texts: Mapping[str, str], others: Mapping[str, str]) -> tuple[str, ...]:
    """The files whose text differs, if Yosys shows that all of them are the same circuits.

    Args:
        top: the module at the top.
        texts: the design, by file name.
        others: the same files with other texts.

    Returns:
        Names of the files.

    Raises:
        MissingToolError: there is no Yosys.
        BrokenArtefactError: Yosys does not read the design; has its line.
        EdgemlError: one of them is not shown to be equal.
    """
    if set(texts) != set(others):
        raise EdgemlError("has other files", top)
    changed = tuple(sorted(name for name in texts if texts[name] != others[name]))
    with scratch_folder() as folder:
        gates, golds = _elaborated(folder, top, {"gate": texts, "gold": others})
        modules, before = _of_files(golds, changed), _of_files(gates, changed)
        if modules == before:
            with suppress(EdgemlError):  # other ports, or equal only with what is around it
                _compare(folder, modules)
                return changed
        stems = "|".join(name.removesuffix(".v") for name in changed)
        users = re.compile(rf"\b({stems})\b")
        around = [file for file in texts if file not in changed and users.search(others[file])]
        around += [f"{top}.v"] if f"{top}.v" in changed else []
        outer, inner = _of_files(golds, around), sorted({*modules, *before} - {top})
        if not outer:
            raise EdgemlError("is instantiated nowhere", changed[0])
        apart = [f"setattr -mod -unset keep_hierarchy {module}" for module in inner]
        _compare(folder, outer, "setattr -mod -set keep_hierarchy 1 *", *apart, "flatten")
    return changed


def _of_files(modules: Sequence[str], files: Sequence[str]) -> list[str]:
    """The modules of some files, each once for all of its parameters."""
    stems = {file.removesuffix(".v") for file in files}
    return sorted(name for name in modules if stems & {*name.split("\\")[:3]})


def _elaborated(folder: Path, top: str, sides: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    """The modules of the designs, which are written beside."""
    script: list[str] = []
    for side, texts in sides.items():
        (folder / side).mkdir()
        for name, text in texts.items():
            (folder / side / name).write_text(text)
        script += [
            "design -reset",
            f"read_verilog {' '.join(f'{side}/{name}' for name in sorted(texts))}",
            f"hierarchy -check -top {top}",
            "proc",
            "memory_collect",
            "memory_map",
            "opt_clean",
            "splitnets",
            f"tee -q -o {side}.txt ls",
            f"write_rtlil {side}.il",
        ]
    _run(folder, script)
    return [_LISTED.findall(read_log(folder / f"{side}.txt")) for side in sides]


def _compare(folder: Path, modules: Sequence[str], *passes: str) -> None:
    """Refuse modules that Yosys does not show to be the same circuits, after some passes over the design."""
    for module in modules:
        _compare_one(folder, module, passes)


def _compare_one(folder: Path, module: str, passes: Sequence[str]) -> None:
    left_out: set[str] = set()
    for _ in range(_ROUNDS):
        (folder / "left_out").write_text("\n".join(sorted(left_out)) + "\n")
        _run(
            folder,
            [
                *(line for side in ("gold", "gate") for line in _opened(side, module, passes)),
                *(f"design -copy-from {side} -as {side} {module}" for side in ("gold", "gate")),
                "tee -q -o ports.txt select -list gold/x:*",
                f"equiv_make {'-blacklist left_out ' if left_out else ''}gold gate equiv",
                "equiv_simple -undef equiv",
                "tee -q -o status.txt equiv_status equiv",
            ],
        )
        status = read_log(folder / "status.txt")
        for side in ("gold", "gate"):
            _check(read_log(folder / f"{side}.check.txt"), module)
        if _instances(folder, "gold") != _instances(folder, "gate"):
            break
        if _PROVEN in status:
            return
        ports = {f"\\{name}" for name in _PORT.findall(read_log(folder / "ports.txt"))}
        more = set(_UNPROVEN.findall(status))
        if not more or more & (ports | left_out):
            break
        left_out |= more
    raise EdgemlError("Yosys does not show that it is the same circuit as the graph's", module)


def _opened(side: str, module: str, passes: Sequence[str]) -> list[str]:
    """The script that reads a side, with the pins of the modules in a module as ports of its own."""
    return [
        "design -reset",
        f"read_rtlil {side}.il",
        *passes,
        f"tee -q -o {side}.check.txt check {module}",
        f"select -assert-none {module}/a:init",  # with equal registers no start is another one
        f"select {module}",
        f"write_rtlil -selected {side}.one.il",
        "select -clear",
        f"expose -evert {module}/c:*",
        f"design -save {side}",
    ]


def _check(text: str, module: str) -> None:
    """Refuse bits that nothing drives, or two things: Yosys would leave them out of the comparison.

    Words behind the end of a memory are undriven in Yosys' form of it, and undefined in Verilog as well.
    """
    for line in text.splitlines():
        if line.startswith("Warning: ") and "$rdmux[" not in line:
            raise EdgemlError(line.removeprefix("Warning: "), module)


def _instances(folder: Path, side: str) -> set[tuple[str, str]]:
    """The modules in a module, by the name of the instance."""
    text = read_log(folder / f"{side}.one.il")
    return {(name, kind) for kind, name in _CELL.findall(text) if "\\" in kind}


def _run(folder: Path, script: Sequence[str]) -> None:
    try:
        yosys.run_script(yosys.TOOL.need(), script, folder, ".", "equal.log", _SECONDS)
    except MissingToolError:
        raise
    except EdgemlError as error:  # its log is in the scratch folder
        refused = _REFUSED.search(error.what)
        if refused is not None:
            raise BrokenArtefactError(f"is not read: {refused[1]}", "yosys") from None
        raise EdgemlError(error.what, error.where) from None

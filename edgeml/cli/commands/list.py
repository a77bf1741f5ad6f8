"""`edgeml list`: the presets, data sets, boards, microcontrollers, back ends and tools."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from edgeml.cli.bands import print_bands
from edgeml.cli.console import OUT, print_json
from edgeml.errors import unknown_name

_TEXTS = ("summary", "sizes", "title", "path", "command")
_KINDS = ("presets", "datasets", "boards", "mcus", "backends", "tools")


def _complete(incomplete: str) -> list[str]:
    return [kind for kind in _KINDS if kind.startswith(incomplete)]


def command(
    kind: Annotated[
        str,
        typer.Argument(help="presets, datasets, boards, mcus, backends or tools", autocompletion=_complete),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """List presets, datasets, boards, mcus, backends or tools."""
    rows = _rows(kind) if kind else [{"name": kind, "command": f"edgeml list {kind}"} for kind in _KINDS]
    if json:
        print_json(rows)
        return
    columns = list(rows[0]) if rows else []
    cells = [[escape(str(row[column])) for column in columns] for row in rows]
    texts = [at for at, column in enumerate(columns) if column in _TEXTS]
    print_bands(OUT, columns, cells, texts=texts)


def _rows(kind: str) -> list[dict[str, Any]]:
    match kind:
        case "presets":
            from edgeml import presets
            from edgeml.presets.sizes import bounds_text

            loaded = [presets.load(name) for name in presets.names()]
            return [
                {
                    "name": p.name,
                    "dataset": p.data.dataset,
                    "summary": p.summary,
                    "sizes": bounds_text(p.sizes),
                }
                for p in loaded
            ]
        case "datasets":
            from edgeml import datasets

            infos = {name: datasets.info(name) for name in datasets.names()}
            return [
                {
                    "name": name,
                    "shape": "x".join(map(str, i.shape)),
                    "classes": len(i.classes),
                    "targets": len(i.targets),
                    "title": i.title,
                }
                for name, i in infos.items()
            ]
        case "boards":
            from edgeml import boards

            return [
                {
                    "name": b.name,
                    "part": b.part,
                    "lut": b.resources.lut,
                    "dsp": b.resources.dsp,
                    "flow": b.flow.value,
                }
                for b in map(boards.load, boards.names())
            ]
        case "mcus":
            from edgeml import mcus

            return [
                {
                    "name": m.name,
                    "core": m.core,
                    "mhz": m.clock_mhz,
                    "flash_kib": m.flash.kib,
                    "ram_kib": m.ram.kib,
                    "title": m.title,
                }
                for m in map(mcus.load, mcus.names())
            ]
        case "backends":
            from edgeml import backends

            return [{"name": b.name, "summary": b.summary} for b in map(backends.load, backends.names())]
        case "tools":
            from edgeml import tools

            return [_tool(name, tools.find(name)) for name in tools.names()]
        case _:
            raise unknown_name("list", kind, _KINDS)


def _tool(name: str, installed: Any) -> dict[str, Any]:
    if installed is None:
        return {"name": name, "version": "not found", "path": ""}
    return {"name": name, "version": installed.version, "path": str(installed.path)}

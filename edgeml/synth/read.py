"""File a vendor's reports under a run: the figures as `Hardware`, and the reports they were read from.

    RUN/synth/BOARD-hls4ml/result.json         an hls4ml project's figures, nearest to the hardware
    RUN/synth/BOARD-hls4ml/vendor-STAGE.json   those of every stage
    RUN/synth/BOARD-hls4ml/reports/            the reports
    RUN/synth/BOARD/vendor-STAGE.json, reports/, result.json    the same of our own Verilog

Invariant: nothing is written if a report's board or design is not clear; a report that cannot be read is
named, and the others are filed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from edgeml import boards, vendor
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.errors import EdgemlError
from edgeml.figures import Figure, Hardware
from edgeml.files import FileSet, read_bytes
from edgeml.reading import read_json
from edgeml.synth.vendors.network import network

_RESULT = "result.json"


def file_reports(
    run_folder: Path,
    directory: Path,
    board: str = "",
    model: str = "",
    graph: str = "",
    skip: Sequence[str] = (),
) -> tuple[list[Hardware], tuple[vendor.Unread, ...]]:
    """Read the reports in a folder and keep them in the run.

    Args:
        run_folder: the run.
        directory: where the reports lie, at any depth.
        board: which board they are of; "" takes the one board that has the reports' part.
        model: the run's model, for the figures.
        graph: digest of its exact graph.
        skip: names of files to leave out.

    Returns:
        The figures, and the reports that could not be read.

    Raises:
        EdgemlError: no report can be read, no board or several have a report's part, or a design is neither
            the run's Verilog nor an hls4ml project, or is of Verilog of another graph.
    """
    folder = directory if directory.is_dir() else directory.parent
    by_folder: dict[str, list[Hardware]] = {}
    contents = vendor.scan(directory, skip)
    for row in contents.rows:
        name = board or _board(row)
        _same_part(row, name)
        design = _design(row, run_folder, directory)
        update = {
            "design": design,
            "board": name if name in boards.names() else "",
            "settings": row.settings or f"{row.tool}, {row.reached or 'unknown stage'}",
            "model": model or row.model,
            "graph": graph,
        }
        place = name if design == "verilog" else f"{name}-hls4ml"
        filed = row.model_copy(update={"alone": design == "hls4ml"})
        if design == "verilog" and (manifest := verilog_manifest(run_folder, name, directory, row)):
            _same_graph(manifest, graph, directory)
            filed = _clocked(network(row, folder, manifest) or row, manifest)
        filed = filed.model_copy(update=update)
        by_folder.setdefault(place, []).append(filed)
    for place, rows in by_folder.items():
        _write(run_folder / "synth" / place, rows, folder)
    return [row for rows in by_folder.values() for row in rows], contents.unread


def verilog_manifest(run_folder: Path, board: str, directory: Path, row: Hardware) -> VerilogManifest | None:
    """The manifest of the Verilog behind reports: beside them, else the board's in the run, else the run's.

    Args:
        run_folder: the run.
        board: its name.
        directory: the folder that was read, or the one report.
        row: figures read there; the nearest manifest above its first report is taken.

    Raises:
        EdgemlError: it is malformed.
    """
    ours = (run_folder / "synth" / board / "verilog", run_folder / "verilog")
    return next(_manifests((*_above(directory, row), *ours)), None)


def _above(directory: Path, row: Hardware) -> list[Path]:
    """Folders that may hold the manifest of a report's project, the nearest first.

    They reach one further up than what was read, which may be a project's folder of reports.
    """
    folder = directory if directory.is_dir() else directory.parent
    inside = (folder / row.reports[0]).relative_to(folder).parents if row.reports else ()
    return [*(folder / path for path in inside), folder.parent]


def _manifests(folders: Iterable[Path]) -> Iterator[VerilogManifest]:
    """Those of Verilog; an hls4ml project's has the same name, and no top module."""
    for folder in folders:
        path = folder / MANIFEST
        if path.is_file() and not _of_hls4ml(path):
            yield VerilogManifest.read(folder)


def _of_hls4ml(path: Path) -> bool:
    try:
        manifest = read_json(path, "manifest")
    except EdgemlError:
        return False  # reading it says what is wrong
    return isinstance(manifest, dict) and "top" not in manifest


def _same_graph(manifest: VerilogManifest, graph: str, directory: Path) -> None:
    if graph and manifest.graph != graph:
        raise EdgemlError(
            "is of Verilog that was written for another graph than the run's",
            str(directory),
            "edgeml synth RUN --board B writes the project of the present one",
        )


def _clocked(row: Hardware, manifest: VerilogManifest) -> Hardware:
    """The row with the latency of the manifest, which no report states."""
    if row.cycles is not None:
        return row
    note = "cycles are those that the Verilog promises and its simulation measures"
    clocks = {"cycles": Figure(value=manifest.latency), "ii": Figure(value=manifest.interval)}
    return row.model_copy(update={**clocks, "notes": (*row.notes, note)})


def best(rows: Sequence[Hardware]) -> Hardware:
    """The row nearest to the hardware that has resources, completed with figures of the others.

    A fitted design's report has no latency; the HLS estimate or the co-simulation of the same project has.
    """
    order = ("fitted", "synthesized", "estimated", "simulated", "")
    ranked = sorted(rows, key=lambda row: (not row.total.present(), order.index(row.reached)))
    first, notes, update = ranked[0], list(ranked[0].notes), {}
    for field in ("cycles", "ii"):
        if getattr(first, field) is not None:
            continue
        # A count of a simulation is preferred to the figure of a schedule.
        others = sorted(ranked[1:], key=lambda row: row.reached != "simulated")
        if other := next((row for row in others if getattr(row, field) is not None), None):
            update[field] = getattr(other, field)
            notes.append(f"{field} from the {other.reached} stage ({other.tool})")
    return first.model_copy(update={**update, "notes": tuple(notes)})


def _write(folder: Path, rows: Sequence[Hardware], source: Path) -> None:
    files: dict[str, bytes] = {}
    stages: dict[str, int] = {}
    for row in rows:
        stage = row.reached or "unknown"
        stages[stage] = stages.get(stage, 0) + 1
        name = f"vendor-{stage}.json" if stages[stage] == 1 else f"vendor-{stage}-{stages[stage]}.json"
        files[name] = row.to_json().encode()
        for report in row.reports:
            files[f"reports/{report}"] = read_bytes(source / report, "report")
    chosen = best(rows)
    filed = chosen.model_copy(update={"reports": tuple(f"reports/{name}" for name in chosen.reports)})
    files[_RESULT] = filed.to_json().encode()
    FileSet(files).write(folder)


def _board(row: Hardware) -> str:
    """The board with the row's part; the part's own name if edgeml knows no board that has it."""
    if not row.part:
        raise EdgemlError("the reports name no part", ", ".join(row.reports), "say which --board they are of")
    part = _plain(row.part)
    matching = [name for name in boards.names() if _plain(boards.load(name).part) == part]
    if len(matching) > 1:
        raise EdgemlError(
            f"several boards have part {row.part}: {', '.join(matching)}",
            ", ".join(row.reports),
            "say which --board it is",
        )
    return matching[0] if matching else re.sub(r"[^A-Za-z0-9.-]", "-", row.part)


def _same_part(row: Hardware, name: str) -> None:
    """Refuse figures of one part under the name of a board that has another."""
    if not row.part or name not in boards.names() or row.tool.startswith("Catapult"):
        return  # Catapult names its library
    board = boards.load(name)
    theirs, ours = _plain(row.part), {_plain(board.part)}
    if board.hls4ml is not None and board.hls4ml.part is not None:
        ours.add(_plain(board.hls4ml.part))
    if not any(theirs.startswith(part) or part.startswith(theirs) for part in ours):
        raise EdgemlError(
            f"is of part {row.part}; {name} has {board.part}",
            ", ".join(row.reports),
            "name the board that the project was made for, or leave the report out with --skip",
        )


def _plain(part: str) -> str:
    """Parts as the tools write them: with and without xc, dashes and the grade's last letters.

    >>> _plain("7z020clg400-1") == _plain("xc7z020-clg400-1")
    True
    """
    return re.sub(r"[^a-z0-9]", "", part.lower()).removeprefix("xc")


def _design(row: Hardware, run_folder: Path, directory: Path) -> str:
    if row.design != "other":
        return row.design
    if row.reached in ("estimated", "simulated"):
        return "hls4ml"  # only HLS tools estimate
    if next(_manifests(_above(directory, row)), None) is not None:
        return "verilog"
    tops = [manifest.top for manifest in _manifests([run_folder / "verilog"])]
    if row.model in [f"{top}{end}" for top in tops for end in ("", "_system", "_system_wrapper", "_board")]:
        return "verilog"
    project = run_folder / "hls4ml"
    name = Hls4mlManifest.read(project).project if (project / MANIFEST).is_file() else "myproject"
    if row.model in (name, f"{name}_axi"):
        return "hls4ml"
    raise EdgemlError(
        f"design {row.model!r} is neither the run's Verilog nor its hls4ml project",
        str(directory),
        "read it with edgeml vendor, or leave it out with --skip",
    )

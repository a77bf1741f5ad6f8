"""`edgeml diagnose`: why fixed point is worse than float, and the types that win it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from edgeml.cli import steps
from edgeml.cli.bands import print_bands
from edgeml.cli.console import OUT, print_json, print_next
from edgeml.cli.options import JsonOption, RunArgument, data_option
from edgeml.errors import EdgemlError
from edgeml.quoting import shell

if TYPE_CHECKING:
    from edgeml.diagnose.hls4ml.compare import ProjectComparison
    from edgeml.diagnose.result import Diagnosis, TypeChange
    from edgeml.runs import Run

_COLUMNS = ("layer", "type", "clipped", "wrapped", "low bits", "SQNR dB", "only float", "only quantized")


def command(
    run: RunArgument,
    samples: Annotated[
        int, typer.Option("--samples", min=1, help="Most test samples that scores are measured on.")
    ] = 1000,
    hls4ml: Annotated[
        Path | None,
        typer.Option(
            "--hls4ml", metavar="PROJECT", help="A folder that hls4ml wrote, to compare with Keras."
        ),
    ] = None,
    data: Annotated[
        str | None,
        data_option("With a model's file: a data set's name or an .npz file; random samples without."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say layer by layer what fixed point costs, and try types that win it back on the exact graph.

    Nothing is trained, and the run folder stays as it is. Artefacts that the last edgeml check saw differ are
    listed with the first op, both integers and the cause.

    With --hls4ml, RUN may also be the file of a Keras model: the project is compiled with g++, run, and
    compared with Keras layer by layer; the first layer that differs is named with its cause. This runs the
    project's C++. Exits with 1 if a layer differs.
    """
    if hls4ml is not None:
        _against(run, hls4ml, data, samples, json)
        return
    if data is not None:
        raise EdgemlError("goes with --hls4ml and a model's file", "--data", "a run has its own data")
    from edgeml import api
    from edgeml.diagnose.run import diagnose

    opened = api.load(run)
    with steps.working("diagnose") as tell:
        result = diagnose(opened, samples, tell)
    if json:
        print_json(result.model_dump(mode="json"))
    else:
        _show(opened, result)


def _against(model: Path, project: Path, data: str | None, samples: int, json: bool) -> None:
    """Compare a project of somebody else's with the Keras model."""
    from edgeml.diagnose.hls4ml.opening import compare_with

    with steps.working("diagnose") as tell:
        result = compare_with(model, project, data, samples, tell)
    if json:
        print_json({**result.model_dump(mode="json"), "ok": result.ok})
    else:
        _show_project(result)
    if not result.ok:
        raise typer.Exit(1)


def _show_project(result: ProjectComparison) -> None:
    """The layers, then the first that differs and its cause."""
    rows: list[list[str]] = []
    for row in result.layers:
        state = "equal" if not row.differing else "rounded away" if row.harmless else "differs"
        own = "" if row.own is None else f"{row.own:,}"
        numbers = (f"{row.differing:,}", own, f"{row.elements:,}", f"{row.max_abs:.3g}")
        rows.append([row.layer, row.type, *numbers, state])
    head = ("layer", "type in hls4ml", "differing", "by itself", "of", "largest", "state")
    print_bands(OUT, head, rows)
    if result.left_out:
        OUT.print(f"[dim]not in the project by name: {escape(', '.join(result.left_out))}[/]")
    first = result.first
    if first is None or first.first is None:
        OUT.print(f"[green]equal[/] in every layer on {result.samples} samples")
        return
    at = first.first
    code = "between two codes" if at.expected_code is None else f"code {at.expected_code}"
    OUT.print(
        f"[bold red]{escape(first.layer)} is the first to differ[/]: sample {at.sample}, element "
        f"{at.element}: Keras {at.expected:g} ({code}), hls4ml {at.got:g} (code {at.got_code})"
    )
    OUT.print(f"  [dim]cause:[/] {escape(result.cause)}")
    for row in result.layers:
        if row.cause and row is not first:
            OUT.print(f"[bold red]{escape(row.layer)} differs by itself[/], on the numbers that it gets")
            OUT.print(f"  [dim]cause:[/] {escape(row.cause)}")


def _show(run: Run, result: Diagnosis) -> None:
    """Scores, the layers, the changes, the mismatches."""
    parts = [f"quantized model in float {_score(result, result.in_float)}"]
    if result.float_baseline is not None:
        parts.insert(0, f"float model {_score(result, result.float_baseline)}")
    OUT.print(
        f"[bold]{escape(result.run)}[/], {result.measure.value} on {result.samples} test samples: "
        f"{', '.join(parts)}, fixed point [bold]{_score(result, result.fixed)}[/]"
    )
    rows: list[list[str]] = []
    for layer in result.layers:
        scores = [_cell(result, layer.only_float), _cell(result, layer.only_quantized)]
        for number, cast in enumerate(layer.casts or (None,)):
            name = layer.layer if number == 0 else ""
            if cast is None:
                rows.append([name, "weights", "", "", "", "", *scores])
                continue
            sqnr = "" if cast.sqnr_db is None else f"{cast.sqnr_db:.1f}"
            losses = [_percent(cast.saturated), _percent(cast.wrapped), str(cast.low_bits or "")]
            rows.append([name, cast.type, *losses, sqnr, *(scores if number == 0 else ("", ""))])
    print_bands(OUT, _COLUMNS, rows)
    for layer in result.layers:
        if layer.reason:
            OUT.print(f"[dim]{escape(layer.layer)}: {escape(layer.reason)}[/]")
    _show_changes(run, result)
    for row in result.mismatches:
        where = (
            f" at {escape(row.op)}{list(row.element)}: {row.expected} expected, {row.got} given"
            if row.op
            else ""
        )
        OUT.print(f"[bold red]{escape(row.artefact)} differs[/]{where}; {escape(row.cause)}")
    for reason in result.not_run:
        OUT.print(f"[dim]NOT RUN {escape(reason)}[/]")


def _show_changes(run: Run, result: Diagnosis) -> None:
    """Print the changes that win score back, as options to paste."""
    from edgeml.diagnose.again import again

    if result.gap <= 0:
        OUT.print("fixed point loses nothing: there is nothing to win back")
        return
    if not result.changes:
        OUT.print(
            f"{_points(result, result.gap)} below float; none of {result.tried} changes of types wins it "
            "back: train longer, or with more bits"
        )
        return
    OUT.print(
        f"{_points(result, result.gap)} below float; of {result.tried} changes of types, tried on the exact "
        "graph without training again, these win some of it back, cheapest first:"
    )
    changes = (*result.changes, *((result.together,) if result.together else ()))
    for change in changes:
        OUT.print(f"  +{_points(result, change.gain)}, {_cost(change)}: {escape(change.text)}")
        if change.settings:
            OUT.print(f"    {escape(_options(change))}", soft_wrap=True)
    best = max(
        (change for change in changes if change.settings), key=lambda change: change.gain, default=None
    )
    if best is not None:
        out = f"{run.folder}-2"
        print_next(f"{again(run, best.settings)} --out {shell(out)}")


def _options(change: TypeChange) -> str:
    return " ".join(f"--set {shell(setting)}" for setting in change.settings)


def _cost(change: TypeChange) -> str:
    percent = (change.bit_operations - 1) * 100
    return "no more bit operations" if abs(percent) < 0.05 else f"{percent:+.1f} % bit operations"


def _score(result: Diagnosis, value: float) -> str:
    from edgeml.diagnose.score import Measure

    return f"{value:.1f} dB" if result.measure is Measure.SQNR else f"{value:.2%}"


def _cell(result: Diagnosis, value: float | None) -> str:
    return "" if value is None else _score(result, value)


def _points(result: Diagnosis, value: float) -> str:
    from edgeml.diagnose.score import Measure

    return f"{value:.1f} dB" if result.measure is Measure.SQNR else f"{value * 100:.2f} points"


def _percent(share: float) -> str:
    return "" if share == 0 else f"{share:.2%}"

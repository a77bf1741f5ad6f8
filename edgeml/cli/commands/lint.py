"""`edgeml lint`: the traps of a model, before an epoch is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.console import OUT, print_json
from edgeml.cli.options import (
    BoardOption,
    Hls4mlConfigOption,
    JsonOption,
    LayerTypeOption,
    WeightsFileOption,
    data_option,
    layer_types,
    setting,
)

if TYPE_CHECKING:
    from edgeml.lint.result import LintResult

_STYLES = {"error": "bold red", "warning": "bold yellow", "advice": "cyan"}


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|PRESET|RUN",
            help="A trained model's file, a preset's name or file.py, or a run folder.",
            autocompletion=names_.begin_so(names_.presets),
        ),
    ],
    data: Annotated[
        str | None,
        data_option("For a model's file: a data set's name, or your own .npz or .csv file."),
    ] = None,
    weights: WeightsFileOption = None,
    input_type: Annotated[
        str | None,
        typer.Option("--input-type", metavar="TYPE", help="As for edgeml import: ufixed<8,8> for pixels."),
    ] = None,
    float_type: Annotated[
        str | None,
        typer.Option(
            "--float-type", metavar="TYPE", help="As for edgeml import, of layers in float: fixed<16,6>."
        ),
    ] = None,
    layer_type: LayerTypeOption = None,
    hls4ml_config: Hls4mlConfigOption = None,
    board: BoardOption = None,
    settings: Annotated[
        list[str] | None,
        setting("Change a setting, as for edgeml train or edgeml import.", names_.settings),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Look for the traps of quantized models: types, scales, ranges, sums, reuse factors, dead neurons.

    Nothing is trained and nothing is written. A rule that lacks what it needs, such as data, is not run and
    says so. docs/lint.md explains every rule.

    Exits with 1 if a finding is an error.
    """
    from edgeml.lint.opening import LintRequest, open_subject
    from edgeml.lint.result import lint

    request = LintRequest(
        what,
        data,
        weights,
        tuple(settings or ()),
        input_type,
        float_type,
        board,
        layer_types(layer_type or []),
        hls4ml_config,
    )
    with steps.working("lint"):
        result = lint(open_subject(request))
    if json:
        print_json(result.model_dump(mode="json"))
    else:
        _show(result)
    if not result.ok:
        raise typer.Exit(1)


def _show(result: LintResult) -> None:
    """The findings rule by rule, then what was not run."""
    for row in result.rules:
        if not row.findings:
            continue
        style = _STYLES[row.severity.value]
        OUT.print(f"[{style}]{row.severity.value}[/] [bold]{row.code}[/]: {escape(row.title)}")
        for finding in row.findings:
            where = f"{escape(finding.layer)} " if finding.layer else ""
            OUT.print(f"  [bold]{where}[/]{escape(finding.text)}")
        OUT.print(f"  [dim]why:[/] {escape(row.why)}")
        OUT.print(f"  [dim]instead:[/] {escape(row.remedy)}")
    reasons: dict[str, list[str]] = {}
    for row in result.rules:
        if row.status == "not-run":
            reasons.setdefault(row.reason, []).append(row.code)
    for reason, codes in reasons.items():
        OUT.print(f"[dim]NOT RUN[/] {', '.join(codes)}: {escape(reason)}")
    OUT.print(escape(summary(result)))


def summary(result: LintResult) -> str:
    """One line: the findings by severity, and how many rules were run."""
    from edgeml.lint import Severity

    parts = [
        f"{count} {_plural(severity.value, count)}"
        for severity in Severity
        if (count := result.count(severity))
    ]
    run = sum(row.status != "not-run" for row in result.rules)
    return f"{result.subject}: {', '.join(parts) or 'nothing'} from {run} of {len(result.rules)} rules"


def _plural(word: str, count: int) -> str:
    return word if count == 1 or word == "advice" else f"{word}s"

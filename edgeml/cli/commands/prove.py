"""`edgeml prove`: are an artefact's integers the graph's for every input?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.bands import print_bands
from edgeml.cli.console import OUT
from edgeml.cli.options import JsonOption, RunArgument, comma_list, named

if TYPE_CHECKING:
    from edgeml.prove.result import Proof

_STYLES = {
    "proven": "[green]PROVEN[/]",
    "refuted": "[bold red]REFUTED[/]",
    "not-proven": "[yellow]NOT PROVEN[/]",
    "not-run": "[dim]NOT RUN[/]",
}
_COLUMNS = ("artefact", "verdict", "stages", "vectors", "seconds", "remark")
_STAGES = ("value", "ops", "vectors", "argument")


def command(
    run: RunArgument,
    with_: Annotated[
        str,
        named("--with", "all, or some of the back ends, separated by commas.", names_.backends, several=True),
    ] = "all",
    stages: Annotated[bool, typer.Option("--stages", help="Print the argument for every stage.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 as well if an artefact is not proven.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Prove for every input, not for samples, that artefacts compute the graph's integers.

    An artefact is cut where it holds values of the graph. Each stage runs alone on vectors that determine it:
    zero and unit vectors for sums, all codes or both sides of every step for functions of one element.

    Verdicts: PROVEN, REFUTED with an input that shows it, NOT PROVEN with the op and what is missing.

    Writes RUN/prove.json. Exits with 1 if an artefact is refuted.
    """
    from edgeml import pipeline

    names = comma_list(with_, "--with")
    with steps.alone(run) as opened, steps.working("prove") as tell:
        result = pipeline.prove(opened, names, tell)
    if json:
        OUT.file.write(result.to_json())
    else:
        rows = [
            [
                proof.backend,
                _STYLES[proof.verdict.value],
                str(len(proof.steps) or ""),
                f"{proof.vectors:,}" if proof.vectors else "",
                f"{proof.seconds:.1f}" if proof.steps else "",
                escape(_remark(proof)),
            ]
            for proof in result.results
        ]
        print_bands(OUT, _COLUMNS, rows)
        for proof in result.results:
            if stages and proof.steps:
                OUT.print(f"[bold]{escape(proof.backend)}[/]")
                print_bands(
                    OUT,
                    _STAGES,
                    [
                        [escape(s.value), escape(s.ops), f"{s.vectors:,}", escape(s.argument or s.missing)]
                        for s in proof.steps
                    ],
                )
        for text in dict.fromkeys(proof.assumes for proof in result.results if proof.assumes):
            OUT.print(f"[dim]taken for granted: {escape(text)}[/]")
    if result.refuted or (strict and not result.proven):
        raise typer.Exit(1)


def _remark(proof: Proof) -> str:
    if proof.failure:
        return f"{proof.failure} ({proof.reason})"
    if proof.witness is None:
        return "; ".join(filter(None, (proof.reason, proof.opinion.text if proof.opinion else "")))
    witness = proof.witness
    where = f"{witness.output}{list(witness.index)} is {witness.got} and not {witness.expected}"
    behind = f", behind {len(witness.before)} others" if witness.before else ""
    return f"{proof.reason}; {witness.origin} show it: {where} (the input is in prove.json{behind})"

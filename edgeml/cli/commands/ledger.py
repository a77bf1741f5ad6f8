"""`edgeml ledger`: the real results kept beside their estimates."""

from __future__ import annotations

from edgeml.cli.bands import print_bands
from edgeml.cli.console import OUT, print_json
from edgeml.cli.options import JsonOption


def command(json: JsonOption = False) -> None:
    """List what tools really reported, next to what was estimated.

    The file is ~/.local/share/edgeml/ledger.jsonl, or what EDGEML_LEDGER says.
    """
    from rich.markup import escape

    from edgeml.estimate.ledger import ENOUGH, Ledger

    ledger = Ledger.of_user()
    entries = ledger.entries()
    if json:
        print_json([entry.model_dump(mode="json", by_alias=True) for entry in entries])
        return
    rows = [
        [
            entry.when[:10],
            entry.design,
            entry.family,
            escape(entry.tool),
            entry.source,
            entry.scope,
            *(
                f"{entry.real[kind]:,.0f} / {entry.estimated[kind]:,.0f}"
                if kind in entry.real and kind in entry.estimated
                else "-"
                for kind in ("lut", "ff", "dsp", "bram")
            ),
            escape(entry.settings) or "-",
        ]
        for entry in entries
    ]
    columns = ("when", "design", "family", "tool", "source", "of", "LUT", "FF", "DSP", "BRAM", "laid out")
    print_bands(OUT, columns, rows, f"{escape(str(ledger.path))}: real / estimate", keys=2, texts=(10,))
    unread = ledger.unread()
    if unread:
        OUT.print(f"{unread} lines cannot be read; they are left as they are")
    OUT.print(f"[dim]{ENOUGH} results of one style, tool, version and family make their own interval[/]")

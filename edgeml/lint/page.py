"""The page of all lint rules, docs/lint.md, from the rules themselves.

    python -m edgeml.lint.page > docs/lint.md

Invariant: the page says nothing that a rule's file does not.
"""

from __future__ import annotations

import sys

from edgeml.lint import code, load, names
from edgeml.lint.rule import Severity

_HEAD = """# What `edgeml lint` looks for

    edgeml lint mnist_cnn                       # a preset, before an epoch
    edgeml lint my_net.keras --data my.npz      # a trained model's file
    edgeml lint runs/mnist_cnn --json           # a run

FILE is of any format that `edgeml import` reads. Nothing is trained or written; of code, only a preset's
own .py file is run. A rule that lacks what it needs is NOT RUN and says why; it never passes for that.
Exit code: 1 if a finding is an error, else 0. In Python: `edgeml.lint("mnist_cnn")["alpha-auto"].findings`.

This page is written from the rules' files (`python -m edgeml.lint.page > docs/lint.md`).
"""

_MEANINGS = {
    Severity.ERROR: "Errors: the model cannot become integers, or its results are wrong",
    Severity.WARNING: "Warnings: accuracy is lost, or Keras and the graph may differ",
    Severity.ADVICE: "Advice: bits or resources are spent, or hls4ml's own converter would go wrong",
}


def page() -> str:
    """The text of docs/lint.md."""
    rules = {name: load(name) for name in names()}
    parts = [_HEAD]
    for severity, meaning in _MEANINGS.items():
        parts.append(f"\n## {meaning}\n")
        for name, rule in rules.items():
            if rule.severity is severity:
                needs = ", ".join(rule.needs)
                if rule.holds_with:
                    needs += f"; to hold also {', '.join(rule.holds_with)}"
                parts.append(
                    f"\n### {code(name)}: {rule.title}\n\n{rule.why}\n\n*Instead:* {rule.remedy}.\n\n"
                    f"*Needs:* {needs}.\n"
                )
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())

"""The commands that remedies are made of: the run again with other settings, or its next steps.

Invariant: a command repeats every setting of the run that is not the shipped preset's, so that nothing but
the named ones changes.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from edgeml.report.sections.summary.facts import SummaryFacts
from edgeml.report.verdict import Judgement

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def run_again(facts: Facts, text: str, remedy: str, settings: tuple[str, ...], suffix: str) -> Judgement:
    """A judgement whose remedy is to train again with other settings.

    Args:
        facts: of the run.
        text: what is found.
        remedy: what to do about it.
        settings: KEY=VALUE that change.
        suffix: of the new run's folder.
    """
    own = facts.part(SummaryFacts)
    if own.origin != "train":
        return Judgement(text, f"{remedy} (where the model was trained)")
    words = [*_command(own, "run", settings), "--out", f"runs/{own.run}-{suffix}"]
    return Judgement(text, remedy, shlex.join(words), settings)


def for_board(facts: Facts, text: str, remedy: str, board: str) -> Judgement:
    """A judgement whose remedy is another target board; nothing is trained again.

    Args:
        facts: of the run.
        text: what is found.
        remedy: what to do about it.
        board: the other one.
    """
    own, settings = facts.part(SummaryFacts), (f"targets.board={board}",)
    if own.origin != "train":
        return Judgement(text, remedy)
    words = [*_command(own, "train", settings), "--out", f"runs/{own.run}"]
    return Judgement(text, remedy, f"{shlex.join(words)} && edgeml report {place(facts)}", settings)


def _command(own: SummaryFacts, name: str, settings: tuple[str, ...]) -> list[str]:
    """The command that makes the run, with other values of some settings."""
    changed = {setting.partition("=")[0] for setting in settings}
    others = [setting for setting in own.changes if setting.partition("=")[0] not in changed]
    words = ["edgeml", name, own.preset, *(["--seed", str(own.seed)] if own.seed else [])]
    return words + [word for setting in (*others, *settings) for word in ("--set", setting)]


def whole(facts: Facts, key: str, otherwise: int) -> int:
    """A setting of the run that is a whole number; `otherwise` if the run has none."""
    text = facts.part(SummaryFacts).settings.get(key, "")
    return int(text) if text.lstrip("-").isdigit() else otherwise


def place(facts: Facts) -> str:
    """The run's folder as commands name it."""
    return shlex.quote(f"runs/{facts.part(SummaryFacts).run}")

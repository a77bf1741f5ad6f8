"""The first screen: whether it fits, how fast it is, how often it is right, whether it is exact.

Invariant: green is for a good result. What is not known is neither good nor bad, and a model that is no
better than its majority baseline is bad, however exact it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edgeml.fits import Verdict as Fit
from edgeml.prove.result import Verdict as Proof
from edgeml.report.numbers import Number
from edgeml.report.sections.accuracy.facts import AccuracyFacts
from edgeml.report.sections.exactness.facts import ExactnessFacts, ExactnessVerdict
from edgeml.report.sections.exactness.view import verdict
from edgeml.report.sections.hardware.design import DesignOnBoard
from edgeml.report.sections.hardware.facts import HardwareFacts
from edgeml.report.sections.hardware.groups import groups
from edgeml.report.sections.mcus.facts import McuFacts, McuRow
from edgeml.report.sections.task.facts import FigureRow, TaskFacts
from edgeml.report.verdict import RunVerdict, Urgency
from edgeml.report.words import percent

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


class Tone(StrEnum):
    """The meaning of a result for the run."""

    GOOD = "good"
    CAUTION = "caution"
    BAD = "bad"
    UNKNOWN = "unknown"


_OF_FIT: dict[Fit, Tone] = {
    "fits": Tone.GOOD,
    "tight": Tone.CAUTION,
    "may not fit": Tone.CAUTION,
    "does not fit": Tone.BAD,
    "unknown": Tone.UNKNOWN,
}
_FIT_ORDER: tuple[Fit, ...] = ("fits", "tight", "may not fit", "does not fit", "unknown")
_OF_EXACTNESS = {"exact": Tone.GOOD, "mismatch": Tone.BAD, "unknown": Tone.UNKNOWN}
_OF_SEVERITY = {Urgency.BAD: Tone.BAD, Urgency.CAUTION: Tone.CAUTION, Urgency.ADVICE: Tone.GOOD}


@dataclass(frozen=True)
class BoardAnswer:
    """The best design on the target board.

    Attributes:
        design: its figures, of the best source.
        tone: of whether it fits.
        others: how many other designs stand in the section on hardware.
    """

    design: DesignOnBoard
    tone: Tone
    others: int


@dataclass(frozen=True)
class McuAnswer:
    """The smallest microcontroller that it fits, or the largest if it fits none.

    Attributes:
        row: its figures.
        tone: of whether it fits.
        fitting: microcontrollers that it fits.
        every: those whose core was measured.
    """

    row: McuRow
    tone: Tone
    fitting: int
    every: int


@dataclass(frozen=True)
class QualityAnswer:
    """The quality of the model.

    Attributes:
        fixed: share of right answers of the exact graph; absent for another task than classification.
        floats: the same of the float baseline.
        majority: what always saying the most frequent class would get.
        figure: of another task, its first figure; None for classification.
        tone: of the accuracy against the majority baseline and the float baseline.
    """

    fixed: Number
    floats: Number
    majority: Number
    figure: FigureRow | None
    tone: Tone


@dataclass(frozen=True)
class ExactnessAnswer:
    """The exactness, and the extent of it.

    Attributes:
        verdict: of the check.
        tone: of that verdict and the proofs.
        proven: executors that are proven equal for every input.
        proofs: executors that have a verdict of `edgeml prove`.
    """

    verdict: ExactnessVerdict
    tone: Tone
    proven: int
    proofs: int


@dataclass(frozen=True)
class Answer:
    """The answers of the first screen.

    Attributes:
        tone: of the run: that of its worst verdict, and good only if everything asked for is known and good.
        text: them in a sentence.
        board: None if nothing is known of the target board.
        mcu: None if no microcontroller was measured.
        quality: of the model.
        exactness: of its artefacts.
        verdicts: what to do, the worst first.
    """

    tone: Tone
    text: str
    board: BoardAnswer | None
    mcu: McuAnswer | None
    quality: QualityAnswer
    exactness: ExactnessAnswer
    verdicts: tuple[RunVerdict, ...]


def answer(facts: Facts) -> Answer:
    """The answers that the facts of a report give."""
    board, exact, good = _board(facts), _exactness(facts), _quality(facts)
    parts = [_fit_words(board), exact.verdict.text, _quality_words(good)]
    tones = [exact.tone, good.tone, *([board.tone] if board else [])]
    judged = [_OF_SEVERITY[verdict.severity] for verdict in facts.verdicts]
    tone = next(
        (one for one in (Tone.BAD, Tone.CAUTION, Tone.UNKNOWN) if one in (*tones, *judged)), Tone.GOOD
    )
    text = ", ".join(part for part in parts if part)
    return Answer(tone, text, board, _mcu(facts), good, exact, facts.verdicts)


def _board(facts: Facts) -> BoardAnswer | None:
    here = [group for group in groups(facts.part(HardwareFacts)) if group.target]
    if not here:
        return None
    chosen = min(here, key=lambda group: _FIT_ORDER.index(group.best.fit)).best
    return BoardAnswer(chosen, _OF_FIT[chosen.fit], len(here) - 1)


def _mcu(facts: Facts) -> McuAnswer | None:
    rows = facts.part(McuFacts).microcontrollers
    if not rows:
        return None
    fitting = [row for row in rows if row.verdict in ("fits", "tight")]
    size = (lambda row: row.flash_capacity), (lambda row: -row.flash_capacity)
    chosen = min(fitting or rows, key=size[0] if fitting else size[1])
    return McuAnswer(chosen, _OF_FIT[chosen.verdict], len(fitting), len(rows))


def _quality(facts: Facts) -> QualityAnswer:
    own, figures = facts.part(AccuracyFacts), facts.part(TaskFacts).task_figures
    fixed, floats, majority = own.accuracy.fixed, own.accuracy.float_, own.majority
    if fixed.value is None:
        return QualityAnswer(fixed, floats, majority, figures[0] if figures else None, Tone.UNKNOWN)
    codes = {verdict.code for verdict in facts.verdicts}
    tone = Tone.GOOD
    if "at-chance" in codes or (majority.value is not None and (fixed.low or 0.0) <= majority.value):
        tone = Tone.BAD
    elif codes & {"loses-to-rounding", "never-predicted"}:
        tone = Tone.CAUTION
    return QualityAnswer(fixed, floats, majority, None, tone)


def _exactness(facts: Facts) -> ExactnessAnswer:
    check, results = verdict(facts), facts.part(ExactnessFacts).every_input.values()
    tone = _OF_EXACTNESS[check.status]
    if any(proof.verdict is Proof.REFUTED for proof in results):
        tone = Tone.BAD
    proofs = [proof for proof in results if proof.verdict is not Proof.NOT_RUN]
    return ExactnessAnswer(check, tone, sum(proof.verdict is Proof.PROVEN for proof in proofs), len(proofs))


def _fit_words(board: BoardAnswer | None) -> str:
    if board is None or board.design.fit == "unknown":
        return ""
    verb = {"tight": "fits, tightly,"}.get(board.design.fit, board.design.fit)
    return f"{verb} the {board.design.place}"


def _quality_words(quality: QualityAnswer) -> str:
    if quality.fixed.value is None:
        return ""
    chance = ", at chance" if quality.tone is Tone.BAD else ""
    return f"{percent(quality.fixed.value)} right{chance}"

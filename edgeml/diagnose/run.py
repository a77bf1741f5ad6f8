"""A run, diagnosed: scores in float and fixed, the layers, the changes that win score back.

Changes are chosen on validation samples (or, where there are none, on training samples) and confirmed on the
test samples; one that the test samples do not confirm is left out.

Invariant: nothing of the run folder is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import tasks
from edgeml.checks import bound
from edgeml.checks.result import Check
from edgeml.diagnose.changes import Candidate, ImportedModel, PresetModel
from edgeml.diagnose.layers import Patient, diagnose_layers
from edgeml.diagnose.quantized import QuantizedModel
from edgeml.diagnose.result import ArtefactMismatch, Diagnosis, LayerDiagnosis, TypeChange
from edgeml.diagnose.score import Floats, Measure, ScoreJudge, outputs_of
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.presets import Prepared
from edgeml.report import quality
from edgeml.report.sections.weights.bops import bit_operations
from edgeml.runconfig import EndMeaning
from edgeml.runs import Run

SAMPLES = 1000
"""Test samples, and samples that changes are chosen on."""

_LAYERS = 6
"""Layers whose types are changed: those that lose most."""

_SHOWN = 6
_TOGETHER = 3


def _least(measure: Measure) -> float:
    """The gain that counts: half a dB, or a tenth of a percent."""
    return 0.5 if measure is Measure.SQNR else 0.001


def diagnose(run: Run, samples: int = SAMPLES, tell: Callable[[str], None] = lambda _: None) -> Diagnosis:
    """Find why a run's integers are worse than floats, and the types that win it back.

    Args:
        run: a trained or imported run.
        samples: most test samples.
        tell: called with a line about what is done.

    Raises:
        EdgemlError: the run has no exact graph or its data is missing.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    run = bound.as_trained(run)
    graph, data = run.graph(), run.data()
    if len(graph.inputs) != 1:
        raise EdgemlError(f"has {len(graph.inputs)} inputs, and a diagnosis takes one", str(run.folder))
    x, y = _some(data.x_test, data.y_test, data, samples)
    if not len(x):
        raise EdgemlError("has no test samples", str(run.folder))
    not_run: list[str] = []
    patient = Patient(graph, _model(run, not_run), run.config.lowering, x)
    tell("all layers in float")
    all_float = patient.variant(patient.layers())
    floats = outputs_of(all_float, x)
    task, meaning = tasks.load(data.task), _meaning(run, graph)
    judge = ScoreJudge.of(all_float, floats, task, y, meaning)
    fixed = judge.score(graph, outputs_of(graph, x))
    baseline = _baseline(run, x, judge)
    rows = diagnose_layers(patient, judge, tell)
    in_float = judge.score(all_float, floats)
    gap = max(in_float, baseline or 0.0) - fixed
    changes: tuple[TypeChange, ...] = ()
    together: TypeChange | None = None
    tried = 0
    if gap >= _least(judge.measure):
        trial = _Trials(patient, judge, fixed, _chosen_on(patient, data, samples, meaning))
        candidates = _candidates(run, patient, rows, not_run)
        tried = len(candidates)
        changes, together = trial.run(candidates, tell)
    return Diagnosis(
        run=run.name,
        samples=len(x),
        measure=judge.measure,
        float_baseline=baseline,
        in_float=in_float,
        fixed=fixed,
        layers=rows,
        changes=changes,
        together=together,
        tried=tried,
        mismatches=mismatches(run, graph, not_run),
        not_run=tuple(not_run),
    )


class _Trials:
    """Tries changes on exact graphs: chosen on some samples, confirmed on the test samples.

    Args:
        patient: as it is.
        judge: of the test samples.
        fixed: the score as it is.
        chosen_on: samples to choose on, and their judge.
    """

    def __init__(
        self, patient: Patient, judge: ScoreJudge, fixed: float, chosen_on: tuple[Floats, ScoreJudge]
    ) -> None:
        self._patient, self._judge, self._fixed = patient, judge, fixed
        self._x, self._chooser = chosen_on
        self._least = _least(judge.measure)
        self._before = self._chooser.score(patient.graph, outputs_of(patient.graph, self._x))
        self._operations = float(bit_operations(patient.graph).value or 1)

    def run(
        self, candidates: list[Candidate], tell: Callable[[str], None]
    ) -> tuple[tuple[TypeChange, ...], TypeChange | None]:
        """The changes that gain, cheapest first, and the best of them together."""
        better: list[tuple[Candidate, TypeChange]] = []
        for number, candidate in enumerate(candidates, start=1):
            tell(f"change {number} of {len(candidates)}: {candidate.text}")
            change = self._tried(candidate.settings, candidate.text, candidate.make)
            if change is not None:
                better.append((candidate, change))
        better.sort(key=lambda pair: (round(pair[1].bit_operations, 4), -pair[1].gain))
        useful = _undominated(better)
        return tuple(change for _, change in useful[:_SHOWN]), self._together(useful, tell)

    def _tried(
        self, settings: tuple[str, ...], text: str, make: Callable[[tuple[str, ...]], Graph]
    ) -> TypeChange | None:
        """The change, if it gains on both sets of samples."""
        try:
            graph = make(settings)
        except EdgemlError:  # such a type is not possible here
            return None
        if graph.digest == self._patient.graph.digest:
            return None
        if self._chooser.score(graph, outputs_of(graph, self._x)) - self._before < self._least:
            return None
        score = self._judge.score(graph, outputs_of(graph, self._patient.x))
        if score - self._fixed < self._least:
            return None
        operations = float(bit_operations(graph).value or 1) / self._operations
        return TypeChange(
            settings=settings, text=text, score=score, gain=score - self._fixed, bit_operations=operations
        )

    def _together(
        self, useful: list[tuple[Candidate, TypeChange]], tell: Callable[[str], None]
    ) -> TypeChange | None:
        """The best changes of different layers at once, if that is better than the best alone."""
        chosen: dict[str, tuple[Candidate, TypeChange]] = {}
        for candidate, change in sorted(useful, key=lambda pair: -pair[1].gain):
            if candidate.settings and candidate.layer not in chosen:
                chosen[candidate.layer] = (candidate, change)
        parts = list(chosen.values())[:_TOGETHER]
        if len(parts) < 2:
            return None
        tell("the best changes together")
        settings = tuple(setting for candidate, _ in parts for setting in candidate.settings)
        text = "; ".join(candidate.text for candidate, _ in parts)
        combined = self._tried(settings, text, parts[0][0].make)
        best = max(change.score for _, change in parts)
        return combined if combined is not None and combined.score - best >= self._least else None


def _undominated(better: list[tuple[Candidate, TypeChange]]) -> list[tuple[Candidate, TypeChange]]:
    """Changes, cheapest first, without those that cost more than another and gain no more."""
    useful: list[tuple[Candidate, TypeChange]] = []
    for candidate, change in better:
        cheaper = [other for chosen, other in useful if chosen.layer == candidate.layer]
        if all(change.gain > other.gain for other in cheaper):
            useful.append((candidate, change))
    return useful


def _candidates(
    run: Run, patient: Patient, rows: tuple[LayerDiagnosis, ...], not_run: list[str]
) -> list[Candidate]:
    """The changes of types of the layers that lose most."""

    def loss(row: LayerDiagnosis) -> float:
        return -(row.only_float if row.only_float is not None else -1e9)

    worst = {row.layer for row in sorted(rows, key=loss)[:_LAYERS]}
    some = tuple(row for row in rows if row.layer in worst)
    if run.config.post_training is not None:
        return list(QuantizedModel(patient, run.config.post_training.method).candidates(some))
    if run.config.imported:
        return list(ImportedModel(run, patient).candidates(some))
    if patient.model is None or run.config.quantizers is None:
        return []
    from edgeml import presets

    ref = run.config.preset
    try:
        preset = presets.load(ref.file or ref.name)
    except EdgemlError as error:
        not_run.append(f"changes of types: {error}")
        return []
    if dict(preset.code) != ref.code:
        not_run.append(f"changes of types: {preset.file} is not what this run was trained with")
        return []
    return list(PresetModel(preset, run.config.choices, patient).candidates(some))


def _chosen_on(
    patient: Patient, data: Prepared, samples: int, meaning: EndMeaning | None
) -> tuple[Floats, ScoreJudge]:
    """Samples to choose changes on, and their judge."""
    x, y = (data.x_val, data.y_val) if len(data.x_val) else (data.x_train, data.y_train)
    if not len(x):
        x, y = data.x_test, data.y_test
    some, labels = _some(x, y, data, samples)
    graph = patient.variant(patient.layers())
    floats = outputs_of(graph, some)
    return some, ScoreJudge.of(graph, floats, tasks.load(data.task), labels, meaning)


def _some(x: Any, y: Any, data: Prepared, most: int) -> tuple[Floats, Any]:
    """Samples spread evenly over the data, and their truth if there is any."""
    chosen = np.unique(np.linspace(0, max(len(x) - 1, 0), min(len(x), most)).astype(np.int64))
    return x[chosen], data.truth_of(x[chosen], y[chosen] if len(y) else None)


def _model(run: Run, not_run: list[str]) -> Any:
    """The Keras model, or None."""
    if run.config.post_training is not None:
        not_run.append("weights in float: edgeml quantize --sensitivity measures them")
        return None
    if not run.is_keras:
        not_run.append("weights in float: the model is not one of Keras")
        return None
    if not run.model_file.is_file():
        not_run.append(f"weights in float: there is no {run.model_file.name}")
        return None
    from edgeml.keras.load import load_model

    return load_model(run.model_file)


def _baseline(run: Run, x: Floats, judge: ScoreJudge) -> float | None:
    """Score of the separately trained float model; None without it or without truth."""
    measured = judge.measure in (Measure.ACCURACY, Measure.EXPLAINED)
    if not measured or not run.float_file.is_file():
        return None
    from edgeml.keras.load import load_model
    from edgeml.training.ending import ending, threshold_of

    model = load_model(run.float_file)
    outputs = model.predict(x, verbose=0)
    if judge.measure is Measure.EXPLAINED:
        return judge.figure(outputs, real=True)
    return float(np.mean(quality.predictions(outputs, threshold_of(ending(model))) == judge.labels))


def _meaning(run: Run, graph: Graph) -> EndMeaning | None:
    """The meaning of the first output."""
    importing = run.config.importing
    meanings = importing.outputs if importing is not None else ()
    return next((item for item in meanings if item.name == graph.outputs[0]), None)


def mismatches(run: Run, graph: Graph, not_run: list[str]) -> tuple[ArtefactMismatch, ...]:
    """The artefacts that the last check saw differ, with their first difference and its cause."""
    path: Path = run.check_file
    if not path.is_file():
        not_run.append(f"mismatches of artefacts: there is no check.json; edgeml check {run.folder} makes it")
        return ()
    rows: list[ArtefactMismatch] = []
    for result in Check.read(path).results:
        if result.status != "mismatch":
            continue
        first = result.first
        known_op = first is not None and first.op in graph.infos
        rows.append(
            ArtefactMismatch(
                artefact=result.backend,
                op=first.op if first else "",
                layer=graph.node(first.op).layer if first is not None and known_op else "",
                element=first.index if first else (),
                expected=first.expected if first else None,
                got=first.got if first else None,
                cause="; ".join(filter(None, [result.remark, *result.deviations])),
            )
        )
    return tuple(rows)

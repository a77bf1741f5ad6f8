"""The start of a study: the float baseline, what it costs to round it layer by layer, and its layers.

A trial starts from the weights of the baseline of its topology, which depend on no other knob. STUDY/base has
the run folder of the study's own sizes, base.json what the search needs of it; those of other sizes are in
STUDY/bases, trained when the first trial asks for them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from edgeml import presets
from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError
from edgeml.explore.knob import LayerRole, PresetLayer, SpaceInput
from edgeml.explore.paused import Paused, Pausing
from edgeml.explore.request import StudyRequest
from edgeml.explore.space import SizedTopology, StudySpace, space_of
from edgeml.pipeline.cluster import Cargo, moved_settings, sources_of
from edgeml.presets import Choices, ModelChoices, Preset, Quantizers
from edgeml.ptq.record import SensitivityRow

if TYPE_CHECKING:
    from edgeml.pipeline.pool import JobTell
    from edgeml.runs import Run

FILE = "base.json"
FOLDER = "base"
OTHERS = "bases"


class LayerRecord(Record):
    """A `PresetLayer` in a file."""

    name: str
    role: LayerRole = Field(strict=False)
    parameters: int


class Baseline(Document):
    """The content of base.json.

    Attributes:
        layers: of the model.
        elsewhere: layers that only models of other sizes have; () in the record of such a model.
        measure: what `percent` is: "accuracy", "R2".
        percent: of the float baseline on the validation part.
        test_percent: the same on the test part.
        judged: samples of the validation part.
        sensitivity: what rounding each tensor alone costs; () where it is not known.
        no_sensitivity: why it is not known; "" if it is.
        seconds: that it took.
    """

    what: ClassVar[str] = "baseline of a study"
    remedy: ClassVar[str] = "delete it, and the same command makes it again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    layers: tuple[LayerRecord, ...]
    elsewhere: tuple[LayerRecord, ...] = ()
    measure: str
    percent: float
    test_percent: float
    judged: int
    sensitivity: tuple[SensitivityRow, ...] = ()
    no_sensitivity: str = ""
    seconds: float = 0.0

    @property
    def names(self) -> frozenset[str]:
        """Of the layers of the model."""
        return frozenset(one.name for one in self.layers)

    @property
    def preset_layers(self) -> tuple[PresetLayer, ...]:
        """The layers, as knobs take them; those of other sizes too."""
        return tuple(
            PresetLayer(one.name, one.role, one.parameters) for one in (*self.layers, *self.elsewhere)
        )


class NotingQuantizers(Quantizers):
    """Quantizers that note which layers ask for what."""

    _noted: list[tuple[str, LayerRole]] = PrivateAttr(default_factory=list)

    @property
    def noted(self) -> dict[tuple[str, LayerRole], None]:
        """Layer and role, in the order of the first question."""
        return dict.fromkeys(self._noted)

    def _note(self, layer: str, role: LayerRole) -> None:
        self._noted.append((layer, role))

    def kernel(self, layer: str) -> str:
        self._note(layer, LayerRole.WEIGHTS)
        return super().kernel(layer)

    def relu(self, layer: str) -> str:
        self._note(layer, LayerRole.ACTIVATIONS)
        return super().relu(layer)

    def linear(self, layer: str) -> str:
        self._note(layer, LayerRole.ACTIVATIONS)
        return super().linear(layer)

    def state(self, layer: str) -> str:
        self._note(layer, LayerRole.ACTIVATIONS)
        return super().state(layer)

    def learned(self, layer: str) -> dict[str, Any]:
        self._note(layer, LayerRole.LEARNED)
        return super().learned(layer)


def study_choices(request: StudyRequest, lines: tuple[str, ...] = ()) -> tuple[Preset, Choices]:
    """The preset of a study and its settings with those of a point.

    Raises:
        EdgemlError: there is no such preset, or an assignment is wrong.
    """
    preset = presets.load(request.preset)
    target = (f"targets.board={request.target_name}",) if request.place.board is not None else ()
    assignments = (*target, *request.settings, *lines)
    return preset, presets.choose(preset, assignments, request.seed, request.epochs)


def moved_request(request: StudyRequest, outside: Mapping[str, str]) -> StudyRequest:
    """The question as another machine reads it, where the user's files lie elsewhere.

    Args:
        request: the question.
        outside: paths there by paths here.
    """
    settings = (*request.settings, *moved_settings(study_choices(request)[1].data, outside))
    preset = outside.get(request.preset, request.preset)
    return request.model_copy(update={"preset": preset, "settings": settings})


def preset_layers(preset: Preset, choices: Choices) -> tuple[PresetLayer, ...]:
    """The layers of a preset's model that ask for formats, in its order.

    Raises:
        EdgemlError: the build function fails.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    from edgeml.training.build import build_model

    noting = NotingQuantizers.model_validate(choices.quantizers.model_dump())
    model = build_model(preset, choices.model_copy(update={"quantizers": noting}))
    sizes = {layer.name: int(layer.count_params()) for layer in model.layers}
    own = [(name, role) for name, role in noting.noted if name in sizes]
    order = list(sizes)
    own.sort(key=lambda item: order.index(item[0]))
    return tuple(
        PresetLayer(name, role, 0 if role is LayerRole.ACTIVATIONS else sizes[name]) for name, role in own
    )


def study_space(request: StudyRequest, base: Baseline) -> StudySpace:
    """The space of a study.

    Raises:
        EdgemlError: as for `space_of`.
    """
    preset, choices = study_choices(request)
    at = SpaceInput(preset, choices, base.preset_layers, request.place)
    return space_of(at, request.knobs, request.bounds)


def other_layers(preset: Preset, choices: Choices, own: tuple[PresetLayer, ...]) -> tuple[PresetLayer, ...]:
    """The layers that the model has with one size at the end of its bounds, and not with its own sizes."""
    there = {one.name: one for one in own}
    for name, size in preset.sizes.items():
        for end in {size.least, size.most} - {choices.model.sizes[name]}:
            sizes = choices.model.sizes | {name: end}
            other = choices.model_copy(update={"model": ModelChoices(sizes=sizes)})
            with suppress(EdgemlError):  # a size that its layers cannot have fails the trial that takes it
                there = {one.name: one for one in preset_layers(preset, other)} | there
    return tuple(one for key, one in there.items() if key not in {layer.name for layer in own})


def base_folder(topology: SizedTopology) -> str:
    """The run folder of the baseline of a topology, from STUDY."""
    return f"{OTHERS}/{topology.name}" if topology.name else FOLDER


def base_file(root: Path, topology: SizedTopology) -> Path:
    """The record of a baseline."""
    return root / f"{base_folder(topology)}.json"


@dataclass(frozen=True)
class BaselineJob:
    """Trains a float baseline of a study, and measures what it costs to round that of its own sizes.

    Attributes:
        root: STUDY.
        request: the question.
        topology: whose.
    """

    root: Path
    request: StudyRequest
    topology: SizedTopology = field(default_factory=SizedTopology)

    @property
    def title(self) -> str:
        """Its name in a few words."""
        return " ".join(["float baseline", *filter(None, [self.topology.name.replace("_", ", ")])])

    @property
    def place(self) -> str:
        """Its run folder."""
        return str(self.root / base_folder(self.topology))

    def cargo(self) -> Cargo:
        """Its files: its run folder."""
        outside, datasets = sources_of(self.request.preset, study_choices(self.request)[1].data)
        return Cargo(self.root, base_folder(self.topology), (), outside, datasets)

    def moved(self, root: Path, outside: Mapping[str, str]) -> BaselineJob:
        """The same on another machine."""
        return replace(self, root=root, request=moved_request(self.request, outside))

    def run(self, tell: JobTell) -> Baseline:
        """The baseline.

        Raises:
            EdgemlError: as for `edgeml.training.train.train`.
        """
        from edgeml.explore.scoring import score_float

        began = time.monotonic()
        run = self._trained(tell)
        preset, choices = study_choices(self.request, self.topology.lines)
        layers, others = preset_layers(preset, choices), ()
        rows, reason = (), ""
        if not self.topology.name:
            others = other_layers(preset, choices, layers)
            tell("sensitivity of the layers")
            rows, reason = _sensitivity(run, tell)
        measure, percent, test_percent, judged = score_float(run)
        return Baseline(
            layers=_records(layers),
            elsewhere=_records(others),
            measure=measure,
            percent=percent,
            test_percent=test_percent,
            judged=judged,
            sensitivity=rows,
            no_sensitivity=reason,
            seconds=round(time.monotonic() - began, 3),
        )

    def _trained(self, tell: JobTell) -> Run:
        """Its run folder with float.keras."""
        from edgeml.runs import Run
        from edgeml.training.train import train

        preset, choices = study_choices(self.request, self.topology.lines)
        folder = self.root / base_folder(self.topology)
        if not (folder / "float.keras").is_file():
            with suppress(Paused):
                train(preset, folder, choices, Pausing(tell, self.title, 0))
        return Run.open(folder)


def _records(layers: tuple[PresetLayer, ...]) -> tuple[LayerRecord, ...]:
    return tuple(LayerRecord(name=one.name, role=one.role, parameters=one.parameters) for one in layers)


def _sensitivity(run: Run, tell: JobTell) -> tuple[tuple[SensitivityRow, ...], str]:
    """The costs of rounding each tensor of the float baseline alone, or the reason why they are not known."""
    from edgeml.ptq.record import QUANTIZE_FILE, QuantizationRecord
    from edgeml.ptq.run import float_source, quantize_model
    from edgeml.scratch import scratch_folder

    try:
        with scratch_folder() as folder:
            settings = {"quantize": {"corrections": ()}}
            quantized_run = quantize_model(
                float_source(str(run.folder)), Path(folder) / "ptq", settings, sensitivity=True, tell=tell
            )
            return QuantizationRecord.read(quantized_run.folder / QUANTIZE_FILE).sensitivity, ""
    except EdgemlError as error:
        return (), str(error)

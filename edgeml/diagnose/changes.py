"""Changes of types that a user could make, each with the exact graph that it gives.

A preset's formats are changed as `edgeml train --set` would: its build function is called with them, the
trained weights are put in, and the model is lowered. Types that were stated for an imported model are changed
as `edgeml import --set` would. What only the model's own code says is changed in the graph.

Invariant: the settings of a change are those its graph was made with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edgeml.diagnose.layers import Patient
from edgeml.diagnose.result import LayerDiagnosis
from edgeml.diagnose.variants import lossy, retyped
from edgeml.fixed import FixedType
from edgeml.ir import Graph
from edgeml.presets import Choices, Preset, Quantizers
from edgeml.presets.lowering import StatedType
from edgeml.runs import Run


@dataclass(frozen=True, eq=False)
class Candidate:
    """A change that is to be tried.

    Args:
        layer: whose types it changes.
        settings: what to set; empty if the model's own code has to be changed.
        text: in words.
        make: the changed graph from settings, such as those of several candidates at once.
    """

    layer: str
    settings: tuple[str, ...]
    text: str
    make: Callable[[tuple[str, ...]], Graph]


@dataclass(frozen=True, eq=False)
class PresetModel:
    """A trained run of a preset.

    Args:
        preset: whose build function makes the model.
        choices: of the run.
        patient: the trained model.
    """

    preset: Preset
    choices: Choices
    patient: Patient

    @property
    def quantizers(self) -> Quantizers:
        """Its formats."""
        return self.choices.quantizers

    def graph(self, settings: tuple[str, ...]) -> Graph:
        """The exact graph with other formats and the trained weights.

        Raises:
            EdgemlError: a format does not fit, or the model cannot be lowered with it.
        """
        from edgeml.keras.lower import lower_model
        from edgeml.settings import parse_settings, set_values
        from edgeml.training.build import build_model

        plain = set_values({"quantizers": self.quantizers.model_dump(exclude_none=True)}, settings)
        changed = parse_settings(Quantizers, plain["quantizers"], "quantizers")
        model = build_model(self.preset, self.choices.model_copy(update={"quantizers": changed}))
        model.set_weights(self.patient.model.get_weights())
        return lower_model(model, self.patient.graph.name, options=self.patient.lowering).graph

    def candidates(self, rows: tuple[LayerDiagnosis, ...]) -> Iterator[Candidate]:
        """Formats with a bit more, or the point moved, for the input and for layers one by one."""
        inputs = set(self.patient.graph.inputs)
        for row in rows:
            if row.layer in inputs:
                form = self.quantizers.inputs
                yield from self._moves(row.layer, "inputs", form.bits, form.integer, bool(row.casts))
                continue
            own = self.quantizers.layers.get(row.layer)
            if row.weights:
                for part in ("weights", "biases"):
                    form = getattr(self.quantizers, part)
                    form = getattr(own, part).over(form) if own else form
                    key = f"layers.{row.layer}.{part}"
                    yield from self._moves(row.layer, key, form.bits, form.integer, False)
            if row.casts:
                form = self.quantizers.activations
                form = own.activations.over(form) if own else form
                key = f"layers.{row.layer}.activations"
                clipped = any(cast.saturated > 0 for cast in row.casts)
                yield from self._moves(row.layer, key, form.bits, form.integer, clipped)

    def _moves(self, layer: str, key: str, bits: int, integer: int, clipped: bool) -> Iterator[Candidate]:
        """The point moved to either side, one bit more below, one above, and two."""
        options = [{"bits": bits + 1}, {"bits": bits + 2}]
        if clipped:
            options = [{"integer": integer + 1}, {"bits": bits + 1, "integer": integer + 1}, *options]
            options.append({"bits": bits + 2, "integer": integer + 2})
            options.append({"integer": integer + 2})
        else:
            options.append({"integer": integer - 1})
            if "weights" in key or "biases" in key:
                options.append({"bits": bits + 1, "integer": integer + 1})
        for option in options:
            settings = tuple(f"quantizers.{key}.{name}={value}" for name, value in option.items())
            words = " and ".join(f"{name} {value}" for name, value in option.items())
            yield Candidate(layer, settings, f"{key}: {words}", self.graph)


@dataclass(frozen=True, eq=False)
class ImportedModel:
    """A model that was trained elsewhere.

    Args:
        run: its run.
        patient: the model.
    """

    run: Run
    patient: Patient

    def candidates(self, rows: tuple[LayerDiagnosis, ...]) -> Iterator[Candidate]:
        """Stated types with more bits, and other types of casts that the model's own code has to state."""
        stated = self._stated()
        for row in rows:
            if row.layer in stated:
                key, kind = stated[row.layer]
                for wider in _wider(kind.type):
                    changed = replace(kind, type=wider)
                    settings = (f'{key}="{changed}"',)
                    yield Candidate(
                        row.layer,
                        settings,
                        f"{row.layer}: {kind} becomes {changed}",
                        self._read,
                    )
                continue
            for node in lossy(self.patient.graph):
                if node.layer == row.layer:
                    kind = self.patient.graph.info(node.name).scalar
                    for changed in _wider(kind):
                        yield Candidate(
                            row.layer,
                            (),
                            f"{node.name}: {kind} becomes {changed} in the model's own quantizer",
                            lambda _, name=node.name, to=changed: retyped(self.patient.graph, name, to),
                        )

    def _stated(self) -> Mapping[str, tuple[str, StatedType]]:
        """Setting and type of every input, and of every layer's result, whose type the user stated."""
        lowering = self.run.config.lowering
        types: dict[str, tuple[str, StatedType]] = {}
        for name in self.patient.graph.inputs:
            kind = lowering.type_of(name)
            if kind is not None:
                types[name] = ("lowering.input_type", StatedType(kind))
        own = set(self.patient.weighted())
        for node in lossy(self.patient.graph):
            if node.layer in own or node.layer in types:
                continue
            result = lowering.stated(node.layer, "result")
            if result is not None and result.type == self.patient.graph.info(node.name).scalar:
                whole = isinstance(lowering.layer_types.get(node.layer), str)
                key = f"lowering.layer_types.{node.layer}"
                types[node.layer] = (key if whole else f"{key}.result", result)
        return types

    def _read(self, settings: tuple[str, ...]) -> Graph:
        from edgeml.importers.run import read_again
        from edgeml.presets import Lowering
        from edgeml.settings import parse_settings, set_values

        plain: dict[str, Any] = set_values(
            {"lowering": self.run.config.lowering.model_dump(exclude_none=True)}, settings
        )
        lowering = parse_settings(Lowering, plain["lowering"], "lowering")
        config = self.run.config.model_copy(update={"lowering": lowering})
        return read_again(replace(self.run, config=config)).graph


def _wider(kind: FixedType) -> tuple[FixedType, ...]:
    """The point moved to the right, and one or two bits more on either side."""
    return (
        FixedType(kind.signed, kind.width, kind.frac - 1),
        FixedType(kind.signed, kind.width, kind.frac + 1),
        FixedType(kind.signed, kind.width + 1, kind.frac),
        FixedType(kind.signed, kind.width + 1, kind.frac + 1),
        FixedType(kind.signed, kind.width + 2, kind.frac),
    )

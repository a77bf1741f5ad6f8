"""Shared by the formats of Keras: the exact graph of a model, and the model that it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.importers.base import Floats, Imported, ImportOptions, SourceFile, SourceModel
from edgeml.importers.hls4ml_types import with_hls4ml_types
from edgeml.keras.factor_bits import lower_on_samples
from edgeml.keras.lower import Lowered
from edgeml.keras.registry import is_quantized
from edgeml.keras.runner import NoDoubleError, keras_floats
from edgeml.runconfig import EndMeaning

_AS_IS = (
    "quantizes it after training; or train it with QKeras layers and quantizers, or round it as it is, "
    "without calibration: --float-type 'fixed<16,6>' --input-type 'fixed<16,6>'"
)


class KerasSource(SourceModel):
    """A Keras model, run eagerly in float32.

    Args:
        model: the Keras model.
        lowered: what it was lowered to.
    """

    title = "Keras, float32"

    def __init__(self, model: Any, lowered: Lowered) -> None:
        self._model, self._graph, self._options = model, lowered.graph, lowered.options
        self.values = tuple(dict.fromkeys((*lowered.layer_values.values(), *lowered.graph.outputs)))

    def missing(self) -> str:
        return ""  # it was loaded by Keras

    def run(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats]:
        return dict(keras_floats(self._model, self._graph, x, keep, self._options))

    def run_double(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats] | None:
        """The model's own layers in float64, see `edgeml.keras.double`; None if one knows float32 alone."""
        try:
            return dict(keras_floats(self._model, self._graph, x, keep, self._options, double=True))
        except NoDoubleError:
            return None


def imported(model: Any, source: SourceFile, options: ImportOptions) -> Imported:
    """The exact graph of a Keras model.

    Raises:
        EdgemlError: it is a float model and no types are stated, or it cannot be lowered.
    """
    lowering, stated_types = options.lowering, ()
    if options.hls4ml is not None:
        lowering, stated_types = with_hls4ml_types(model, lowering, options.hls4ml)
    stated = lowering.float_type is not None or lowering.layer_types
    if not stated and not any(is_quantized(type(layer).__module__) for layer in model._flatten_layers()):
        raise EdgemlError(
            "is a float model: it has no quantized layer, so no integers to be exact about",
            source.where,
            f"{options.quantize_command(source.where, source.weights is not None)} {_AS_IS}",
        )
    lowered = lower_on_samples(model, options.name, options.strict, lowering, options.samples)
    outputs = lowered.graph.outputs
    names = zip(outputs, getattr(model, "output_names", outputs), strict=True)  # a Sequential model has none
    meanings = tuple(
        EndMeaning(name=name, label=label, function=lowered.left_off.get(name, "")) for name, label in names
    )
    return Imported(
        lowered.graph,
        KerasSource(model, lowered),
        lowering=lowering,
        stated_types=stated_types,
        outputs=meanings,
        waits_for_samples=bool(lowered.factored) and lowering.factor_bits is None,
    )

"""The parts of a preset: a build function and typed descriptions of data, formats, training and targets.

All numbers of a preset can be changed from outside (`--set quantizers.weights.bits=4`) because the build
function gets them as its one argument and because everything else is data.

Invariant: the descriptions are plain frozen values; nothing here imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast

from pydantic import BeforeValidator, Field, field_validator, model_validator

from edgeml import tasks
from edgeml.boards.target import known_case
from edgeml.datasets import Categories, Kind, Missing, Partition, SplitKind, TableOptions
from edgeml.errors import EdgemlError
from edgeml.fixed import MAX_WIDTH
from edgeml.presets.clustering import Clustering
from edgeml.presets.distillation import Distillation
from edgeml.presets.keras_class import Argument, KerasClass
from edgeml.presets.lowering import Lowering
from edgeml.presets.penalty import BitPenalty
from edgeml.presets.pruning import Pruning
from edgeml.presets.sizes import ModelChoices, Size, Sizes
from edgeml.settings import Settings

if TYPE_CHECKING:
    import keras

Count = Annotated[int, Field(ge=1, strict=True)]
Rate = Annotated[float, Field(gt=0, le=1, strict=True)]
Width = Annotated[int, Field(ge=1, le=MAX_WIDTH, strict=True)]
Strategy = Literal["auto", "latency", "resource", "distributed_arithmetic"]
BoardKind = Literal["histograms", "graph", "images", "embeddings", "pr_curves", "hparams"]
Seed = Annotated[int, Field(ge=0, lt=2**32, strict=True)]


AUTO = "auto"
"""The task of data whose task is to be inferred."""


def _lower(value: Any) -> Any:
    """Strategies in any case, as hls4ml writes them too ("Resource")."""
    if isinstance(value, Mapping):
        return {key: _lower(item) for key, item in cast("Mapping[str, Any]", value).items()}
    return value.lower() if isinstance(value, str) else value


class DataSpec(Settings):
    """The data set, and the steps from its stored values to the model's input.

    Args:
        dataset: one of `edgeml.datasets.names()`, the path of an .npz, .csv or .parquet file, or a folder of
            images with a folder per class.
        target: the label column of a .csv or .parquet file, or a list of several columns of numbers.
        drop: columns of such a file that are left out.
        missing: the treatment of missing values of such a file: "refuse", or filled with the training part's
            "mean", "median" or "most_frequent"; "flag": the median, and a feature more that says so.
        categories: the treatment of its columns of text: "refuse", "one_hot" or "ordinal".
        scaling: how features are scaled; fitted to the training part alone.
        constant: divisor of the scaling "unit"; a power of two keeps stored integers exact.
        flatten: true to give the model each sample as one vector.
        split_seed: seeds the split into parts where the publisher gives none.
        split: "auto" keeps the publisher's parts, or is 60/20/20 and stratified by class; else 60/20/20 of
            all samples: "stratified", "random", "grouped" (no group in two parts), "time" (in their order).
        groups: for "grouped": the column (.csv) or array (.npz) with each sample's group; it is no feature.
        folds: the parts are one fold of so many, cut as `split` says; 0: no folds.
        fold: which of them is the test part, from 1; the next one is the validation part.
        max_classes: up to so many whole numbers as labels of an own file are classes, even if they look like
            a quantity; None: a file whose labels look like one is refused.
        labels: false to leave the labels out: executors are compared, and there is no accuracy.
        axes: order of a sample's axes as the model takes them, without those of size one; (1, 2, 0) for
            data with the channels first. An import finds it where the data lie as its source has them.
        stream: true to leave the training samples of an .npz file, or of a folder of images or TFRecord
            files, on the disk, for data larger than memory.
        source_unit: with the scaling "source", one in the unit of the model's input, in stored values: 255
            for pixels from 0 to 255 and a model trained on 0 to 1.
        task: a name of `edgeml.tasks.names()`; "auto": what model and data speak for, which training prints.
        normal: of an autoencoder: the classes that it is trained and validated on; all others in the test
            part are anomalies, which the report's anomaly score is to find.
        inputs: of a model with several: the arrays of an .npz file that are its samples, in its order.
        outputs: of a model with several: the arrays "y.NAME" that are its targets, in its order.
    """

    dataset: str = Field(min_length=1)
    target: str | tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    missing: Missing = "refuse"
    categories: Categories = "refuse"
    scaling: Kind = "none"
    constant: float = Field(default=256.0, gt=0)
    flatten: bool = False
    split_seed: Seed = 0
    split: SplitKind = "auto"
    groups: str = ""
    folds: Annotated[int, Field(ge=0, strict=True)] = 0
    fold: Annotated[int, Field(ge=0, strict=True)] = 0
    max_classes: Count | None = None
    labels: bool = True
    axes: tuple[Annotated[int, Field(ge=0, strict=True)], ...] = ()
    stream: bool = False
    source_unit: float = Field(default=1.0, gt=0)
    task: str = AUTO
    normal: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fold_is_one_of_them(self) -> DataSpec:
        if self.folds < self.fold or bool(self.folds) != bool(self.fold):
            raise ValueError(f"fold {self.fold} is none of {self.folds} folds, which count from 1")
        return self

    @property
    def partition(self) -> Partition:
        """The way to the three parts."""
        return Partition(self.split, self.folds, self.fold, self.groups)

    @property
    def column(self) -> str | None:
        """The label column, if one is stated."""
        return None if isinstance(self.target, tuple) else self.target

    @property
    def table(self) -> TableOptions:
        """The reading of a file as a table."""
        targets = self.target if isinstance(self.target, tuple) else (self.target,) * bool(self.target)
        return TableOptions(tuple(filter(None, targets)), self.drop, self.missing, self.categories)

    @field_validator("task")
    @classmethod
    def _known_task(cls, value: str) -> str:
        try:
            if value != AUTO:
                tasks.load(value)
        except EdgemlError as error:
            raise ValueError(f"{error.what}; {error.hint}") from None
        return value


class Bits(Settings):
    """A fixed-point format as QKeras counts it: `integer` bits do not include the sign.

    Args:
        bits: all bits, the sign included.
        integer: bits left of the binary point without the sign; negative if the values are that small.
        signed: false for values that are never negative.
    """

    bits: Width
    integer: Annotated[int, Field(ge=-MAX_WIDTH, le=MAX_WIDTH, strict=True)] = 0
    signed: bool = True


class OtherBits(Settings):
    """A change to a format; fields that are None stay."""

    bits: Width | None = None
    integer: Annotated[int, Field(ge=-MAX_WIDTH, le=MAX_WIDTH, strict=True)] | None = None

    def over(self, form: Bits) -> Bits:
        """The changed format."""
        return form.model_copy(update=self.model_dump(exclude_none=True))


Kernels: TypeAlias = Literal["fixed", "power_of_two", "ternary"]


class LayerBits(Settings):
    """Other formats for one layer; fields that are None are as in the rest of the model."""

    weights: OtherBits = OtherBits()
    biases: OtherBits = OtherBits()
    activations: OtherBits = OtherBits()
    kernels: Kernels | None = None


class Quantizers(Settings):
    """The formats of a model; a build function asks it for QKeras quantizers by layer name.

    All of them have alpha=1: the format is the one stated, with no scale hidden beside it.

    Args:
        inputs: the format of the model's input.
        weights: kernels.
        biases: biases.
        activations: results of hidden layers; never negative after a ReLU, so `signed` is not asked there.
        layers: exceptions by layer name, `--set quantizers.layers.fc1.weights.bits=4`.
        kernels: "fixed"; "power_of_two": each weight is a sign and a power of two, in as many bits as
            `weights` has, at most 2^integer; "ternary": -1, 0 or 1 times a power of two per output.
        granularity: of layers with learned widths: "weight", "channel" or "tensor" have bits of their own.
    """

    inputs: Bits
    weights: Bits
    biases: Bits
    activations: Bits
    layers: dict[str, LayerBits] = Field(default_factory=dict)
    kernels: Kernels = "fixed"
    granularity: Literal["weight", "channel", "tensor"] = "weight"

    def input(self) -> str:
        """For the QActivation behind the model's input."""
        return _quantized_bits(self.inputs)

    def kernel(self, layer: str) -> str:
        """For `kernel_quantizer` (or `depthwise_quantizer`) of a layer."""
        own = self._of(layer)
        form = own.weights.over(self.weights)
        match own.kernels or self.kernels:
            case "fixed":
                return _quantized_bits(form)
            case "power_of_two":
                return f"quantized_po2({form.bits}, max_value={2.0**form.integer})"
            case "ternary":
                return "ternary(alpha='auto_po2')"

    def bias(self, layer: str) -> str:
        """For `bias_quantizer` of a layer."""
        return _quantized_bits(self._of(layer).biases.over(self.biases))

    def relu(self, layer: str) -> str:
        """For a QActivation that is a ReLU."""
        chosen = self._of(layer).activations.over(self.activations)
        return f"quantized_relu({chosen.bits}, {chosen.integer})"

    def linear(self, layer: str, signed: bool = False) -> str:
        """For a QActivation that only rounds, as behind a residual addition; `signed`: with a sign anyway."""
        form = self._of(layer).activations.over(self.activations)
        return _quantized_bits(form.model_copy(update={"signed": form.signed or signed}))

    def learned(self, layer: str) -> dict[str, Any]:
        """For the arguments of a `LearnedDense` or `LearnedConv2D`: the fractional bits that it starts with.

        Those of its input are those of `activations`.
        """
        own = self._of(layer)
        weights, biases = own.weights.over(self.weights), own.biases.over(self.biases)
        inputs = own.activations.over(self.activations)
        return {
            "fraction": weights.bits - weights.integer - weights.signed,
            "bias_fraction": biases.bits - biases.integer - biases.signed,
            "input_fraction": inputs.bits - inputs.integer - inputs.signed,
            "granularity": self.granularity,
        }

    def state(self, layer: str) -> str:
        """For `state_quantizer` of a recurrent layer, whose states have a sign whatever `signed` says."""
        return self.linear(layer, signed=True)

    def tanh(self, layer: str) -> str:
        """For a tanh inside a recurrent layer, from -1 up to 1."""
        bits = self._of(layer).activations.over(self.activations).bits
        return f"quantized_tanh({bits}, use_real_tanh=True)"

    def sigmoid(self, layer: str) -> str:
        """For a sigmoid inside a recurrent layer, from 0 up to 1."""
        bits = self._of(layer).activations.over(self.activations).bits
        return f"quantized_sigmoid({bits}, use_real_sigmoid=True)"

    def _of(self, layer: str) -> LayerBits:
        return self.layers.get(layer) or LayerBits()


def _in_a_list(value: Any) -> Any:
    """One name or table where several may stand."""
    return (value,) if isinstance(value, str | Mapping | KerasClass) else value


class Training(Settings):
    """Training of the float baseline and then, from its weights, of the quantization-aware model.

    Args:
        float_epochs: most epochs of the float baseline.
        epochs: most epochs of quantization-aware training.
        batch_size: samples per step.
        float_learning_rate: the optimizer's rate at the start, for the float baseline.
        learning_rate: the same for quantization-aware training.
        optimizer: one of Keras' optimizers with its arguments, weight decay and gradient clipping among them.
        loss: "auto" is the cross-entropy that fits the model's end; else one of Keras' losses with its
            arguments ("categorical_crossentropy" with label_smoothing, "categorical_focal_crossentropy").
        class_weights: how much a training sample counts: "equal"; "balanced" by the inverse frequency of its
            class; "effective" by the inverse effective number of its class's samples (beta 0.999; Cui et al.,
            CVPR 2019, equation 2). The mean over all samples is 1.
        schedule: "cosine" falls to a hundredth of the rate over all epochs, "plateau" halves it after
            `plateau_patience` epochs that were no better, "constant" leaves it; else one of Keras' schedules
            with its arguments, counted in epochs ("exponential_decay" with decay_steps and decay_rate).
        warmup_epochs: epochs at the start in which the rate rises to that of the schedule in equal steps.
        plateau_patience: see `schedule`.
        patience: stop after so many epochs that were no better; the best epoch's weights are kept.
        early_stopping: arguments of Keras' EarlyStopping, which then decides instead of `patience`: "monitor"
            (val_loss, val_accuracy, or a figure of the task such as val_f1), "patience", "min_delta", "mode",
            "baseline", "start_from_epoch". The epoch in which the figure was best is kept.
        metrics: Keras' metrics with their arguments, on the validation part after each epoch ("auc").
        tensorboard: what is written for TensorBoard beside the scalars: "histograms", "graph", "images",
            "embeddings", "pr_curves", "hparams".
        max_parameters: a model with more weights is refused before they are allocated.
        bit_penalty: of layers with learned widths, see `BitPenalty`.
        augmentation: Keras' layers that change training samples at random, in their order ("random_flip",
            "random_rotation" with factor, "gaussian_noise" with stddev); the model is without them.
        initializer: one of Keras' initializers with its arguments, for the kernels of all layers; "auto":
            each layer's own.
        regularizer: one of Keras' regularizers with its arguments, for all kernels ("l2"); "none": each
            layer's own.
        activity_regularizer: one of Keras' regularizers, for the activations within the network ("l1"); a
            batch's sum is divided by its size.
        constraint: one of Keras' constraints, for all kernels ("max_norm" with max_value, of each unit).
        pruning: of weights in quantization-aware training, see `Pruning`.
        clustering: shared values of weights in quantization-aware training, see `Clustering`.
        distillation: from a teacher in quantization-aware training, see `Distillation`.
        strategy: "single"; "mirrored": each batch is cut among the devices of this machine; "multiworker":
            among the processes that TF_CONFIG names, see `edgeml.training.replicas`.
        replicas: of "mirrored"; 0: one per GPU. Without GPUs the processor is divided into so many parts.
    """

    float_epochs: Count
    epochs: Count
    batch_size: Count = 64
    float_learning_rate: Rate = 1e-3
    learning_rate: Rate = 1e-3
    optimizer: KerasClass = KerasClass(name="adam")
    loss: KerasClass = KerasClass(name="auto")
    class_weights: Literal["equal", "balanced", "effective"] = "equal"
    schedule: KerasClass = KerasClass(name="cosine")
    warmup_epochs: Annotated[int, Field(ge=0, strict=True)] = 0
    plateau_patience: Count = 5
    patience: Count = 20
    early_stopping: dict[str, Argument] = Field(default_factory=dict)
    metrics: Annotated[tuple[KerasClass, ...], BeforeValidator(_in_a_list)] = ()
    tensorboard: tuple[BoardKind, ...] = ()
    max_parameters: Count = 50_000_000
    bit_penalty: BitPenalty = BitPenalty()
    augmentation: Annotated[tuple[KerasClass, ...], BeforeValidator(_in_a_list)] = ()
    initializer: KerasClass = KerasClass(name="auto")
    regularizer: KerasClass = KerasClass(name="none")
    activity_regularizer: KerasClass = KerasClass(name="none")
    constraint: KerasClass = KerasClass(name="none")
    pruning: Pruning = Pruning()
    clustering: Clustering = Clustering()
    distillation: Distillation = Distillation()
    strategy: Literal["single", "mirrored", "multiworker"] = "single"
    replicas: Annotated[int, Field(ge=0, strict=True)] = 0


class Targets(Settings):
    """The default target, which the command line overrides.

    Args:
        board: one of `edgeml list boards`.
        hls_backend: the hls4ml back end; None: the board's.
        io_type: "io_parallel", everything at once, or "io_stream", value by value.
        strategy: "latency" unrolls every multiplication, "resource" shares multipliers; "auto" takes latency
            where everything can be unrolled. For all layers, or per layer ("default" is for the others).
        reuse_factor: how often one multiplier is used per inference, for all layers or per layer; None: 1,
            or the smallest that stays within hls4ml's unroll limit.
        clock_mhz: the clock; None: the board's. A period is understood as clock_ns.
    """

    board: str = "pynq-z2"
    hls_backend: Annotated[str, BeforeValidator(known_case)] | None = None
    io_type: Literal["io_parallel", "io_stream"] = "io_parallel"
    strategy: Annotated[Strategy | dict[str, Strategy], BeforeValidator(_lower)] = "auto"
    reuse_factor: Count | dict[str, Count] | None = None
    clock_mhz: Annotated[float, Field(gt=0, le=1000)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_a_period(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or "clock_ns" not in values:
            return values
        settings = dict(cast("Mapping[str, Any]", values))
        period = settings.pop("clock_ns")
        if isinstance(period, bool) or not isinstance(period, int | float) or period <= 0:
            raise ValueError(f"clock_ns = {period!r} is no period in nanoseconds")
        return {**settings, "clock_mhz": 1000.0 / period}


@dataclass(frozen=True)
class Preset:
    """A model that can be trained, checked and built by its name.

    Args:
        summary: one line for `edgeml list presets`.
        build: makes the Keras model, of QKeras layers with the quantizers that it gets, or of plain layers,
            which get them afterwards (it then may have no parameter); it ends in logits, one for two classes,
            or in their softmax or sigmoid, which training sees and the graph leaves off. A parameter called
            `sizes` gets the sizes.
        data: what it is trained on.
        quantizers: its formats.
        training: epochs, learning rates and batch size.
        targets: the default target.
        lowering: settings of its lowering to the exact graph.
        loss: a loss of the preset's own, in place of `training.loss`: from labels (n,) and the model's
            outputs (n, outputs) to the loss of every sample (n,), in TensorFlow or `keras.ops`.
        callbacks: Keras callbacks of the preset's own; called with the phase ("float" or "qat") and the run
            folder at the start of each phase, also of one that goes on.
        sizes: of the network, that may vary: by name, each with its bounds.
        name: the file's name; set by the loader.
        file: where it was read from; set by the loader.
        digest: SHA-256 of the file; set by the loader.
        code: SHA-256 of each definition in it, see `edgeml.presets.code`; set by the loader.
    """

    summary: str
    build: (
        Callable[[Quantizers], keras.Model]
        | Callable[[Quantizers, Sizes], keras.Model]
        | Callable[[Sizes], keras.Model]
        | Callable[[], keras.Model]
    )
    data: DataSpec
    quantizers: Quantizers
    training: Training
    targets: Targets = field(default_factory=Targets)
    lowering: Lowering = field(default_factory=Lowering)
    loss: Callable[[Any, Any], Any] | None = None
    callbacks: Callable[[str, Path], Sequence[keras.callbacks.Callback]] | None = None
    sizes: Mapping[str, Size] = field(default_factory=dict)
    name: str = ""
    file: Path = Path()
    digest: str = ""
    code: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> ModelChoices:
        """The settings of its network without `--set`."""
        return ModelChoices(sizes={name: size.default for name, size in self.sizes.items()})


class Choices(Settings):
    """The settings that `--set` can change, and the seed; equal choices train equal models."""

    data: DataSpec
    quantizers: Quantizers
    training: Training
    targets: Targets
    lowering: Lowering = Lowering()
    model: ModelChoices = ModelChoices()
    seed: Seed = 0


def _quantized_bits(form: Bits) -> str:
    sign = "" if form.signed else "keep_negative=False, "
    return f"quantized_bits({form.bits}, {form.integer}, {sign}alpha=1)"

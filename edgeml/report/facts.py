"""What a report holds: typed, frozen, schema 2 of report.json.

Invariant: nothing is absent without a reason and nothing present is without a source. A number that could not
be had is a `Number` with a reason instead of a value; a section that could not be had is None (or empty) and
`missing` says why. No NaN, no infinity, no zero that stands for "unknown".

Hardware has a file of its own, `facts_hardware`; the flat rows `resources` and `latency` follow from
`hardware` and are there for whoever reads report.json without edgeml.

To add a fact, add a field with its unit in the docstring, and if it may be absent add it to `_SECTIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from edgeml.checks.result import Check
from edgeml.figures import Hardware
from edgeml.report.facts_hardware import BoardFacts, LatencyRow, ResourceRow, latency_rows, resource_rows
from edgeml.report.numbers import Fact, Number
from edgeml.report.words import number

_SECTIONS = (
    *("per_class", "confusion", "exactness", "layers", "weights", "activations", "history", "speed"),
    *("certificate", "resources", "latency", "post_training"),
)


class Data(Fact):
    """The data set.

    Attributes:
        licence: as the publisher states it.
        checksum: SHA-256 over all parts; equal checksums, equal data and split.
        note: what a reader of a result must know ("subset: no accuracy claim").
        scaling: what was done to the features before the model.
        train: samples; so are val and test.
    """

    name: str
    source: str
    licence: str
    checksum: str
    note: str = ""
    scaling: str = ""
    train: int
    val: int
    test: int


class Accuracy(Fact):
    """Fraction of test samples classified right, 0 to 1, with the 95 % Wilson interval.

    Attributes:
        float_: the float32 baseline of the same topology.
        qat: the quantization-aware Keras model.
        fixed: the exact graph, which is what is deployed.
        int8: ONNX Runtime's post-training int8 model of the baseline.
    """

    float_: Number = Field(alias="float")
    qat: Number
    fixed: Number
    int8: Number


class PostTraining(Fact):
    """The float baseline rounded to the run's widths without training for them, as an exact graph.

    Attributes:
        types: "own": the types of the run itself; "calibrated": their binary points moved to where the
            baseline needs them, see `edgeml.training.post_training`.
        graph: SHA-256 of the graph, "" if it could not be made.
        moved: the types that were moved, a few words each.
        accuracy: share of the test samples that the graph classifies right.
        agreement: share of them on which it says the same class as the float baseline.
        weight_bits: as in `Sizes`.
        bops: as in `Sizes`.
        hardware: estimates of its designs on the run's target board; it was neither exported nor run.
    """

    types: Literal["own", "calibrated"]
    graph: str = ""
    moved: tuple[str, ...] = ()
    accuracy: Number
    agreement: Number
    weight_bits: Number
    bops: Number
    hardware: tuple[Hardware, ...] = ()


class Agreement(Fact):
    """Fraction of test samples on which the exact graph predicts the same class."""

    fixed_qat: Number
    fixed_float: Number


class ClassFacts(Fact):
    """One class under the exact graph's predictions; `support` counts its test samples."""

    name: str
    precision: Number
    recall: Number
    f1: Number
    support: int


class Confusion(Fact):
    """counts[i][j]: test samples of class i that the exact graph calls class j."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Span(Fact):
    """A closed range of values (not codes)."""

    lo: float
    hi: float


class Layer(Fact):
    """One op of the exact graph, on the test samples.

    Attributes:
        name: of the value.
        op: of the graph.
        shape: without the batch axis.
        type: the fixed-point type.
        width: its bits; of the widest element if there is a type per element.
        representable: what the type can hold.
        possible: what the value can be for any input, by interval arithmetic.
        used: what it was on the samples.
        bits_possible: the bits that `possible` needs at this LSB.
        bits_used: the bits that `used` needs at this LSB.
        saturated: share of elements that the cast clipped or wrapped; None for an op that loses nothing.
        rectified: share of elements below zero that an unsigned saturating cast made zero, as a ReLU does.
        sqnr_db: 10 log10(sum x^2 / sum (q - x)^2) over all elements, x the exact value before the cast
            (rectified if the cast rectifies), q after it; None for an op that loses nothing.
    """

    name: str
    op: str
    shape: tuple[int, ...]
    type: str
    width: int
    representable: Span
    possible: Span
    used: Span
    bits_possible: int
    bits_used: int
    saturated: Number | None = None
    rectified: Number | None = None
    sqnr_db: Number | None = None

    @property
    def bits_wasted(self) -> int:
        """Bits of the type that the samples did not need."""
        return self.width - self.bits_used


class Histogram(Fact):
    """How often values fall into bins of equal width, against the limits of a type.

    Attributes:
        start: left edge of the first bin.
        step: width of a bin, a power of two times the LSB where the values are integers.
        counts: per bin.
        limits: what the type can hold.
        zeros: share of exact zeros among the values as stored.
        powers: share of +-2^k among them, which cost a multiplier nothing; None for activations.
        rectifies: what lies below the limits becomes zero as in a ReLU, which is no clipping.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    start: float
    step: float
    counts: tuple[int, ...]
    limits: Span
    zeros: float
    powers: float | None = None
    rectifies: bool = False


class Epoch(Fact):
    """One row of history.csv; a blank or non-finite cell is None."""

    phase: str
    epoch: int
    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    learning_rate: float | None = None


class Speed(Fact):
    """Time per sample under ONNX Runtime, in microseconds.

    Attributes:
        exact: the exact model.
        float_: the float32 baseline.
        int8: the int8 baseline.
        samples: in the one batch that was timed.
        threads: of ONNX Runtime.
        repeats: runs, of which the fastest counts.
        alone: the same three by name for one sample at a time, which is the latency a caller sees.
    """

    exact: Number
    float_: Number = Field(alias="float")
    int8: Number
    alone: Mapping[str, Number]
    samples: int
    threads: int
    repeats: int


class CertificateRow(Fact):
    """Why the exact ONNX model cannot be wrong at one op; see `edgeml.backends.onnx.certificate`.

    Attributes:
        node: the value, under its name in the ONNX model.
        layer: where it comes from.
        op: its kind.
        type: of the result.
        lo: smallest code the result can take.
        hi: largest code.
        width: bits of the type.
        needed: bits that the interval needs.
        headroom: width - needed.
        bits: the widest integer met there, partial sums in any order included.
        carrier: what carries the integers: float32, float64, or none if neither is exact.
        margin: bits the carrier could still take.
    """

    node: str
    layer: str
    op: str
    type: str
    lo: int
    hi: int
    width: int
    needed: int
    headroom: int
    bits: int
    carrier: str
    margin: int


class Sizes(Fact):
    """What the model holds and does.

    Attributes:
        parameters: constants of the exact graph, elements.
        weight_bits: bits to store them at their types.
        macs: multiply-accumulates per sample.
        nonzero_macs: those whose weight is not zero.
        bops: bit operations per sample, a proxy for energy; see `edgeml.report.bops`.
        float_parameters: of the float baseline, elements.
        int8_bits: bits of the constants in the int8 model's file.
    """

    parameters: Number
    weight_bits: Number
    macs: Number
    nonzero_macs: Number
    bops: Number
    float_parameters: Number
    int8_bits: Number


class Facts(Fact):
    """A whole report.

    Attributes:
        model: name of the model.
        graph: SHA-256 of the exact graph.
        samples: test samples that accuracy, agreement and the classes are over.
        trained: how many epochs each model had, a sentence for beside the accuracies.
        layer_samples: test samples that the layer table and the activation histograms are over.
        post_training: the float baseline rounded after training, at the run's own types and calibrated.
        target: the board that the run is built for.
        compared: the boards that were asked for, or else those taken to compare with.
        boards: every board that `hardware` names.
        hardware: what estimates and tools say, a design on a board by one source each.
        resources: rows that follow from `hardware`; so do those of `latency`.
        gaps: what of the hardware could not be estimated or read, and why, a sentence each.
        commands: what repeats the run.
        lowering: what the lowering noted and how far the graph is from Keras, a sentence each.
        changed: what in config.toml was changed since training; the facts are of what was trained.
        missing: why a section that is None or empty is so, by field name.
    """

    sections: ClassVar[tuple[str, ...]] = _SECTIONS

    schema_: Literal[2] = Field(default=2, alias="schema")
    model: str
    graph: str
    summary: str = ""
    data: Data
    seed: int
    versions: Mapping[str, str]
    machine: str
    samples: int
    layer_samples: int
    accuracy: Accuracy
    trained: str = ""
    agreement: Agreement
    sizes: Sizes
    post_training: tuple[PostTraining, ...] = ()
    per_class: tuple[ClassFacts, ...] = ()
    confusion: Confusion | None = None
    exactness: Check | None = None
    layers: tuple[Layer, ...] = ()
    weights: tuple[Histogram, ...] = ()
    activations: tuple[Histogram, ...] = ()
    history: tuple[Epoch, ...] = ()
    speed: Speed | None = None
    certificate: tuple[CertificateRow, ...] = ()
    target: str = ""
    compared: tuple[str, ...] = ()
    boards: tuple[BoardFacts, ...] = ()
    hardware: tuple[Hardware, ...] = ()
    resources: tuple[ResourceRow, ...] = ()
    latency: tuple[LatencyRow, ...] = ()
    gaps: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    lowering: tuple[str, ...] = ()
    changed: str = ""
    missing: Mapping[str, str] = {}

    def headline(self) -> tuple[str, ...]:
        """A few lines for a terminal: the verdict, the accuracies, the size."""
        found, accuracy = verdict(self), self.accuracy
        told = f"{found.text} ({found.detail})" if found.detail else found.text
        shown = {
            "fixed-point": accuracy.fixed,
            "QAT": accuracy.qat,
            "float32": accuracy.float_,
            "int8": accuracy.int8,
        }
        models = (
            f"{name} {number(item, 'percent')}" for name, item in shown.items() if item.value is not None
        )
        weights = number(self.sizes.weight_bits, "size")
        head = (self.changed, told) if self.changed else (told,)
        figures = (f"accuracy: {', '.join(models)}", *([self.trained] if self.trained else []))
        return *head, *figures, f"weights: {weights}, {number(self.sizes.macs)} MACs"

    @model_validator(mode="after")
    def _absent_has_reason(self) -> Self:
        for name in self.sections:
            if bool(getattr(self, name)) == bool(self.missing.get(name)):
                raise ValueError(f"{name} is neither there nor said to be missing, or both")
        if self.resources != resource_rows(self.hardware) or self.latency != latency_rows(self.hardware):
            raise ValueError("resources and latency are not those of hardware")
        unknown = set(self.missing) - set(self.sections)
        if unknown:
            raise ValueError(f"missing names unknown sections: {', '.join(sorted(unknown))}")
        return self


class Verdict(Fact):
    """The one line a reader wants first."""

    status: Literal["exact", "mismatch", "unknown"]
    text: str
    detail: str = ""


def verdict(facts: Facts) -> Verdict:
    """What the check found; exact only if something was compared and nothing differed."""
    check = facts.exactness
    if check is None:
        return Verdict(status="unknown", text="not checked", detail=facts.missing["exactness"])
    wrong = [result for result in check.results if not result.holds]
    idle = sum(result.state == "not-run" for result in check.results)
    # The reference agreeing with the integers it wrote itself is no second opinion.
    equal = [r for r in check.results if r.status == "exact" and r.backend != check.reference]
    foretold = [f"{r.backend} differs as announced" for r in check.results if r.announced]
    tail = ", ".join([*foretold, *([f"{idle} not run"] if idle else [])])
    if wrong:
        first = wrong[0].first
        where = f", first at op {first.op}" if first else ""
        does = "does not run" if wrong[0].failed else "differs"
        return Verdict(status="mismatch", text=f"{wrong[0].backend} {does}{where}", detail=tail)
    if not equal:
        return Verdict(status="unknown", text="nothing was compared with the reference", detail=tail)
    if check.graph and check.graph != facts.graph:
        return Verdict(
            status="unknown", text="checked before the graph changed", detail="run edgeml check again"
        )
    count, fewest = len(equal), min(result.samples for result in equal)
    most = max(result.samples for result in equal)
    over = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    fewest, most = (pick(result.synthetic for result in equal) for pick in (min, max))
    if most:
        over += f" real + {fewest:,}" if fewest == most else f" real + {fewest:,} to {most:,}"
        over += " synthetic"
    text = f"bit-exact on {over} samples across {count} executor{'s' if count > 1 else ''}"
    return Verdict(status="exact", text=text, detail=tail)

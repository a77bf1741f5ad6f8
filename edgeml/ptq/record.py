"""quantize.json of a run: what was chosen after training, on which samples, and what it cost.

Invariant: every figure says on which samples it was measured.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record

QUANTIZE_FILE = "quantize.json"
"""The name of the file in a run folder."""


class TensorRow(Record):
    """A tensor and its type.

    Attributes:
        layer: the layer with weights that it belongs to, or its own name.
        tensor: of which kind.
        name: in the model.
        bits: of a code.
        type: in words; with a range of integer bits where channels differ.
        sqnr_db: of rounding it, on the calibration samples or of the weights themselves.
        saturated: share of values beyond the type's ends.
    """

    layer: str
    tensor: Literal["input", "weights", "bias", "result"]
    name: str
    bits: int
    type: str
    sqnr_db: float
    saturated: float


class SensitivityRow(Record):
    """The cost of one narrower tensor, all others at their full widths.

    Attributes:
        layer: whose.
        tensor: its weights or its result.
        bits: of it, alone.
        loss: points lost against float on the judged samples.
        sqnr_db: of the logits against the float network's.
    """

    layer: str
    tensor: Literal["weights", "result"]
    bits: int
    loss: float
    sqnr_db: float


class QuantizationRecord(Document):
    """The record of a quantization after training.

    Attributes:
        samples: which samples were calibrated and judged with, in words.
        measure: what `float_percent` and `percent` are: "accuracy", "R2", or without labels "agreement" with
            the float network.
        judged: number of samples.
        float_percent: what the float network reaches on the judged samples.
        percent: what the quantized network reaches on them.
        sqnr_db: of its logits against the float network's.
        bit_operations: multiplications times bits of weights times bits of data, per sample.
        widest: the same at the widths that the search began with; equal without a search.
        method: of calibration.
        corrections: that were applied.
        dropped: corrections that were asked for and made the error on the calibration samples larger.
        tensors: every quantized tensor.
        sensitivity: of the search, or of `--sensitivity`.
        remarks: what else is to be known.
        seconds: that it took.
    """

    what: ClassVar[str] = "record of a quantization"
    remedy: ClassVar[str] = "run edgeml quantize again with --overwrite"

    schema_: Literal[1] = Field(default=1, alias="schema")
    samples: str
    measure: str
    judged: int
    float_percent: float
    percent: float
    sqnr_db: float
    bit_operations: int
    widest: int
    method: str
    corrections: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    tensors: tuple[TensorRow, ...]
    sensitivity: tuple[SensitivityRow, ...] = ()
    remarks: tuple[str, ...] = ()
    seconds: float

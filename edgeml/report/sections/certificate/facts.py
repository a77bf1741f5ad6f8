"""Facts of the precision that the exact ONNX model needs."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.section import SectionFacts


class CertificateRow(Record):
    """The proof that the exact ONNX model is right at one op; see `edgeml.backends.onnx.certificate`.

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


class CertificateFacts(SectionFacts):
    """Facts of the precision that the exact ONNX model needs.

    Attributes:
        certificate: a row per op that computes something.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("certificate",)

    certificate: tuple[CertificateRow, ...] = ()

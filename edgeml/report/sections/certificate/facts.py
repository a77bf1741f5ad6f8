"""Facts of the precision that the exact ONNX model needs."""

from __future__ import annotations

from typing import ClassVar

from edgeml.backends.onnx.certificate import CertifiedOp
from edgeml.report.section import SectionFacts


class CertificateFacts(SectionFacts):
    """Facts of the precision that the exact ONNX model needs.

    Attributes:
        certificate: a row per op that computes something.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("certificate",)

    certificate: tuple[CertifiedOp, ...] = ()

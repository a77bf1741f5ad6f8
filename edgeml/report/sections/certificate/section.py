"""Precision: the proof that floating-point arithmetic gives the exact integers, op by op."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from edgeml.backends.onnx.certificate import CertifiedOp, certificate
from edgeml.report.section import Section, SectionFacts
from edgeml.report.source import RunSource

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


class CertificateFacts(SectionFacts):
    """Facts of the precision that the exact ONNX model needs.

    Attributes:
        certificate: a row per op that computes something.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("certificate",)

    certificate: tuple[CertifiedOp, ...] = ()


def collect(source: RunSource) -> CertificateFacts:
    """The bits that every op needs, from the graph alone."""
    rows = certificate(source.graph)
    return CertificateFacts.of({"certificate": "the graph computes nothing"}, certificate=rows)


def digest(facts: Facts) -> str:
    """The op that needs the most bits."""
    rows = facts.part(CertificateFacts).certificate
    return f"no sum needs more than {max(row.bits for row in rows)} bits" if rows else ""


SECTION = Section(title="Precision", place=120, facts=CertificateFacts, collect=collect, digest=digest)

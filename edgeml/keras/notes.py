"""RUN/notes.json: what the lowering noted, and how far Keras and the graph are apart where it matters.

Invariant: if `exact` is true, Keras and the graph give the same integers for every input.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError
from edgeml.keras.difference import LayerDifference, measure
from edgeml.keras.float32 import not_proven
from edgeml.keras.lower import Lowered

SAMPLES = 1000
"""The number of test samples that differences are measured on."""


class LayerNote(Record):
    """One note; see `edgeml.keras.builder.Note`."""

    layer: str
    text: str
    exact: bool


class Notes(Document):
    """The object behind notes.json.

    Attributes:
        graph: digest of the graph they are about.
        model: SHA-256 of the model's file that was lowered; "" if that was not noted.
        notes: as the lowering made them.
        float32: layers whose sums in Keras are not proven to be exact in float32.
        differences: measured; of a model that was trained here only if `exact` is false.
        source: of an imported model, the framework that it was compared in.
        not_compared: why that could not be run; empty if it was.
    """

    what: ClassVar[str] = "file of notes of a lowering"
    remedy: ClassVar[str] = "run edgeml train again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    graph: str
    model: str = ""
    notes: tuple[LayerNote, ...]
    float32: tuple[str, ...]
    differences: tuple[LayerDifference, ...]
    source: str = "Keras"
    not_compared: str = ""

    @property
    def exact(self) -> bool:
        """Keras and the graph cannot differ."""
        return not self.float32 and all(note.exact for note in self.notes)

    @property
    def reason(self) -> str:
        """The reason that Keras and the graph may differ, in one sentence; empty if they cannot."""
        inexact = [note for note in self.notes if not note.exact]
        if inexact:
            more = f" (and {len(inexact) - 1} more notes)" if len(inexact) > 1 else ""
            return f"expected: {inexact[0].layer}: {inexact[0].text}{more}"
        if self.float32:
            return f"possible: float32 cannot be proven to hold the sums of {', '.join(self.float32[:3])}"
        return ""

    @staticmethod
    def of(model: Any, lowered: Lowered, x: Any, digest: str = "") -> Notes:
        """The notes of a lowering, and the differences on the first samples of x if there may be any.

        Args:
            model: the Keras model.
            lowered: what it was lowered to.
            x: floats (samples, ...).
            digest: SHA-256 of the model's file.

        Raises:
            EdgemlError: the data do not fit the model.
        """
        notes = Notes(
            graph=lowered.graph.digest,
            model=digest,
            notes=tuple(LayerNote(layer=n.layer, text=n.text, exact=n.exact) for n in lowered.notes),
            float32=not_proven(lowered.graph),
            differences=(),
        )
        if notes.exact:
            return notes
        return notes.model_copy(update={"differences": measure(model, lowered, x[:SAMPLES])})

    def refuse_inexact(self, where: str) -> None:
        """Refuse a saved graph that is not exact, for `--strict`.

        Raises:
            EdgemlError: a note says that the graph is not exact.
        """
        for note in self.notes:
            if not note.exact:
                raise EdgemlError(
                    f"cannot be exact: {note.text}", f"{where}: {note.layer}", "train without --strict"
                )

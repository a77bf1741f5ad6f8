"""The interface of a reader of model files: from a file's bytes to the exact graph and the source's model.

A format is one file in `formats/` with `IMPORTER`, an `Importer`. Its graph is exact: every integer type in
it is stated by the file or by the user. What the source itself computes in floats that may round stands in
`graph.notes` with exact=False; every other difference between the two is an error of the importer.

Invariant: nothing of a file is run, and no other file is opened: a reader sees the bytes it is given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.hls4ml_config import HlsPrecision
from edgeml.ir import Graph
from edgeml.presets import Lowering
from edgeml.quoting import shell
from edgeml.runconfig import EndMeaning, TakenType

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A model file of the user's, read.

    Args:
        path: where it lies; for messages and its suffix, not to be opened again.
        content: its bytes.
        weights: bytes of the file that holds its weights, where they are in another one.
    """

    path: Path
    content: bytes = field(repr=False)
    weights: bytes | None = field(default=None, repr=False)

    @property
    def where(self) -> str:
        """The path, for messages."""
        return str(self.path)


@dataclass(frozen=True, eq=False)
class ImportOptions:
    """The options of an import.

    Args:
        name: of the graph.
        lowering: types that the file does not state, what the outputs are, bits of factors.
        strict: refuse what cannot be exact instead of noting it.
        samples: the user's data, floats (samples, *shape) as the graph's inputs take them (several side by
            side, see `edgeml.ir.samples`), for choices that are made on data; None: there are none.
        hls4ml: types that a configuration of hls4ml states; used where the model and `lowering` state none.
        data: the data set as the user named it; empty if there is none.
    """

    name: str
    lowering: Lowering = field(default_factory=Lowering)
    strict: bool = False
    samples: Floats | None = None
    hls4ml: HlsPrecision | None = None
    data: str = ""

    def quantize_command(self, file: str, weights: bool = False) -> str:
        """The command that quantizes the float model in a file after training, on the same data.

        Args:
            file: the model's file.
            weights: its weights lie in another file.
        """
        beside = " --weights-file FILE" if weights else ""
        data = shell(self.data) if self.data else "NAME|FILE"
        return f"edgeml quantize {shell(file)}{beside} --data {data}"


@dataclass(frozen=True)
class InputLayout:
    """The conversion of a sample of the user's data to an input of the graph.

    Args:
        name: of the graph's input.
        axes: order of the axes of data that lie as the source has them: (1, 2, 0) for channels first. Empty
            if the source's layout is the graph's.
        scale: of the source's own quantization of its input: code = x / scale + zero_point.
        zero_point: see `scale`.
        codes: the source's own input is of integers, the codes; otherwise it takes floats and quantizes them.
    """

    name: str
    axes: tuple[int, ...] = ()
    scale: float = 1.0
    zero_point: int = 0
    codes: bool = False


class SourceModel(ABC):
    """The imported file in its own framework, to be compared with.

    Args:
        title: what runs it: "Keras, float32", "ONNX Runtime".
        values: the graph's values that it can give, every output among them.
        rounded_layers: layers of the graph whose factors are rounded to the bits of a float32.
        rounded: the graph, and the same with the factors' bits of a float32 where it has fewer; None if not.
    """

    title: str
    values: tuple[str, ...]
    rounded_layers: frozenset[str] = frozenset()
    rounded: tuple[Graph, Graph] | None = None

    @abstractmethod
    def missing(self) -> str:
        """The reason why it cannot run here; empty if it can."""

    @abstractmethod
    def run(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats]:
        """Run the source model in its own arithmetic.

        Args:
            x: floats (samples, *shape) by graph input, in the graph's layout, before the input's cast.
            keep: values of `values` that are wanted beside the outputs.

        Returns:
            By value, in the graph's layout (samples, *shape): real values, equal to code * 2^-frac of the
            graph where both are exact.

        Raises:
            EdgemlError: the data do not fit, or the source does not run.
        """

    def run_double(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats] | None:
        """The same, computed in float64; None if the framework cannot."""
        del x, keep


@dataclass(frozen=True, eq=False)
class Imported:
    """The result of an import.

    Args:
        graph: the exact graph; its notes say where the source is not exact itself.
        model: the file in its own framework.
        inputs: how data become its inputs; those that are left out take data as they are.
        lowering: the settings with the types of `ImportOptions.hls4ml` in them; None if none were given.
        stated_types: what became of each of those types.
        outputs: what the graph's outputs stand for; those that are left out stand for themselves.
        waits_for_samples: true if samples would have let the reader choose better.
    """

    graph: Graph
    model: SourceModel
    inputs: tuple[InputLayout, ...] = ()
    lowering: Lowering | None = None
    stated_types: tuple[TakenType, ...] = ()
    outputs: tuple[EndMeaning, ...] = ()
    waits_for_samples: bool = False


class Importer(ABC):
    """The reader of one format.

    Attributes:
        title: the format, in a sentence: "a QONNX model".
        suffixes: of its files, in lower case.
        file_name: the name that the user's file gets in the run folder.
        weights_apart: the weights are in a file of their own.
    """

    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    file_name: ClassVar[str]
    weights_apart: ClassVar[bool] = False

    @abstractmethod
    def recognize(self, content: bytes) -> bool:
        """True if the bytes are of this format; never an error."""

    @abstractmethod
    def read(self, source: SourceFile, options: ImportOptions) -> Imported:
        """The exact graph of a file.

        Args:
            source: the file; may be damaged, or of another kind.
            options: what the user says of it.

        Raises:
            EdgemlError: the file is damaged or holds code, a layer or node is not covered (named, with what
                to use instead), or a type is not stated (with the option that states it).
            MissingToolError: a package is not installed.
        """

"""A run folder: the configuration of one model and every file made from it.

RUN/config.toml holds all that is needed to repeat the run. Files appear one by one, each written
atomically, so what is there is whole, and the same command goes on with what is not.

Invariant: config.toml never changes after it was written, but for the targets, which training does not
depend on. A folder that holds a run of another configuration is refused, never overwritten.
"""

from __future__ import annotations

import difflib
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edgeml.boards import Board, target
from edgeml.boards.target import BoardTarget
from edgeml.datasets import samples_only
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.ir import Graph, saved
from edgeml.ir.samples import joined_samples, random_samples
from edgeml.notebook import html_table
from edgeml.presets import DataSpec, Prepared, prepare
from edgeml.presets.stored import COLUMNS_FILE, TABLE_FILE, read_fitted
from edgeml.quoting import shell
from edgeml.runconfig import RunConfig, differences
from edgeml.synth import wish

RANDOM = "random"
"""The name of the random data of an import without a data set."""

KERAS_SUFFIXES = (".keras", ".h5", ".hdf5", ".json")
"""Suffixes of Keras' models; all other files are read through `edgeml.importers`."""

FIND_LR = "find-lr.html"
"""The page of a learning-rate range test, which may stand in a run folder before the run."""

RUNS = Path("runs")
"""The parent folder of runs without an explicit folder."""

_PRODUCTS = (
    *(
        ".training.npz",
        COLUMNS_FILE,
        TABLE_FILE,
        "float.keras",
        "float.onnx",
        "quantize.json",
        "model.keras",
        "history.csv",
        "repeats.json",
        FIND_LR,
        "pruning.json",
        "folds",
        "seeds",
        "logs",
        "graph.json",
        "graph.npz",
        "notes.json",
    ),
    *(
        "golden.npz",
        "check.json",
        "prove.json",
        "export.json",
        "trained.json",
        "report.html",
        "report.md",
        "report.json",
    ),
    *("prepare", "onnx", "hls4ml", "verilog", "c", "synth", "front"),
)
"""The entries of a run folder, without config.toml and the file of an imported model."""


@dataclass(frozen=True)
class Run:
    """A run folder and its configuration; files are looked up when they are asked for.

    Args:
        folder: RUN.
        config: the content of config.toml.
    """

    folder: Path
    config: RunConfig

    @staticmethod
    def create(folder: Path, config: RunConfig, overwrite: bool = False) -> Run:
        """Begin a run, or go on with the one that is in the folder.

        A run of another configuration of which nothing is trained yet is begun anew.

        Args:
            folder: RUN.
            config: the requested configuration.
            overwrite: delete a run of another configuration, and begin anew.

        Raises:
            EdgemlError: the folder holds a run of another configuration (says what differs), something
                else, or cannot be written.
        """
        path = folder / "config.toml"
        if path.is_file():
            return Run.open(folder)._continued(config, overwrite)
        if folder.is_dir() and any(not entry.name.startswith((".", FIND_LR)) for entry in folder.iterdir()):
            raise EdgemlError("is not empty and not a run", str(folder), "choose another folder with --out")
        write_atomic(path, config.to_toml())
        return Run(folder, config)

    @staticmethod
    def open(folder: str | Path) -> Run:
        """The run in a folder.

        Raises:
            EdgemlError: there is none, or its config.toml is damaged.
        """
        path = Path(folder) / "config.toml"
        if not path.is_file():
            raise EdgemlError(
                "has no config.toml: not a run folder", str(folder), "edgeml train PRESET makes one"
            )
        return Run(Path(folder), RunConfig.read(path))

    @staticmethod
    def find(name: str | Path) -> Run:
        """The run in a folder, or the one of that name below runs/.

        Raises:
            EdgemlError: there is none (with near names below runs/), or its config.toml is damaged.
        """
        path = Path(name)
        for folder in (path, RUNS / path):
            if (folder / "config.toml").is_file():
                return Run.open(folder)
        by_name = {folder_.name: folder_ for folder_ in run_folders()}
        if path.is_dir() and (not by_name or any(path.iterdir())):
            return Run.open(path)  # whose error names the missing file
        if path.is_file():
            hint = f"edgeml import {shell(str(name))} makes a run of a trained model's file"
            raise EdgemlError("is a file and no run folder", str(name), hint)
        near = difflib.get_close_matches(path.name, by_name, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(str(by_name[one]) for one in near)}?" if near else ""
        if not hint and by_name:
            listed = [str(folder) for folder in by_name.values()]
            hint = f"there are {', '.join(listed[:8])}{' and others' if len(listed) > 8 else ''}"
        raise EdgemlError("is not a run folder", str(name), hint or "edgeml train PRESET makes one")

    def __fspath__(self) -> str:
        """The folder, so that a run may stand wherever the path of one may."""
        return str(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}: {'; '.join(f'{key} {value}' for key, value in self._facts())})"

    def _repr_html_(self) -> str:
        return html_table(f"run {self.folder}", (), self._facts())

    def _facts(self) -> Iterator[tuple[str, str]]:
        """The preset and the existing files, in words."""
        ref, files = self.config.preset, {"graph": self.graph_file, "check": self.check_file}
        yield ("imported from" if self.config.imported else "preset"), ref.file or ref.name
        yield "data set", self.config.data.dataset
        if not self.config.imported:
            yield "seed", str(self.config.seed)
            yield "training", "complete" if self.model_file.is_file() else "not complete"
        baseline = self.float_onnx if self.config.post_training else self.float_file
        files |= {"float baseline": baseline, "report": self.report_file("html")}
        there = [what for what, file in files.items() if file.is_file()]
        there += [
            name for name in ("onnx", "hls4ml", "verilog", "c", "synth") if (self.folder / name).is_dir()
        ]
        yield "there", ", ".join(there) or "nothing yet"

    @property
    def name(self) -> str:
        """The preset's name."""
        return self.config.preset.name

    @property
    def origin(self) -> str:
        """The command that made it, without options: "train NAME" "import FILE" or "quantize FILE"."""
        ref = self.config.preset
        if self.config.post_training is not None:
            return f"quantize {ref.file}"
        return f"import {ref.file}" if self.config.imported else f"train {ref.name}"

    @property
    def config_file(self) -> Path:
        """All that is needed to repeat the run."""
        return self.folder / "config.toml"

    @property
    def model_file(self) -> Path:
        """The quantization-aware model, when training is done; or the imported file as the user gave it."""
        importing = self.config.importing
        return self.folder / (importing.file if importing else "model.keras")

    @property
    def weights_file(self) -> Path | None:
        """The file with the weights of the imported model, if they are not in the same one."""
        return weights_beside(self.model_file) if self.model_file.suffix == ".json" else None

    @property
    def is_keras(self) -> bool:
        """True for a model that Keras runs; another one is run through its reader."""
        importing = self.config.importing
        return importing is None or importing.is_keras

    def model_digest(self) -> str:
        """SHA-256 of the model's file, or files; "" if there is none."""
        return model_digest(self.model_file) if self.model_file.is_file() else ""

    @property
    def float_file(self) -> Path:
        """The float baseline; is there when its training is done."""
        return self.folder / "float.keras"

    @property
    def float_onnx(self) -> Path:
        """The float network of a run that was quantized after training, up to its logits."""
        return self.folder / "float.onnx"

    @property
    def no_baseline(self) -> str:
        """The reason why there is no float.keras; "" if there may be one."""
        return "its model was imported" if self.config.imported else "it was not trained to the end"

    @property
    def history_file(self) -> Path:
        """One line per epoch."""
        return self.folder / "history.csv"

    @property
    def logs(self) -> Path:
        """TensorBoard's files."""
        return self.folder / "logs"

    @property
    def state_file(self) -> Path:
        """An unfinished training; is there only between epochs."""
        return self.folder / ".training.npz"

    @property
    def front(self) -> Path:
        """Folder of the checkpoints of a training with learned widths, see `edgeml.training.small`."""
        return self.folder / "front"

    @property
    def graph_file(self) -> Path:
        """The exact graph's structure; its integers lie beside it in graph.npz."""
        return self.folder / "graph.json"

    @property
    def notes_file(self) -> Path:
        """The notes of the lowering, see `edgeml.keras.notes`."""
        return self.folder / "notes.json"

    @property
    def golden_file(self) -> Path:
        """Inputs and expected integers."""
        return self.folder / "golden.npz"

    @property
    def check_file(self) -> Path:
        """The results of the check."""
        return self.folder / "check.json"

    @property
    def onnx(self) -> Path:
        """Folder of the ONNX models."""
        return self.folder / "onnx"

    @property
    def hls4ml(self) -> Path:
        """Folder of the hls4ml project."""
        return self.folder / "hls4ml"

    def report_file(self, kind: Literal["html", "md", "json"]) -> Path:
        """The report in one of its forms."""
        return self.folder / f"report.{kind}"

    @property
    def target_request(self) -> target.TargetRequest:
        """Board, clock and HLS back end in its targets."""
        targets = self.config.targets
        return target.TargetRequest(targets.board, targets.clock_mhz, targets.hls_backend)

    def settings(
        self,
        changes: Mapping[str, Mapping[str, Any]] | None = None,
        assignments: Sequence[str] = (),
        board: Board | str | None = None,
        clock_mhz: float | None = None,
    ) -> tuple[BoardTarget, dict[str, dict[str, Any]]]:
        """The target of the run (flags override the run, the run the board) and the back ends' options.

        Args:
            changes: options by back end, from flags.
            assignments: `--set` over them, "hls4ml.reuse_factor.fc1=8".
            board: build for this board in any case.
            clock_mhz: `--clock`; our Verilog keeps a margin to it on boards with open tools.

        Raises:
            EdgemlError: an unknown board, an HLS back end for other chips, or a malformed assignment.
        """
        targets = self.config.targets
        layout = {key: getattr(targets, key) for key in ("io_type", "strategy", "reuse_factor")}
        return wish.settings(self.target_request, layout, changes or {}, assignments, board, clock_mhz)

    def graph(self) -> Graph:
        """The exact graph.

        Raises:
            EdgemlError: the model was not lowered yet, or the files are damaged.
        """
        if not self.graph_file.is_file():
            raise EdgemlError("has no exact graph yet", str(self.folder), f"run edgeml {self.origin} again")
        return saved.load(self.folder)

    def data(self) -> Prepared:
        """The data as the model was trained on, scaled with the run's own numbers.

        Raises:
            EdgemlError: the data set is not there, or is not the one the run was trained on.
        """
        numbers = self.config.scaling.model_dump()
        scaling, columns = read_fitted(self.folder, numbers, self.config.data, self.config.imported)
        if self.config.data.dataset == RANDOM:
            return random_data(self.graph(), self.config.data)
        data = prepare(self.config.data, scaling, unlabelled=self.config.imported, columns=columns)
        if data.dataset.checksum != self.config.checksum:
            raise EdgemlError(
                f"{self.config.data.dataset} is not the data set this run was trained on (checksum differs)",
                str(self.folder),
                "put the same files where EDGEML_DATA points, or train anew with another --out",
            )
        return data

    def _continued(self, config: RunConfig, overwrite: bool) -> Run:
        """This run, if `config` asks for the same model."""
        where = str(self.folder)
        differences_ = self.config.differences(config)
        if differences_ and (overwrite or not self._begun):
            self._clear()
            write_atomic(self.config_file, config.to_toml())
            return Run(self.folder, config)
        if differences_:
            more = f" and {len(differences_) - 3} more" if len(differences_) > 3 else ""
            raise EdgemlError(
                f"holds a run of another configuration: {'; '.join(differences_[:3])}{more}",
                where,
                "choose another folder with --out, or begin anew in this one with --overwrite",
            )
        if not self.model_file.is_file() and self.config.versions != config.versions:
            changed = "; ".join(differences(self.config.versions, config.versions))
            raise EdgemlError(
                f"its training was begun with other versions: {changed}",
                where,
                "finish it with those, choose another folder with --out, or delete this one",
            )
        if self.config.targets == config.targets:
            return self
        updated = self.config.model_copy(update={"targets": config.targets})
        write_atomic(self.config_file, updated.to_toml())
        return Run(self.folder, updated)

    @property
    def _begun(self) -> bool:
        """True if something is trained."""
        return any(file.is_file() for file in (self.float_file, self.model_file, self.state_file))

    def withdraw(self) -> None:
        """Delete a run that was refused before its first epoch; one with results stays."""
        if self._begun or self.history_file.is_file():
            return
        self._clear()
        self.config_file.unlink(missing_ok=True)

    def emptied(self) -> Run:
        """This run with its configuration alone: the model and what was made of it are deleted."""
        self._clear()
        write_atomic(self.config_file, self.config.to_toml())
        return self

    def _clear(self) -> None:
        """Remove edgeml's files, the configuration last; other files of the user's stay."""
        source = [path.name for path in (self.model_file, self.weights_file) if path is not None]
        for name in (*_PRODUCTS, *source):
            path = self.folder / name
            try:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise EdgemlError(f"cannot be removed: {error.strerror}", str(path)) from error


def weights_beside(model: Path) -> Path:
    """The file in a run folder with the weights of an architecture in .json."""
    return model.with_name(f"{model.stem}.weights.h5")


def model_digest(model: Path) -> str:
    """SHA-256 of a model's file and, of an architecture in .json, of the weights beside it.

    Raises:
        EdgemlError: one cannot be read.
    """
    total = hashlib.sha256(read_bytes(model, "model"))
    if model.suffix == ".json":
        total.update(read_bytes(weights_beside(model), "weights file"))
    return total.hexdigest()


def random_data(graph: Graph, spec: DataSpec) -> Prepared:
    """Random samples without labels, for an import that is given no data."""
    drawn = joined_samples(graph, random_samples(graph))
    dataset = samples_only(drawn, RANDOM, "drawn evenly from the values of the input's type")
    return prepare(spec, dataset=dataset, unlabelled=True)


def run_folders() -> list[Path]:
    """The runs below runs/, sorted by name."""
    return sorted(path.parent for path in RUNS.glob("*/config.toml"))

"""Replicas of a model that train together, through TensorFlow's own strategies.

Each batch is cut among the replicas; their gradients are summed by Keras' optimizer, so that the step is that
of one replica up to the order of float additions. `training.strategy` says where they are: "mirrored" on the
devices of this machine, "multiworker" in the processes that TF_CONFIG names.

Invariant: what decides how a training goes on (results of the validation, what is on the disk) is the first
worker's, on all workers. If a worker is lost, the others end with one error, in bounded time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.datasets import Array
from edgeml.errors import EdgemlError, excerpt
from edgeml.files import read_bytes, write_atomic
from edgeml.keras.backend import import_keras
from edgeml.presets import Training
from edgeml.runconfig import RunConfig
from edgeml.runs import Run
from edgeml.training.cluster import WorkerPlace, patience, place_of
from edgeml.training.meeting import meet

_SETTING = "training.strategy"
_NEW_PROCESS = "start a new Python process; TensorFlow chooses its devices once"
_CALL_STEPS = 16  # of several workers, whose calls into TensorFlow have to be cut alike
_BLOCK_WORDS = 1 << 24


class LostWorkerError(EdgemlError):
    """Another worker is gone; the training up to the last epoch is kept."""


class Replicas:
    """One model on one device; the other strategies are made from it.

    Attributes:
        count: replicas in all, on all workers.
        place: this process among the workers; None if there is but one.
    """

    def __init__(self, strategy: Any = None, place: WorkerPlace | None = None) -> None:
        self._strategy, self.place = strategy, place
        self._sums: dict[tuple[str, tuple[int, ...]], Any] = {}
        self.count: int = 1 if strategy is None else strategy.num_replicas_in_sync

    @property
    def steps_per_call(self) -> int | None:
        """Steps of every call into TensorFlow; None: as many as time allows."""
        return _CALL_STEPS if self.place else None

    def scope(self) -> Any:
        """The context in which model and optimizer are made."""
        return nullcontext() if self._strategy is None else self._strategy.scope()

    def summed(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The sum of a function's results on all replicas, each called with the same arguments."""
        results = self._strategy.run(function, arguments)
        return self._strategy.reduce("SUM", results, axis=None)

    def part(self, samples: Any) -> tuple[Any, Any, Any]:
        """Within `summed`: begin and end of this replica's share of so many samples, and what they weigh.

        A batch with fewer samples than there are replicas is taken whole by all of them.
        """
        import tensorflow as tf

        index = tf.distribute.get_replica_context().replica_id_in_sync_group
        few = samples < self.count
        begin = tf.where(few, 0, index * samples // self.count)
        end = tf.where(few, samples, (index + 1) * samples // self.count)
        return begin, end, tf.where(few, 1.0 / self.count, 1.0)

    def agreed(self, values: Sequence[float | None]) -> tuple[float | None, ...]:
        """The first worker's numbers; None stays None.

        Raises:
            LostWorkerError: a worker is gone.
        """
        if self.place is None:
            return tuple(values)
        numbers = np.array([np.nan if value is None else value for value in values], np.float64)
        with self.watched():
            first = self._of_first(numbers)
        return tuple(None if own is None else float(one) for own, one in zip(values, first, strict=True))

    def share(self, run: Run, names: Sequence[str]) -> None:
        """Give all workers the first one's files of a run.

        Args:
            run: this worker's.
            names: of the files, from the run folder; one that the first worker has not is deleted.

        Raises:
            EdgemlError: a worker's configuration is another one, or a file cannot be written.
            LostWorkerError: a worker is gone.
        """
        if self.place is None:
            return
        with self.watched():
            self._compare(run)
            for name in names:
                file = run.folder / name
                there = self._of_first(np.array([file.stat().st_size if file.is_file() else -1], np.int64))
                content = self._bytes(file, int(there[0]))
                if self.place.index and content is None:
                    file.unlink(missing_ok=True)
                elif self.place.index and content is not None:
                    write_atomic(file, content)

    def check_small(self, learned: bool) -> None:
        """Refuse what a training of learned widths or pruning keeps apart from the replicas.

        Args:
            learned: whether widths are learned, from the largest values that one replica has seen.

        Raises:
            EdgemlError: there are several replicas, or for pruning several workers.
        """
        if self.place is not None or (learned and self.count > 1):
            what = (
                "learned widths know the samples of one replica" if learned else "RUN/front is of one worker"
            )
            raise EdgemlError(what, _SETTING, f"use single{'' if learned else ' or mirrored'}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A context in which the loss of a worker is one error.

        Raises:
            LostWorkerError: a worker is gone.
        """
        if self.place is None:
            yield
            return
        from tensorflow import errors

        lost = (
            errors.AbortedError,
            errors.CancelledError,
            errors.DeadlineExceededError,
            errors.InternalError,
            errors.UnavailableError,
            errors.UnknownError,
        )
        try:
            yield
        except lost as error:
            cause = " ".join(str(error).rsplit("aborted by:", 1)[-1].split())
            raise LostWorkerError(
                f"another worker is gone: {excerpt(cause, 160)}",
                self.place.title,
                "start the same command on all workers again; the training goes on from its last saved epoch",
            ) from None

    def _compare(self, run: Run) -> None:
        """Refuse other settings or data than the first worker's; all workers end then."""
        assert self.place is not None
        text = self._bytes(
            run.config_file, int(self._of_first(np.array([run.config_file.stat().st_size]))[0])
        )
        first = run.folder / ".first.toml"
        write_atomic(first, text or b"")
        try:
            others = RunConfig.read(first).differences(run.config)
        finally:
            first.unlink(missing_ok=True)
        if self._of_all(np.array([len(others)], np.int64))[0]:
            what = "the workers differ in settings or data"
            shown = f": {'; '.join(others)}" if others else ", another one has others than worker 0"
            hint = "give all workers the same command, preset and data"
            raise EdgemlError(f"{what}{excerpt(shown, 500)}", self.place.title, hint)

    def _bytes(self, file: Path, size: int) -> bytes | None:
        """The first worker's content of a file; None if it has none (size -1)."""
        assert self.place is not None
        if size < 0:
            return None
        words = np.zeros(-(-size // 4) * 4, np.uint8)
        if not self.place.index:
            words[:size] = np.frombuffer(read_bytes(file, "file of the run"), np.uint8)
        words = words.view(np.int32)
        parts = [self._of_first(words[k : k + _BLOCK_WORDS]) for k in range(0, len(words), _BLOCK_WORDS)]
        return b"".join(part.tobytes() for part in parts)[:size]

    def _of_first(self, values: Array) -> Array:
        """The first worker's values, as the sum of them and of zeros."""
        return self._of_all(np.zeros_like(values) if self._place().index else values)

    def _of_all(self, values: Array) -> Array:
        """The sum over the workers, of int32, int64 or float64."""
        import tensorflow as tf

        def own(values: Any) -> Any:  # counted once for each worker, whatever the number of its devices
            context = tf.distribute.get_replica_context()
            inner = context.replica_id_in_sync_group % (self.count // len(self._place().workers))
            return tf.where(inner == 0, values, tf.zeros_like(values))

        key = (values.dtype.name, values.shape)
        if key not in self._sums:
            spec = tf.TensorSpec(values.shape, values.dtype)
            function = tf.function(lambda values: self.summed(own, values))
            self._sums[key] = function.get_concrete_function(spec)
        return np.asarray(self._sums[key](tf.constant(values)))

    def _place(self) -> WorkerPlace:
        assert self.place is not None, "asked of one worker alone"
        return self.place


def replicas_of(training: Training) -> Replicas:
    """The replicas that the settings ask for; before TensorFlow looked for its devices.

    Raises:
        EdgemlError: there are too few devices, TF_CONFIG is wrong, or the other workers do not come.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    import_keras()
    match training.strategy:
        case "single":
            if training.replicas > 1:
                what = f"{training.replicas} replicas need a strategy"
                raise EdgemlError(what, "training.replicas", "use --strategy mirrored, or leave it out")
            return Replicas()
        case "mirrored":
            return Replicas(_begun(lambda tf: tf.distribute.MirroredStrategy(_devices(training.replicas))))
        case "multiworker":
            if training.replicas:
                hint = "leave it out; every worker uses all its devices"
                raise EdgemlError("is for the strategy mirrored", "training.replicas", hint)
            return _together(place_of())


def _devices(count: int) -> list[str] | None:
    """So many devices of this machine: GPUs, or parts of the processor; None: all there are."""
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    if not count:
        return None
    if cards:
        if count > len(cards):
            what = f"{count} replicas, and this machine has {len(cards)} GPUs"
            raise EdgemlError(what, "training.replicas", "leave it out to use all of them")
        return [f"GPU:{index}" for index in range(count)]
    processor = tf.config.list_physical_devices("CPU")[0]
    parts = tf.config.get_logical_device_configuration(processor) or ()
    if len(parts) < count:
        tf.config.set_logical_device_configuration(
            processor, [tf.config.LogicalDeviceConfiguration()] * count
        )
    return [f"CPU:{index}" for index in range(count)]


def _together(place: WorkerPlace) -> Replicas:
    """The replicas of all workers, when they are there.

    Raises:
        EdgemlError: they do not come in time, or the address cannot be used.
    """
    meet(place, patience())
    return Replicas(_begun(lambda tf: tf.distribute.MultiWorkerMirroredStrategy()), place)


def _begun(make: Callable[[Any], Any]) -> Any:
    """A strategy of TensorFlow; what it refuses is one error."""
    import tensorflow as tf

    try:
        return make(tf)
    except (RuntimeError, ValueError, tf.errors.OpError) as error:
        text = " ".join(str(error).split())
        raise EdgemlError(f"TensorFlow refuses it: {excerpt(text, 300)}", _SETTING, _NEW_PROCESS) from None

"""More of a training for TensorBoard than its scalars, as `training.tensorboard` asks for it.

    histograms   weights and layers' results after each epoch
    graph        the network as TensorFlow runs it
    images       the first validation samples, where they are pictures
    embeddings   the last hidden layer of validation samples, for the projector
    pr_curves    precision against recall of each class after the last epoch
    hparams      the settings, with the last validation loss as their metric

Invariant: nothing here changes the model, so the weights are those of a training without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.datasets import Array
from edgeml.presets import BoardKind, Prepared, Training
from edgeml.training.ending import ending

_SAMPLES = 256
_IMAGES = 16
_CURVES = 20
_THRESHOLDS = 101


class BoardExtras:
    """The writer of all but the scalars, for one phase.

    Args:
        kinds: what is asked for.
        folder: of the phase's validation run, RUN/logs/PHASE/validation.
        model: the model that is trained.
        data: its data.
        training: the settings.
    """

    def __init__(
        self, kinds: Sequence[BoardKind], folder: Path, model: Any, data: Prepared, training: Training
    ) -> None:
        import tensorflow as tf

        self._kinds, self._folder, self._model = kinds, folder, model
        self._data, self._training = data, training
        self._samples = np.asarray(data.x_val[:_SAMPLES])
        self._writer = tf.summary.create_file_writer(str(folder), filename_suffix=".extras")
        self._last: dict[str, float] = {}

    def callback(self) -> Any:
        """A Keras callback that writes."""
        import keras

        return keras.callbacks.LambdaCallback(
            on_train_begin=lambda _=None: self._write(0, {"graph": self._graph, "images": self._images}),
            on_epoch_end=self._epoch,
            on_train_end=lambda _=None: self._end(),
        )

    def _write(self, step: int, parts: dict[BoardKind, Callable[[int], None]]) -> None:
        with self._writer.as_default():
            for kind, part in parts.items():
                if kind in self._kinds:
                    part(step)
        self._writer.flush()

    def _epoch(self, epoch: int, logs: dict[str, float]) -> None:
        self._last = dict(logs)
        self._write(epoch + 1, {"histograms": self._histograms})

    def _end(self) -> None:
        ends: dict[BoardKind, Callable[[int], None]] = {
            "embeddings": self._embeddings,
            "pr_curves": self._pr_curves,
            "hparams": self._hparams,
        }
        self._write(0, ends)
        self._writer.close()

    def _histograms(self, step: int) -> None:
        import tensorflow as tf

        for variable in self._model.weights:
            tf.summary.histogram(f"weights/{variable.path}", variable.numpy(), step=step)
        layers, results = self._results()
        for layer, values in zip(layers, results, strict=True):
            tf.summary.histogram(f"results/{layer.name}", values, step=step)

    def _results(self) -> tuple[list[Any], list[Array]]:
        """The layers with one result each, and those results for the validation samples."""
        import keras

        layers = [layer for layer in self._model.layers if hasattr(getattr(layer, "output", None), "shape")]
        watched = keras.Model(self._model.inputs[0], [layer.output for layer in layers])
        return layers, [np.asarray(values) for values in watched(self._samples, training=False)]

    def _graph(self, step: int) -> None:
        del step
        import tensorflow as tf

        forward = tf.function(lambda x: self._model(x, training=False))
        shape = tf.TensorSpec((None, *self._samples.shape[1:]), tf.float32)
        tf.summary.graph(forward.get_concrete_function(shape).graph)

    def _images(self, step: int) -> None:
        import tensorflow as tf

        stored = np.asarray(self._data.dataset.x_val[:_IMAGES], np.float32)
        if stored.ndim == 4 and stored.shape[-1] in (1, 3):
            low, high = float(stored.min()), float(stored.max())
            tf.summary.image(
                "samples", (stored - low) / ((high - low) or 1.0), step=step, max_outputs=_IMAGES
            )

    def _embeddings(self, step: int) -> None:
        del step
        from tensorboard.plugins import projector

        layers, results = self._results()
        if len(layers) < 2:
            return
        values = results[-2].reshape(len(self._samples), -1)
        lines = ("\t".join(f"{value:.6g}" for value in row) for row in values)
        (self._folder / "hidden.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        config = projector.ProjectorConfig()
        embedding = config.embeddings.add()
        embedding.tensor_name, embedding.tensor_path = layers[-2].name, "hidden.tsv"
        if self._data.class_names:
            names = (self._data.class_names[label] for label in self._data.y_val[:_SAMPLES])
            text = "\n".join(name.replace("\n", " ") for name in names)
            (self._folder / "labels.tsv").write_text(text + "\n", encoding="utf-8")
            embedding.metadata_path = "labels.tsv"
        projector.visualize_embeddings(str(self._folder), config)

    def _pr_curves(self, step: int) -> None:
        import tensorflow as tf
        from tensorboard.plugins.pr_curve import summary

        if not self._data.class_names:
            return
        labels = np.asarray(self._data.y_val)
        outputs = self._model.predict(np.asarray(self._data.x_val), batch_size=1000, verbose=0)
        if ending(self._model) == "logits":
            outputs = (tf.nn.sigmoid if outputs.shape[1] == 1 else tf.nn.softmax)(outputs).numpy()
        numbers = [1] if outputs.shape[1] == 1 else range(min(outputs.shape[1], _CURVES))
        for column, number in enumerate(numbers):
            curve = summary.pb(
                f"pr_curve/{self._data.class_names[number]}",
                labels == number,
                np.clip(outputs[:, column], 0.0, 1.0),
                num_thresholds=_THRESHOLDS,
            )
            tf.summary.experimental.write_raw_pb(curve.SerializeToString(), step=step)

    def _hparams(self, step: int) -> None:
        import tensorflow as tf
        from tensorboard.plugins.hparams import api

        api.hparams(_flat(self._training.model_dump(mode="json")))
        if "val_loss" in self._last:
            tf.summary.scalar("val_loss", self._last["val_loss"], step=step)


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted names; what is no number, bool or text becomes text."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        elif value is not None:
            flat[prefix + key] = value if isinstance(value, bool | int | float | str) else str(value)
    return flat

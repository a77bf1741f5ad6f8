"""`edgeml.lint`: the traps of a model, before an epoch is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeml.fixed import FixedType
    from edgeml.lint.result import LintResult
    from edgeml.types import KerasModel, PathLike, Settings


def lint(
    subject: PathLike | KerasModel,
    data: PathLike | None = None,
    board: str | None = None,
    input_type: str | FixedType | None = None,
    float_type: str | FixedType | None = None,
    weights: PathLike | None = None,
    settings: Settings | None = None,
    layer_types: Mapping[str, str] | None = None,
    hls4ml_config: PathLike | None = None,
) -> LintResult:
    """Look for the traps of quantized models; nothing is trained and nothing is written.

    Args:
        subject: a preset's name or file.py, a model's file, a run folder, or a Keras model.
        data: for a model or its file, a data set's name or an .npz or .csv file.
        board: to build for; the preset's or run's by default.
        input_type: of a model or its file, as for `import_model`.
        float_type: the same.
        weights: the file with the weights, for an architecture in .json.
        settings: as --set takes them: {"quantizers.weights.bits": 4}.
        layer_types: of a model or its file, as for `import_model`.
        hls4ml_config: the same.

    Returns:
        `.ok` is false if an error was found; `["alpha-auto"]` is the row of a rule, with `.status`,
        `.findings` and, for one that was not run, `.reason`.

    Raises:
        EdgemlError: there is no such preset, file or run, it is damaged, or a setting does not fit.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    import os

    from edgeml.arguments import path_of
    from edgeml.lint.opening import LintRequest, open_model, open_subject
    from edgeml.lint.result import lint as run_rules
    from edgeml.settings import assignments

    named = isinstance(subject, str | os.PathLike)
    request = LintRequest(
        os.fspath(subject) if named else "",
        None if data is None else os.fspath(path_of(data, "data", "give a data set's name or its file")),
        None if weights is None else path_of(weights, "weights", "give the file of weights"),
        assignments(settings or {}),
        None if input_type is None else str(input_type),
        None if float_type is None else str(float_type),
        board,
        dict(layer_types or {}),
        None if hls4ml_config is None else path_of(hls4ml_config, "hls4ml_config", "give its file"),
    )
    return run_rules(open_subject(request) if named else open_model(subject, request))

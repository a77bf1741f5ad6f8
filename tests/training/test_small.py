"""Learned widths in training: the front, the checkpoint that is taken, a penalty that is too strong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from edgeml import api, pipeline, presets
from edgeml.backends.hls4ml.planner import plan_graph
from edgeml.backends.verilog.design import Design, elaborate
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.ir import Builder
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.silent import silent_layers
from edgeml.keras.load import load_model
from edgeml.passes import prepare
from edgeml.presets import BitPenalty, Pruning, Training
from edgeml.presets.distillation import Distillation
from edgeml.runs import Run
from edgeml.training.build import build_model
from edgeml.training.ending import cross_entropy_of
from edgeml.training.goal import TrainingGoal
from edgeml.training.history import read_history
from edgeml.training.progress import EpochRow
from edgeml.training.small.clustering import SharedValues, clusters
from edgeml.training.small.collapse import check_varies, collapse, collapse_lines, one_point
from edgeml.training.small.distillation import distilled
from edgeml.training.small.front import Checkpoint, Front
from edgeml.training.small.masks import masks
from edgeml.training.small.penalty import WidthTraining, bit_operations, calibrate
from edgeml.training.small.pick import check_front, front_of, pick
from edgeml.training.small.widths import check_widths
from edgeml.training.train import train
from tests.training.test_training import Recorder

OPTIONS = ["training.float_epochs=4", "training.bit_penalty.last=1e-3"]


def point(epoch: int, accuracy: float, operations: float) -> Checkpoint:
    return Checkpoint(epoch=epoch, strength=1e-6, cost=operations, val_loss=1.0, val_accuracy=accuracy)


def offered(folder: Path, *figures: tuple[float, float]) -> Front:
    front = Front(folder)
    for epoch, (accuracy, operations) in enumerate(figures, 1):
        front.offer(point(epoch, accuracy, operations), [np.full(2, epoch)])
    return front


def test_beaten_checkpoints_go_and_files_follow(tmp_path: Path) -> None:
    front = offered(tmp_path, (0.8, 900), (0.9, 1000), (0.9, 950), (0.7, 1200), (0.9, 950), (0.5, 10))
    assert [(each.epoch, each.cost) for each in front.points] == [(6, 10), (1, 900), (5, 950)]
    assert {file.name for file in tmp_path.iterdir()} == {"front.json", "1.npz", "5.npz", "6.npz"}
    again = Front(tmp_path)
    assert again.points == front.points
    np.testing.assert_array_equal(again.weights(again.points[2]), [[5, 5]])


def test_an_epoch_that_is_trained_again_changes_nothing(tmp_path: Path) -> None:
    figures = ((0.8, 900), (0.9, 1000), (0.95, 2000))
    front = offered(tmp_path, *figures)
    before = front.points
    assert offered(tmp_path, *figures).points == before


def test_the_cheapest_within_the_accuracy_that_may_be_lost_is_chosen(tmp_path: Path) -> None:
    front = offered(tmp_path, (0.98, 2000), (0.975, 1000), (0.9, 100))
    assert front.chosen(BitPenalty()).epoch == 2
    assert front.chosen(BitPenalty(max_accuracy_loss=0.0)).epoch == 1
    assert front.chosen(BitPenalty(max_accuracy_loss=0.2)).epoch == 3
    assert front.chosen(BitPenalty(pick=3)).epoch == 1
    with pytest.raises(EdgemlError, match="has 3 checkpoints, number 4 is asked for .* from 1 to 3"):
        front.chosen(BitPenalty(pick=4))


def epoch_row(epoch: int, accuracy: float, phase: str = "qat") -> EpochRow:
    return EpochRow(phase, epoch, 1e-3, 0.1, accuracy, 0.1, accuracy)


FOUR_EPOCHS = [epoch_row(1, 0.95), epoch_row(2, 0.97), epoch_row(3, 0.3), epoch_row(4, 0.1)]


def test_a_collapse_is_said_with_the_strength_that_still_worked(tmp_path: Path) -> None:
    front = offered(tmp_path, (0.97, 2000))
    training = Training(float_epochs=1, epochs=4, bit_penalty=BitPenalty(first=1e-6, last=1e-3))
    said = collapse(front, training, FOUR_EPOCHS)
    assert "after epoch 2 the validation accuracy fell from 97.0 % to 10.0 %" in said
    assert "--set training.bit_penalty.last=1e-05" in said
    assert collapse(front, training, FOUR_EPOCHS[:2]) == ""
    never = collapse(front, training, [epoch_row(1, 0.95, "float"), epoch_row(1, 0.1)])
    assert "10.0 % of the validation part are right, 95.0 % in float" in never
    assert "training.bit_penalty.first=1e-08" in never


def test_a_collapse_by_pruning_names_the_share_that_still_worked(tmp_path: Path) -> None:
    training = Training(float_epochs=1, epochs=4, pruning=Pruning(sparsity=0.96, end=1.0))
    said = collapse(Front(tmp_path, "weights kept"), training, FOUR_EPOCHS)
    assert "the pruning became too strong" in said
    assert "--set training.pruning.sparsity=0.68" in said  # 0.96 * (1 - (2/3)^3)


def test_a_front_of_one_point_says_why(tmp_path: Path) -> None:
    training = Training(float_epochs=1, epochs=3)
    assert "epoch 1 of 3 beats all others" in one_point(offered(tmp_path / "one", (0.9, 100)), training)
    assert "--epochs 30" in one_point(offered(tmp_path / "one", (0.9, 100)), training)
    assert one_point(offered(tmp_path / "two", (0.8, 900), (0.9, 1000)), training) == ""
    preset = presets.load("digits_learned")
    with pytest.raises(EdgemlError, match="has one epoch .* its front would be one point"):
        check_front(preset, presets.choose(preset, epochs=1))


def test_a_layer_whose_weights_read_constants_alone_is_silent() -> None:
    """The first product keeps its first column alone, the second reads the other ones."""
    build = Builder("pruned")
    x = build.input((2,), FixedType(False, 4, 0), "x")
    weights = FixedType(True, 3, 0)
    first = build.add(MatMul(), x, build.const([[1, 0, 0], [2, 0, 0]], weights, "w1"), name="fc1")
    second = build.add(MatMul(), first, build.const([[0], [3], [-1]], weights, "w2"), name="fc2")
    graph = build.graph(second)
    assert [node.name for node in silent_layers(graph)] == ["fc2"]
    (said,) = collapse_lines(Front(Path("none")), Training(float_epochs=1, epochs=3), [], graph)
    assert "fc2 is left without inputs: none of the 2 weights that it keeps of 3" in said


def test_outputs_that_never_vary_are_an_error_with_the_share_that_still_worked(tmp_path: Path) -> None:
    build = Builder("pruned")
    x = build.input((2,), FixedType(False, 4, 0), "x")
    kept = build.const([[1, 0], [0, 0]], FixedType(True, 3, 0), "w")
    gone = build.const([[0, 0], [0, 0]], FixedType(True, 3, 0), "w0")
    training = Training(float_epochs=1, epochs=4, pruning=Pruning(sparsity=0.96, end=1.0))
    front = Front(tmp_path, "weights kept")
    rows = [epoch_row(1, 0.95, "float"), *FOUR_EPOCHS]
    check_varies(front, training, rows, build.graph(build.add(MatMul(), x, kept, name="fc")), "RUN")
    dead = build.graph(build.add(MatMul(), x, gone, name="dead"))
    with pytest.raises(
        EdgemlError, match="dead is left without inputs: all of its 4 weights are zero, so "
    ) as said:
        check_varies(front, training, rows, dead, "RUN")
    assert said.value.where == "RUN"
    assert said.value.hint == (
        "epoch 2 was the last one near the float baseline; that epoch had pruned 0.68 of the weights: "
        "--set training.pruning.sparsity=0.68"
    )
    with pytest.raises(EdgemlError) as said:
        check_varies(front, training, [epoch_row(1, 0.95, "float"), epoch_row(1, 0.1)], dead, "RUN")
    assert said.value.hint == "prune less: --set training.pruning.sparsity=0.48, or train longer"


@pytest.mark.slow
def test_a_training_that_prunes_everything_ends_in_that_error(tmp_path: Path) -> None:
    settings = {"training.pruning.sparsity": 0.99}
    with pytest.raises(EdgemlError, match=r"is left without inputs: .* so every output is the same"):
        api.train("iris_mlp", tmp_path / "run", epochs=4, settings=settings)
    assert (tmp_path / "run" / "model.keras").is_file()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["quantizers.weights.bits=1"],
            "fc1: all of its 2,048 weights have zero bits .* the weights of fc2, the weights of logits .*"
            r"--set quantizers\.weights\.bits=",
        ),
        (
            ["quantizers.activations.bits=1", "quantizers.activations.integer=8"],
            r"fc1: all of its 64 inputs have zero bits with -7 .*1 half .* quantizers\.activations\.bits=9",
        ),
        (
            ["quantizers.layers.fc2.weights.bits=1"],
            r"fc2: all of its 1,024 weights .* quantizers\.layers\.fc2\.weights\.bits=",
        ),
    ],
)
def test_widths_of_zero_everywhere_are_refused_and_the_remedy_is_taken(
    settings: list[str], message: str
) -> None:
    preset = presets.load("digits_learned")

    def check(changed: list[str]) -> None:
        choices = presets.choose(preset, changed)
        tf.keras.utils.set_random_seed(0)
        model = build_model(preset, choices)
        calibrate(model, np.random.default_rng(0).random((64, 64), np.float32))
        check_widths(model, choices.quantizers)

    check([])
    with pytest.raises(EdgemlError, match=message) as error:
        check(settings)
    remedy = re.findall(r"--set ([\w.]+=\d+)", error.value.hint)
    assert remedy
    check([*settings, *remedy])


def test_the_strength_has_to_rise() -> None:
    with pytest.raises(EdgemlError, match=r"falls from first = 0\.01 to last = 0\.001"):
        presets.choose(
            presets.load("digits_learned"),
            ["training.bit_penalty.first=1e-2", "training.bit_penalty.last=1e-3"],
        )


def test_stated_widths_have_no_front_unless_weights_are_pruned() -> None:
    preset = presets.load("digits_mlp")
    check_front(preset, presets.choose(preset, ["training.pruning.sparsity=0.5"]))
    with pytest.raises(
        EdgemlError, match="has no learned widths and prunes nothing, so its front would be one"
    ) as said:
        check_front(preset, presets.choose(preset))
    assert said.value.hint.startswith("prune: --set training.pruning.sparsity=0.5; or train digits_learned, ")


@pytest.mark.slow
def test_a_training_leaves_a_front_and_each_point_is_a_run(tmp_path: Path) -> None:
    preset = presets.load("digits_learned")
    # A penalty that costs accuracy in the last epochs, on every machine: fewer bits for less accuracy.
    options = ["training.float_epochs=4", "training.bit_penalty.last=0.3"]
    run = train(preset, tmp_path / "run", presets.choose(preset, options, epochs=12))
    front = front_of(run)
    assert len(front.points) > 1
    assert front.points[0].cost < front.points[-1].cost
    listed = json.loads((run.front / "front.json").read_text())["points"]
    assert {f"{each['epoch']}.npz" for each in listed} | {"front.json"} == {
        file.name for file in run.front.iterdir()
    }
    chosen = front.chosen(BitPenalty())
    assert bit_operations(load_model(run.model_file)) == chosen.cost
    picked = pick(run, 1, tmp_path / "picked")
    assert bit_operations(load_model(picked.model_file)) == front.points[0].cost
    again = train(
        preset,
        tmp_path / "picked",
        presets.choose(preset, [*options, "training.bit_penalty.pick=1"], epochs=12),
    )
    assert Run.open(picked.folder).config.training == again.config.training


KERNEL = np.array([[0.1, -0.9], [0.4, 0.3], [-0.2, 0.0], [0.8, 0.5]], np.float32)


@pytest.mark.parametrize(
    ("settings", "done", "expected"),
    [
        ({"sparsity": 0.5}, 1.0, [[0, 1], [1, 0], [0, 0], [1, 1]]),
        ({"sparsity": 0.5}, 0.5, [[0, 1], [1, 1], [1, 0], [1, 1]]),
        ({"pattern": "1:2"}, 1.0, [[0, 1], [1, 0], [0, 0], [1, 1]]),
        ({"pattern": "2:4"}, 0.5, [[0, 1], [1, 1], [1, 0], [1, 1]]),
        ({"sparsity": 0.5, "pattern": "neuron"}, 1.0, [[0, 1]] * 4),
        ({"fan_in": {"fc": 1}}, 1.0, [[0, 1], [0, 0], [0, 0], [1, 0]]),
        ({"fan_in": {"fc": 1}}, 0.7, [[0, 1], [1, 0], [0, 0], [1, 1]]),
        ({"fan_in": {"fc": 9}}, 1.0, [[1, 1]] * 4),
    ],
)
def test_masks_by_hand(settings: dict[str, Any], done: float, expected: list[list[int]]) -> None:
    (mask,) = masks({"fc": KERNEL}, Pruning(**settings), done).values()
    np.testing.assert_array_equal(mask, expected)


def test_a_global_share_takes_the_smallest_of_all_layers() -> None:
    kernels = {"small": KERNEL / 100, "large": KERNEL}
    found = masks(kernels, Pruning(sparsity=0.25, scope="global"))
    assert (found["small"].sum(), found["large"].sum()) == (5, 7)  # its zero goes with the smallest
    with pytest.raises(EdgemlError, match=r"small: would have none of its 8 weights left .* 0\.6") as error:
        masks(kernels, Pruning(sparsity=0.6, scope="global"))
    most = float(re.findall(r"sparsity=([\d.]+)", error.value.hint)[0])
    assert masks(kernels, Pruning(sparsity=most, scope="global"))["small"].sum() == 1
    apart = masks(kernels, Pruning(sparsity=0.5, scope="global", fan_in={"small": 2}))
    assert (list(apart), apart["small"].sum(), apart["large"].sum()) == (["small", "large"], 4, 4)
    with pytest.raises(EdgemlError, match="fc: has 4 inputs, no multiple of 3 as the pattern 2:3 needs"):
        masks({"fc": KERNEL}, Pruning(pattern="2:3"))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"pattern": "4:2"}, "is no pattern"),
        ({"begin": 0.5, "end": 0.5}, "is not before"),
        ({"pattern": "2:4", "scope": "global"}, "is per layer"),
        ({"skip": ("fc",), "fan_in": {"fc": 6}}, "fc is in skip and in fan_in"),
        ({"fan_in": {"fc": 0}}, "greater than or equal to 1"),
    ],
)
def test_prunings_that_there_are_not(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Pruning(**settings)


PRUNED = ["training.float_epochs=3", "training.pruning.sparsity=0.75", "training.pruning.skip=['logits']"]


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """digits_mlp trained for some epochs, as it is and pruned."""
    preset, folder = presets.load("digits_mlp"), tmp_path_factory.mktemp("pruned")
    whole = train(preset, folder / "whole", presets.choose(preset, PRUNED[:1], epochs=6))
    return whole, train(preset, folder / "pruned", presets.choose(preset, PRUNED, epochs=6))


@pytest.mark.slow
def test_pruned_weights_are_zero_and_the_rest_is_trained(pruned: tuple[Run, Run]) -> None:
    _, run = pruned
    model = load_model(run.model_file)
    shares = {layer.name: np.mean(layer.kernel.numpy() == 0) for layer in model.layers if layer.weights}
    assert shares["fc1"] == shares["fc2"] == 0.75
    assert shares["logits"] < 0.1
    front = front_of(run)
    assert front.unit == "weights kept"
    assert front.points[0].cost == (64 * 32 + 32 * 32) / 4
    assert all(row.val_accuracy is not None for row in read_history(run.history_file))


@pytest.mark.slow
def test_what_is_pruned_is_absent_in_the_hardware(pruned: tuple[Run, Run]) -> None:
    """Adders in Verilog; products that are not by zero in hls4ml, which unrolls them and drops the others."""
    graphs = [prepare(pipeline.lower(run)) for run in pruned]
    whole, small = (operations(elaborate(graph)) for graph in graphs)
    assert small < 0.6 * whole
    products = [
        sum(np.count_nonzero(layer.weights["weight"].codes) for layer in plan.layers if layer.kind == "Dense")
        for plan in (plan_graph(graph, "Vitis", "io_parallel", "p") for graph in graphs)
    ]
    assert products[1] <= (64 * 32 + 32 * 32) / 4 + 320 < 0.5 * products[0]


def test_checkpoints_wait_for_the_fan_in(tmp_path: Path) -> None:
    """Only the last two of four epochs have outputs of so few inputs."""
    offered: list[list[int]] = []
    for fan_in in ({}, {"fc1": 6}):
        front = Front(tmp_path / str(len(fan_in)))
        training = WidthTraining(BitPenalty(), front, Pruning(fan_in=fan_in, end=0.6))
        training.set_model(build_model(presets.load("digits_learned")))
        training.set_params({"epochs": 4})
        for epoch in range(4):
            training.on_epoch_end(epoch, {"val_loss": 1.0 + epoch, "val_accuracy": 0.9 - epoch / 10})
            offered.append([point.epoch for point in front.points])
    assert offered == [[1], [1], [1], [1], [], [], [3], [3]]


def operations(design: Design) -> int:
    return sum(cell.kind in ("add", "sub") for layer in design.layers for cell in layer.cells)


@pytest.mark.slow
def test_a_rewound_network_begins_again_from_the_baseline(tmp_path: Path) -> None:
    preset = presets.load("digits_mlp")
    options = [*PRUNED, "training.pruning.rewind=true", "training.learning_rate=1e-9"]
    run = train(preset, tmp_path / "run", presets.choose(preset, options, epochs=4))
    baseline, model = load_model(run.float_file), load_model(run.model_file)
    kernel, first = (net.get_layer("fc1").kernel.numpy() for net in (model, baseline))
    assert np.mean(kernel == 0) == 0.75
    np.testing.assert_allclose(kernel[kernel != 0], first[kernel != 0], atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (("training.pruning.sparsity=0.5", "training.pruning.skip=['fc3']"), "unknown layer 'fc3'"),
        (("training.pruning.sparsity=0.5", "training.pruning.fan_in.fc3=6"), "unknown layer 'fc3'"),
        (("training.pruning.sparsity=0.5", "training.early_stopping.monitor=val_loss"), "would end training"),
        (("training.clustering.values=4", "training.clustering.skip=['fc3']"), "unknown layer 'fc3'"),
        (("training.clustering.values=1",), "leaves one weight for all"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_the_float_baseline(
    settings: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    preset = presets.load("digits_mlp")
    with pytest.raises(EdgemlError, match=says):
        train(
            preset, tmp_path / "run", presets.choose(preset, ["training.float_epochs=1", *settings], epochs=1)
        )
    assert not list(tmp_path.glob("run/float*"))


@pytest.mark.slow
def test_outputs_keep_their_fan_in_and_other_layers_stay_whole(tmp_path: Path) -> None:
    preset = presets.load("digits_mlp")
    options = [PRUNED[0], "training.pruning.fan_in.fc1=6"]
    run = train(preset, tmp_path / "run", presets.choose(preset, options, epochs=6))
    kernels = {
        layer.name: layer.kernel.numpy() for layer in load_model(run.model_file).layers if layer.weights
    }
    assert np.count_nonzero(kernels["fc1"], axis=0).max() == 6
    assert np.mean(kernels["fc2"] == 0) < 0.1
    assert front_of(run).points[0].cost == 6 * kernels["fc1"].shape[1]


def test_the_loss_with_a_teacher_by_hand() -> None:
    """Half cross-entropy of the label, half T^2 times that of the softened teacher."""
    labels = TrainingGoal(cross_entropy_of("logits", 2), None, 0.0, True, True)
    teacher = np.array([[2.0, 0.0]], np.float32)
    goal, targets = distilled(labels, np.array([1]), teacher, Distillation(temperature=2.0))
    outputs = np.array([[1.0, 3.0]], np.float32)
    np.testing.assert_array_equal(targets, [[1, 2, 0]])
    hard = np.log(1 + np.exp(-2.0))
    first = 1 / (1 + np.exp(-1.0))  # of the teacher's halved logits
    soft = first * np.log(1 + np.exp(1.0)) + (1 - first) * np.log(1 + np.exp(-1.0))
    (loss,) = goal.loss(tf.constant(targets), tf.constant(outputs)).numpy()
    assert loss == pytest.approx(0.5 * hard + 0.5 * 4 * soft, rel=1e-5)
    assert float(goal.right(tf.constant(targets), tf.constant(outputs))) == 1.0


def taught(folder: Path, *settings: str, epochs: int = 2) -> Run:
    preset = presets.load("iris_mlp")
    options = ["training.float_epochs=2", *(f"training.{setting}" for setting in settings)]
    return train(preset, folder, presets.choose(preset, options, epochs=epochs))


@pytest.mark.slow
def test_a_student_learns_from_the_baseline_and_refuses_other_teachers(tmp_path: Path) -> None:
    alone = taught(tmp_path / "alone")
    student = taught(tmp_path / "student", "distillation.teacher=float")
    assert student.model_digest() != alone.model_digest()
    again = taught(tmp_path / "again", f"distillation.teacher={alone.folder}")  # the same baseline
    first, second = (load_model(run.model_file).get_weights() for run in (student, again))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(EdgemlError, match="is not a run folder"):
        taught(tmp_path / "none", "distillation.teacher=nobody")
    with pytest.raises(EdgemlError, match="leave out training.augmentation and training.class_weights"):
        taught(tmp_path / "weighted", "distillation.teacher=float", "class_weights=balanced")


SHARED = ["training.float_epochs=2", "training.clustering.values=5"]
UNSHARED = "training.clustering.skip=['logits']"


def test_weights_share_as_many_values_as_are_asked_for(tmp_path: Path) -> None:
    preset = presets.load("iris_mlp")
    run = train(preset, tmp_path / "run", presets.choose(preset, [*SHARED, UNSHARED], epochs=3))
    model = load_model(run.model_file)
    different = {name: np.unique(model.get_layer(name).kernel).size for name in ("fc1", "logits")}
    assert different["fc1"] <= 5 < different["logits"]
    assert not isinstance(model.get_layer("fc1").kernel.constraint, SharedValues)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("training.clustering.values=1", "leaves one weight for all"),
        ("training.pruning.sparsity=0.5", "have one width and are not pruned"),
        ("training.clustering.skip=['fc9']", "fc9"),
    ],
)
def test_clusterings_that_there_are_not(tmp_path: Path, option: str, reason: str) -> None:
    preset = presets.load("iris_mlp")
    choices = presets.choose(preset, [*SHARED, option], epochs=1)
    with pytest.raises(EdgemlError, match=reason):
        train(preset, tmp_path / "run", choices)


def test_clusters_by_hand() -> None:
    kernel = np.array([[0.0, 0.1, 5.0], [5.2, -3.0, 0.05]])
    assert clusters(kernel, 3).tolist() == [[1, 1, 2], [2, 0, 1]]
    assert clusters(kernel, 9).max() == 5


@pytest.mark.slow  # two trainings
def test_learned_widths_go_on_after_an_interruption_bit_for_bit(tmp_path: Path) -> None:
    preset = presets.load("digits_learned")
    choices = presets.choose(preset, [*OPTIONS, "training.float_epochs=1", "training.epochs=3"], seed=2)
    whole = train(preset, tmp_path / "whole", choices)
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "cut", choices, Recorder("qat", 2, KeyboardInterrupt))
    cut = train(preset, tmp_path / "cut", choices)
    assert [row.loss for row in read_history(cut.history_file)] == [
        row.loss for row in read_history(whole.history_file)
    ]
    assert front_of(cut).points == front_of(whole).points
    models = [load_model(run.model_file).get_weights() for run in (whole, cut)]
    for one, other in zip(*models, strict=True):
        np.testing.assert_array_equal(one, other)

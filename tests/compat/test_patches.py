"""Patches, fields, figures and the session under procgen-tools' names behave as in
procgen-tools."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from procgen_tools import (
    data_utils,
    imports,
    maze,
    models,
    patch_utils,
    rollout_utils,
    utils,
    vfield,
    vfield_stats,
    visualization,
)
from procgen_tools.compat import fields, plotter, session, wrappers
from procgen_tools.models import ImpalaPolicy
from procgen_tools.vfield import VectorField

LAYER = "embedder.block2.res1.resadd_out"
ROOT = Path(__file__).parents[2]


class Hook:
    """The members of circrl's hook that compat uses, on a small network without copying it."""

    def __init__(self, network: ImpalaPolicy) -> None:
        self.network = network
        self.values_by_label: dict[str, np.ndarray] = {}

    def run_with_input(self, observations: np.ndarray, func: Any = None) -> None:
        from procgen_tools.hooks import record

        with torch.no_grad(), record(self.network) as found:
            self.network(torch.as_tensor(observations))
        self.values_by_label = {
            f"{name.removesuffix('_out')}_out": value.numpy() for name, value in found.items()
        }

    def get_value_by_label(self, label: str) -> np.ndarray:
        return self.values_by_label[label]

    def use_patches(self, patches: Any) -> Any:
        from procgen_tools.hooks import patched

        return patched(self.network, patches)


@pytest.fixture(scope="module")
def hook() -> Hook:
    torch.manual_seed(0)
    return Hook(ImpalaPolicy(scale=1).eval())


@pytest.fixture(autouse=True)
def _close_figures() -> Any:
    yield
    plt.close("all")


def run(patch: dict[str, Any], values: torch.Tensor) -> torch.Tensor:
    before = values.clone()
    changed = patch["layer"](values)
    assert torch.equal(values, before), "a patch changes nothing in place"
    return changed


VALUES = torch.arange(2 * 3 * 4 * 4, dtype=torch.float32).reshape(2, 3, 4, 4) - 40


def test_zero_and_mean() -> None:
    one = run(patch_utils.get_zero_patch("layer", 1), VALUES)
    assert (one[:, 1] == 0).all()
    assert torch.equal(one[:, [0, 2]], VALUES[:, [0, 2]])
    assert (run(patch_utils.get_zero_patch("layer"), VALUES) == 0).all()
    mean = run(patch_utils.get_mean_patch("layer", VALUES.numpy()), VALUES)
    assert torch.equal(mean, VALUES.mean(0).expand_as(VALUES))
    single = run(patch_utils.get_mean_patch("layer", VALUES.numpy(), channel=2), VALUES)
    assert torch.equal(single[0, 2], VALUES[:, 2].mean(0))
    assert torch.equal(single[:, :2], VALUES[:, :2])


def test_pixels_keep_each_observation_apart() -> None:
    one = run(patch_utils.get_channel_pixel_patch("layer", 1, 9.0, (2, 3)), VALUES)
    assert (one[:, 1, 2, 3] == 9).all()
    one[:, 1, 2, 3] = VALUES[:, 1, 2, 3]
    assert torch.equal(one, VALUES)
    both = run(patch_utils.combined_pixel_patch("layer", 9.0, (0, 0), [0, 2], default=-1), VALUES)
    assert (both[:, [0, 2], 0, 0] == 9).all()
    assert (both[:, [0, 2], 1:] == -1).all()
    assert torch.equal(both[:, 1], VALUES[:, 1])


def test_multiply_add_and_compose() -> None:
    scaled = run(
        patch_utils.get_multiply_patch("layer", pos_multiplier=2, neg_multiplier=0), VALUES
    )
    assert torch.equal(scaled, VALUES.clamp(min=0) * 2)
    add = patch_utils.get_values_diff_patch(VALUES.numpy(), -2, "layer")
    assert torch.equal(run(add, VALUES), VALUES - 2 * (VALUES[0] - VALUES[1]))
    both = patch_utils.compose_patches(add, patch_utils.get_zero_patch("layer", 0), add)
    assert torch.equal(run(both, VALUES)[:, 0], (-2 * (VALUES[0] - VALUES[1]))[0].expand(2, 4, 4))
    with pytest.raises(ValueError, match="no patches to compose"):
        patch_utils.combined_pixel_patch("layer", 9.0, (0, 0), [])


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (
            lambda: patch_utils.get_zero_patch("layer", 55),
            "layer has 3 .* 128 .*find_cheese_channels",
        ),
        (lambda: patch_utils.get_channel_pixel_patch("layer", 0, coord=(4, 0)), "outside layer"),
        (lambda: patch_utils.get_mean_patch("layer", VALUES, channel=3), "find_cheese_channels"),
    ],
)
def test_channels_and_pixels_that_do_not_exist(patch: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        patch()["layer"](VALUES)


def test_activations_of_venvs(hook: Hook) -> None:
    pair = maze.get_cheese_venv_pair(3)
    values = patch_utils.cheese_diff_values(3, LAYER, hook)
    assert np.array_equal(values, patch_utils.values_from_venv(LAYER, hook, pair))
    assert np.array_equal(values, visualization.get_activations(pair.reset(), hook, LAYER))
    added = patch_utils.patch_from_venv_pair(pair, LAYER, hook)[LAYER](torch.as_tensor(values))
    assert np.allclose(added[1], values[0], atol=1e-5)
    random = patch_utils.get_random_patch(LAYER, hook, channel=5)[LAYER](torch.as_tensor(values))
    assert np.array_equal(random[:, 6], values[:, 6])
    assert not np.array_equal(random[:, 5], values[:, 5])
    with pytest.raises(ValueError, match="one of two"):
        patch_utils.patch_from_venv_pair(maze.copy_venv(pair, 0), LAYER, hook)
    assert models.num_channels(hook, LAYER) == 32
    with pytest.raises(ValueError, match="run_with_input"):
        models.num_channels(hook, "nothing")


def test_fields_can_be_read_by_the_older_names(hook: Hook) -> None:
    venv = maze.create_venv(1, start_level=3, num_levels=1)
    field = vfield.vector_field(venv, hook.network, idx=0)
    everywhere, (squares, grid) = maze.venv_with_all_mouse_positions(venv)
    older = visualization.vector_field_tup(everywhere, squares, grid, hook.network)
    for name in ("legal_mouse_positions", "grid"):
        assert np.array_equal(field[name], older[name])
    for name in ("arrows", "probs"):
        assert np.allclose(field[name], older[name], atol=1e-6)
    assert np.allclose(np.sum(field["probs"], axis=1), 1)
    with pytest.raises(KeyError, match="legal_mouse_positions"):
        field["nothing"]
    same = vfield.get_vf_diff(field, older)
    assert vfield.vf_diff_magnitude(same) == pytest.approx(0, abs=1e-6)
    without = vfield.vector_field(maze.remove_cheese(venv), hook.network)
    change = vfield.get_vf_diff(without, field)
    assert change["legal_mouse_positions"] == older["legal_mouse_positions"]
    with pytest.raises(ValueError, match="different walls"):
        vfield.get_vf_diff(field, vfield.vector_field(maze.make_level(0), hook.network))


def field_of(level: maze.Maze) -> VectorField:
    """A field in which each move except up has probability one tenth."""
    count = len(level.open_squares())
    probabilities = np.tile([0.1, 0.1, 0.6, 0.1, 0.1], (count, 1))
    return VectorField(level, probabilities, np.zeros(count))


def test_paths_and_decisions() -> None:
    level = maze.parse("""
        C..
        .#.
        M..
    """)
    field = field_of(level)
    assert maze.geometric_probability_path((0, 0), (0, 0), field) == pytest.approx(0.1)
    assert maze.geometric_probability_path((0, 0), (2, 0), field) == pytest.approx(0.6)
    assert maze.geometric_probability_path((0, 1), (1, 0), field) == pytest.approx(0.06**0.5)
    parted = field_of(maze.make_level(51))
    cheese, corner = vfield_stats.get_decision_probs(parted)
    assert {cheese, corner} <= {0.1, 0.6}
    by_name = vfield_stats.get_decision_probs(parted, return_dict=True)
    assert by_name == pytest.approx(
        {"LEFT": 0.1, "DOWN": 0.1, "UP": 0.6, "RIGHT": 0.1, "NOOP": 0.1}
    )
    made = [{"coeff": -1, "original_vfield": parted, "patched_vfield": parted}]
    before, after = vfield_stats.get_probs_original_and_patched(made, -1)
    assert np.array_equal(before, after)
    assert before.sum() == pytest.approx(1)
    for draw in ("hist", "scatter", "box"):
        axes = plt.subplots(1, 3)[1]
        getattr(vfield_stats, f"plot_dprobs_{draw}")(before, after, ax=axes)
        assert axes[1].get_title() == "P(top-right | decision-square)"
    assert len(vfield_stats.plot_decision_probs(before[:, :2], after[:, :2]).axes) == 3
    with pytest.raises(ValueError, match=r"there are \[-1\]"):
        vfield_stats.get_probs_original_and_patched(made, 2)


@pytest.mark.parametrize("padding", [False, True])
def test_arrows_are_where_the_squares_are(padding: bool) -> None:
    level = maze.make_level(3)
    field = field_of(level)
    ax = visualization.plot_vf(field, plt.subplots()[1], render_padding=padding)
    (arrows,) = [each for each in ax.collections if hasattr(each, "U")]
    shift = level.padding if padding else 0
    first = field["legal_mouse_positions"][0]
    assert arrows.XY[0].tolist() == [first[1] + shift, first[0] + shift]
    assert (arrows.U[0], arrows.V[0]) == pytest.approx((0.0, 0.5))
    parts = visualization.plot_vf(field, plt.subplots()[1], show_components=True)
    (components,) = [each for each in parts.collections if hasattr(each, "U")]
    assert len(components.U) == 5 * len(arrows.U)


def test_comparisons_are_drawn_and_returned(hook: Hook) -> None:
    figure, axes, found = patch_utils.plot_patched_vfields(3, -1.0, LAYER, hook, show_title=True)
    assert [ax.get_xlabel() for ax in axes] == [
        "Original",
        "Patched",
        "Patched vfield minus original",
    ]
    assert found["coeff"] == -1
    assert figure.get_suptitle().startswith("Level 3")
    again = fields.get_vf_diff(found["patched_vfield"], found["original_vfield"])
    assert again["arrows"] == found["diff_vfield"]["arrows"]
    venv = maze.create_venv(1, start_level=3, num_levels=1)
    _, single, nothing = patch_utils.compare_patched_vfields(
        venv, {}, hook, show_diff=False, show_original=False
    )
    assert (single.get_xlabel(), nothing["diff_vfield"]) == ("Patched", None)
    visualization.plot_vector_field(venv, hook.network, plt.subplots()[1])


def test_keywords_of_procgen_tools_are_taken() -> None:
    field = field_of(maze.make_level(3))
    vfield.plot_vf(field, ax=plt.subplots()[1], show_components=False, human_render=True)
    with pytest.warns(UserWarning, match="ignores render_padding=True"):
        vfield.plot_vf(field, render_padding=True)
    vfield.plot_vfs(field, field, ax_size=3)
    venv = maze.create_venv(2, start_level=3, num_levels=1, num_threads=2)
    assert maze.state_from_venv(venv, idx=1).mouse == (0, 0)
    with pytest.raises(TypeError, match="idx and index are the same"):
        maze.state_from_venv(venv, idx=1, index=1)


def test_the_older_keyword_of_load_policy_warns_of_fewer_channels(tmp_path: Path) -> None:
    path = ROOT / "trained_models/maze_I/model_rand_region_5.pth"
    with pytest.warns(UserWarning, match="16 to 32 channels in this policy.*find_cheese_channels"):
        assert models.load_policy(path, action_size=15).fc_policy.out_features == 15
    large = tmp_path / "large.pth"
    models.save_policy(models.ImpalaPolicy(4), large)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        models.load_policy(path, num_actions=15)
        assert models.load_policy(large, action_size=15).scale == 4


def test_pictures_of_environments() -> None:
    venv = maze.create_venv(1, start_level=3, num_levels=1)
    level = venv.maze(0)
    for mode in ("human", "numpy", "agent"):
        ax = plt.subplots()[1]
        picture = visualization.visualize_venv(venv, mode=mode, ax=ax)
        assert picture.ndim >= 2
    visualization.visualize_venv(venv, render_padding=False, render_mouse=False)
    with pytest.raises(ValueError, match="unknown mode"):
        visualization.visualize_venv(venv, mode="people")
    ax = plt.subplots()[1]
    visualization.visualize_venv(venv, ax=ax, render_padding=False)
    outer = (level.padding + 2, level.padding + 1)
    visualization.plot_dots([ax], outer, is_grid=True, hidden_padding=level.padding)
    assert ax.collections[-1].get_offsets().tolist() == [[1.0, 2.0]]
    full = plt.subplots()[1]
    visualization.visualize_venv(venv, ax=full)
    visualization.plot_dots(full, (0, 0))
    assert full.collections[-1].get_offsets()[0].tolist() == pytest.approx([0.28125, 23.71875])
    visualization.show_grid_heatmap(venv, np.zeros(level.walls.shape))
    with pytest.raises(ValueError, match="one number for each square"):
        visualization.show_grid_heatmap(venv, np.zeros((2, 2)))


def test_heat_maps(hook: Hook) -> None:
    venv = maze.venv_from_mazes([maze.parse("C..\n.#.\nM..")])
    heat = visualization.vf_heatmap(venv, hook)
    field = vfield.vector_field(venv, hook.network)
    assert heat[1, 0] == pytest.approx(field.at((0, 0))[2], abs=1e-5)
    table = visualization.retarget_heatmap(venv, hook, None)
    assert table.set_index(["row", "col"]).probability[1, 0] == pytest.approx(heat[1, 0])
    called = visualization.retarget_heatmap(
        venv, hook, lambda venv, hook, coord, inner_coord, magnitude: magnitude, magnitude=0.25
    )
    assert (called.probability == 0.25).all()


def test_labels_and_pixels() -> None:
    assert visualization.expand_label(visualization.format_label(LAYER)) == LAYER
    assert (visualization.get_impala_num(LAYER), visualization.get_residual_num(LAYER)) == (2, 1)
    assert visualization.get_stride(LAYER) == 4
    assert visualization.get_stride("embedder.block2.conv_out") == 2
    assert visualization.get_channel_from_grid_pos((0, 24), LAYER) == (0, 15)
    assert visualization.get_channel_from_grid_pos((0, 24), LAYER, flip_y=True) == (15, 15)
    assert visualization.get_pixel_coords((0, 0)) == (496, 16)
    with pytest.raises(ValueError, match="not in the IMPALA blocks"):
        visualization.get_stride("fc_policy_out")


def test_the_plotter_draws_what_is_chosen(hook: Hook, tmp_path: Path) -> None:
    pytest.importorskip("ipywidgets")
    venv = maze.create_venv(1, start_level=3, num_levels=1)
    patch_utils.values_from_venv(LAYER, hook, venv)
    made = visualization.ActivationsPlotter(
        [LAYER, "embedder.fc_out"],
        lambda activations, fig: visualization.plot_activations(activations[0], fig=fig),
        patch_utils.values_from_venv,
        hook,
        defaults={"channel_slider": 5},
        save_dir=str(tmp_path),
        venv=venv,
    )
    assert np.array_equal(made.fig.numbers, hook.get_value_by_label(LAYER)[0, 5])
    made.channel_slider.value = 7
    assert np.array_equal(made.fig.numbers, hook.get_value_by_label(LAYER)[0, 7])
    made.save_image()
    assert [path.name for path in tmp_path.iterdir()] == ["block2.res1.resadd_7.png"] or list(
        tmp_path.glob("block2*.png")
    )
    made.label_widget.value = "fc_out"
    assert made.fig.numbers.shape == (16, 16)
    assert plotter.as_channels(np.zeros((1, 15))).shape == (1, 1, 1, 15)
    shown = visualization.plot_patch(patch_utils.get_zero_patch(LAYER), hook, channel=1)
    assert (shown.numbers == 0).all()
    with pytest.raises(ValueError, match="find_cheese_channels"):
        visualization.plot_patch(patch_utils.get_zero_patch(LAYER), hook, channel=55)
    visualization.plot_layer_stats(hook, mode="parameters")
    with pytest.raises(ValueError, match="unknown mode"):
        visualization.plot_layer_stats(hook, mode="neurons")


def test_a_button_saves_its_figure(tmp_path: Path) -> None:
    pytest.importorskip("ipywidgets")
    button = visualization.create_save_button(
        f"{tmp_path}/new/", plt.figure(), {"seed": 3, "coeff": -0.5}
    )
    button.click()
    assert (tmp_path / "new" / "seed_3_coeff_-0_5.png").exists()
    assert visualization.img_from_fig(plt.figure(figsize=(1, 1))).size == (100, 100)


def test_an_editor_with_a_field(hook: Hook) -> None:
    pytest.importorskip("ipywidgets")
    venv = maze.venv_from_mazes([maze.parse("C..\n.#.\nM..")])
    box = visualization.custom_vfield(hook.network, venv=venv)
    before = box.children[-1].value
    box.children[0].children[0][1, 1].click()
    assert not venv.maze(0).walls[1, 1]
    assert box.children[-1].value != before


def test_actions() -> None:
    assert models.MAZE_ACTION_INDICES["RIGHT"] == [6, 7, 8]
    assert list(models.MAZE_ACTION_INDICES) == ["LEFT", "DOWN", "UP", "RIGHT", "NOOP"]
    assert models.MAZE_ACTION_DELTAS.inverse[1, 0] == "UP"
    assert models.MAZE_ACTIONS_BY_INDEX[5] == models.human_readable_action(5) == "UP"
    assert models.MAZE_ACTION_DELTAS_BY_INDEX[3].tolist() == [-1, 0]
    probs = models.human_readable_actions(torch.full((2, 15), 1 / 15))
    assert probs["NOOP"].tolist() == pytest.approx([7 / 15] * 2)
    with pytest.raises(ValueError, match="action 15"):
        models.human_readable_action(15)
    assert patch_utils.logits_to_action_plot(np.zeros((4, 15))).get_xlabel() == "step"


def test_the_session_goes_to_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trained_models").mkdir()
    (tmp_path / "experiments").mkdir()
    monkeypatch.chdir(tmp_path / "experiments")
    with pytest.warns(UserWarning, match="not downloaded"):
        utils.setup(dl_data=True)
    assert Path.cwd() == tmp_path
    with pytest.raises(FileNotFoundError, match="behavioral_stats"):
        utils.setup(dl_stats=True)
    (tmp_path / "trained_models").rmdir()
    with pytest.raises(FileNotFoundError, match="holds trained_models"):
        utils.setup_dir()


def test_the_ready_session() -> None:
    pytest.importorskip("circrl")
    space: dict[str, Any] = {}
    session.session.cache_clear()
    with pytest.warns(UserWarning, match="has 32 channels in this policy, and 128 in"):
        exec("from procgen_tools.imports import *", space)
    assert isinstance(space["policy"], ImpalaPolicy)
    assert space["default_layer"] in space["labels"]
    assert space["hook"] is imports.hook
    assert {"np", "plt", "Tuple", "rearrange", "display", "go"} <= set(space)
    assert importlib.import_module("procgen_tools.patch_utils").NUM_CHANNEL_DICT[LAYER] == 32


def test_predictions_for_circrl(hook: Hook) -> None:
    predict = rollout_utils.get_predict(hook.network)
    actions, none, logits = predict(np.zeros((2, 3, 64, 64)), True)
    assert none is None
    assert np.array_equal(actions, logits.argmax(-1))
    with pytest.raises(AttributeError):
        data_utils.load_venv  # noqa: B018


class Plain:
    """Environments with the interface of baselines: frames count the steps."""

    num_envs = 2

    def __init__(self) -> None:
        from gymnasium.spaces import Box, Dict

        self.observation_space = Dict({"rgb": Box(0, 255, (4, 5, 3), np.uint8)})
        self.time = 0

    def reset(self) -> dict[str, np.ndarray]:
        self.time = 0
        return {"rgb": np.zeros((2, 4, 5, 3), np.uint8)}

    def step(self, actions: Any) -> tuple[Any, ...]:
        self.time += 1
        frames = np.full((2, 4, 5, 3), self.time * 51, np.uint8)
        return {"rgb": frames}, np.ones(2), np.array([self.time == 3, False]), [{}, {}]


def test_wrappers_of_baselines() -> None:
    frames = wrappers.VecExtractDictObs(Plain(), "rgb")
    assert frames.time == 0
    scaled = wrappers.ScaledFloatFrame(wrappers.TransposeFrame(frames))
    assert scaled.observation_space.shape == scaled.reset().shape[1:] == (3, 4, 5)
    scaled.step_async([0, 0])
    assert scaled.step_wait()[0].max() == np.float32(0.2)
    stacked = wrappers.VecFrameStack(wrappers.VecExtractDictObs(Plain(), "rgb"), 2)
    stacked.reset()
    seen = [stacked.step([0, 0])[0][:, 0, 0, ::3].tolist() for _ in range(3)]
    assert seen == [[[0, 51], [0, 51]], [[51, 102], [51, 102]], [[0, 153], [102, 153]]]
    normal = wrappers.VecNormalize(wrappers.VecExtractDictObs(Plain(), "rgb"))
    normal.reset()
    observations, rewards, _, _ = normal.step([0, 0])
    assert np.abs(observations).max() <= 10
    assert rewards.shape == (2,)


def test_a_video_of_several_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = pytest.importorskip("moviepy.editor")
    monkeypatch.chdir(tmp_path)
    shipped = models.load_policy(ROOT / "trained_models/maze_I/model_rand_region_5.pth")
    predict = rollout_utils.get_predict(shipped)
    _, sequences = rollout_utils.side_by_side_rollout({"one": predict, "other": predict}, 3)
    with editor.VideoFileClip("stacked.mp4") as video:
        assert video.size == [600, 300]
    assert len(sequences) == 2

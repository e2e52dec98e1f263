"""The episode format of procgen-tools and its statistics of fields, for migration."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64

from procgen_tools.compat.fields import decision_probabilities
from procgen_tools.compat.graphs import parse_maze_state_bytes
from procgen_tools.compat.pickles import Record, read_pickle
from procgen_tools.worlds.maze import coded_grids
from procgen_tools.worlds.maze.by_argument import remove_cheese as take_cheese
from procgen_tools.worlds.maze.coded_grids import MOUSE, Step
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.venv import create_venv

CLASSES = tuple(
    f"{module}.Episode"
    for module in (
        "procgen_tools.data_utils",
        "procgen_tools.episodes",
        "data_util",
        "data_utils",
        __name__,
    )
)
"""The names that pickles give the class of recorded episodes: first procgen-tools', then ours."""


@dataclass(frozen=True)
class Episode:
    """A recorded episode; squares are outer.

    Attributes:
        initial_state_bytes: the first state.
        mouse_positions_outer: squares of the mouse, including the start.
        rewards: one for each step.
        actions: one for each step.
        sampler: how actions were chosen: "argmax" or "sample".
        level_seed: seed of the level.
        extra: anything else; `episode[name]` reads and sets it.
    """

    initial_state_bytes: bytes
    mouse_positions_outer: list[Step]
    rewards: list[float]
    actions: list[int]
    sampler: str
    level_seed: int
    extra: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.extra[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.extra[key] = value

    @property
    def state_vals(self) -> dict[str, Any]:
        """The first state's values."""
        return parse_maze_state_bytes(self.initial_state_bytes)

    @property
    def steps(self) -> int:
        """Number of squares visited, including the start."""
        return len(self.mouse_positions_outer)

    def outer_grid(self) -> Int64[np.ndarray, "row col"]:
        """The coded outer grid, without the mouse."""
        return EnvState(self.initial_state_bytes).full_grid(with_mouse=False)

    def grid(self, t: int = 0) -> Int64[np.ndarray, "row col"]:
        """The coded inner grid with the mouse where it was at time `t`."""
        grid = self.outer_grid()
        grid[self.mouse_positions_outer[t]] = MOUSE
        return coded_grids.inner_grid(grid)

    @property
    def got_cheese(self) -> bool:
        """Whether the mouse ends next to the cheese, which almost always means that it took it."""
        grid = self.outer_grid()
        cheese = coded_grids.get_cheese_pos(grid)
        row, col = self.mouse_positions_outer[-1]
        return cheese is not None and abs(row - cheese[0]) + abs(col - cheese[1]) <= 1


def load_episode(file: str | os.PathLike[str], load_venv: bool = False) -> Episode:
    """Read an episode that procgen-tools' scripts pickled, without executing anything in the
    file.

    Args:
        file: the pickle.
        load_venv: put the level's first information, its picture included, in
            `episode["start_info"]`.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file contains no episode.
    """
    record = read_pickle(file, CLASSES)
    wanted = tuple(Episode.__annotations__)
    if not isinstance(record, Record) or not set(wanted[:-1]) <= set(record.values):
        raise ValueError(f"{file} holds no episode with {', '.join(wanted[:-1])}")
    episode = Episode(**{name: record.values[name] for name in wanted if name in record.values})
    if load_venv:
        venv = create_venv(1, start_level=episode.level_seed, num_levels=1)
        info = {**venv.env.get_info()[0], "rgb": venv.render()}
        episode["start_info"] = info
    return episode


# --- rollouts, with circrl and moviepy


def get_predict(plcy: Any) -> Callable[[Any, bool], tuple[np.ndarray, None, np.ndarray]]:
    """The function that circrl's rollouts call: from observations to actions, None and logits."""

    def predict(obs: Any, deterministic: bool) -> tuple[np.ndarray, None, np.ndarray]:
        with torch.no_grad():
            distribution, _ = plcy(torch.as_tensor(np.asarray(obs), dtype=torch.float32))
        chosen = distribution.logits.argmax(-1) if deterministic else distribution.sample()
        return chosen.numpy(), None, distribution.logits.numpy()

    return predict


def rollout_video_clip(
    predict: Callable[..., Any],
    level: int,
    remove_cheese: bool = False,
    mouse_inner_pos: Step | None = None,
    mouse_outer_pos: Step | None = None,
) -> tuple[Any, Any]:
    """Play an episode of at most 256 steps; returns circrl's sequence and moviepy's clip.

    In new code call `episodes.rollouts.play` and `episodes.videos.write_video`.

    Args:
        predict: see `get_predict`.
        level: its seed.
        remove_cheese: play without cheese.
        mouse_inner_pos, mouse_outer_pos: where the mouse starts.

    Raises:
        ModuleNotFoundError: circrl or moviepy are not installed.
        ValueError: a mouse in a wall.
    """
    from circrl import rollouts
    from moviepy.editor import VideoFileClip

    venv = create_venv(1, start_level=level, num_levels=1)
    state = venv.state(0)
    if mouse_inner_pos is not None:
        mouse_outer_pos = tuple(number + state.padding for number in mouse_inner_pos)  # type: ignore[assignment]
    if mouse_outer_pos is not None:
        state.set_mouse_pos(*mouse_outer_pos)
        venv.set_state(0, state)
    if remove_cheese:
        take_cheese(venv)
    sequence, _, _ = rollouts.run_rollout(predict, venv, max_episodes=1, max_steps=256)
    name, _ = rollouts.make_video_from_renders(sequence.renders)
    return sequence, VideoFileClip(name).margin(10)


def side_by_side_rollout(
    predicts_dict: dict[str, Callable[..., Any]],
    levels: int | Sequence[int],
    remove_cheese: bool = False,
    num_cols: int = 2,
    mouse_inner_pos: Step | None = None,
    mouse_outer_pos: Step | None = None,
) -> tuple[Any, list[Any]]:
    """Episodes of several policies in one video, `stacked.mp4`, and their sequences.

    In new code call `episodes.videos.write_video`, which takes several rollouts.
    """
    from IPython.display import Video
    from moviepy.editor import clips_array

    chosen = [levels] if isinstance(levels, int) else list(levels)
    played = [
        rollout_video_clip(predict, level, remove_cheese, mouse_inner_pos, mouse_outer_pos)
        for level in chosen
        for predict in predicts_dict.values()
    ]
    clips = [clip for _, clip in played]
    rows = [clips[first : first + num_cols] for first in range(0, len(clips), num_cols)]
    scaled = ["-vf", "scale=600:-2"]  # by ffmpeg: moviepy 1 cannot with Pillow 10 or later
    clips_array(rows).write_videofile("stacked.mp4", logger=None, ffmpeg_params=scaled)
    return Video("stacked.mp4", embed=True), [sequence for sequence, _ in played]


# --- decisions before and after a patch


def get_decision_probs_original_and_patched(
    vfields: Sequence[dict[str, Any]], coeff: int | float
) -> tuple[np.ndarray, np.ndarray]:
    """P(to the cheese) and P(to the top right) before and after a patch, one row per maze.

    Args:
        vfields: dictionaries with `original_vfield`, `patched_vfield` and `coeff`, as
            `plot_patched_vfields` returns; mazes without decision square are left out.
        coeff: the coefficient to select.

    Raises:
        ValueError: none has this coefficient.
    """
    from procgen_tools.compat.metrics import decision_square

    chosen = [each for each in vfields if each["coeff"] == coeff]
    if not chosen:
        known = sorted({each["coeff"] for each in vfields})
        raise ValueError(f"no field has the coefficient {coeff}: there are {known}")
    parted = [
        each
        for each in chosen
        if decision_square(np.array(each["original_vfield"]["grid"])) is not None
    ]
    before, after = (
        np.array([decision_probabilities(each[name]) for each in parted]).reshape(-1, 2)
        for name in ("original_vfield", "patched_vfield")
    )
    return before, after


def get_probs_original_and_patched(
    vfields: Sequence[dict[str, Any]], coeff: int | float
) -> tuple[np.ndarray, np.ndarray]:
    """The same, with P(anything else) as a third column."""
    before, after = (
        np.clip(np.column_stack([probs, 1 - probs.sum(axis=1)]), 0, 1)
        for probs in get_decision_probs_original_and_patched(vfields, coeff)
    )
    return before, after


_PANELS = ("cheese", "top-right", "other")


def plot_decision_probs(dpo: np.ndarray, dpp: np.ndarray, ax_size: int = 4) -> Any:
    """Histograms of three probabilities before and after, from two columns; a figure."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(3 * ax_size, ax_size), layout="constrained")
    three = [np.column_stack([probs, 1 - probs.sum(axis=1)]) for probs in (dpo, dpp)]
    plot_dprobs_hist(three[0], three[1], axes)
    return figure


def plot_dprobs_hist(dpo: np.ndarray, dpp: np.ndarray, ax: Any) -> None:
    """Histograms of three probabilities at decision squares, on three axes."""
    _label(ax, "probability", "count")
    for number, panel in enumerate(ax):
        for probs, label in ((dpo, "original"), (dpp, "patched")):
            panel.hist(probs[:, number], bins=20, label=label, alpha=0.5)
        panel.legend()


def plot_dprobs_scatter(dpo: np.ndarray, dpp: np.ndarray, ax: Any) -> None:
    """Three probabilities at decision squares, patched over original, on three axes."""
    _label(ax, "original", "patched")
    for number, panel in enumerate(ax):
        panel.scatter(dpo[:, number], dpp[:, number], alpha=0.5)


def plot_dprobs_box(dpo: np.ndarray, dpp: np.ndarray, ax: Any) -> None:
    """Box plots of three probabilities at decision squares, on three axes."""
    _label(ax, "", "probability")
    for number, panel in enumerate(ax):
        panel.boxplot([dpo[:, number], dpp[:, number]])
        panel.set_xticks([1, 2], ["original", "patched"])


def _label(axes: Any, x: str, y: str) -> None:
    if len(axes) != len(_PANELS):
        raise ValueError(f"{len(axes)} axes: give three, as plt.subplots(1, 3)[1]")
    axes[0].set_ylabel(y)
    for panel, name in zip(axes, _PANELS, strict=True):
        panel.set(title=f"P({name} | decision-square)", xlabel=x)

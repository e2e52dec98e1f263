"""Recorded episodes as plain JSON for a player: what is where at each time, and why.

    track = track_of(rollout, policy)
    track.chances[12], track.taken[12]     # before step 12, and the move that was taken

A track has one frame per time, from the start to the end, and one answer of the policy per step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from procgen_tools.episodes.answers import MemoryPolicy
from procgen_tools.episodes.crops import CropEpisode
from procgen_tools.episodes.keys import KeyEpisode
from procgen_tools.episodes.keys import observe as observe_keys
from procgen_tools.episodes.rollouts import Rollout
from procgen_tools.episodes.walks import Walk
from procgen_tools.interventions import Intervention, observe
from procgen_tools.models.interface import need
from procgen_tools.shown import brief
from procgen_tools.vfield import fast_batch
from procgen_tools.web.scenes import Scene, scene_of
from procgen_tools.worlds.crops_and_humans.levels import EMPTY, SIZE
from procgen_tools.worlds.crops_and_humans.rules import ACTIONS as CROP_ACTIONS
from procgen_tools.worlds.keys_and_chests.rules import ACTIONS as KEY_ACTIONS
from procgen_tools.worlds.maze.actions import MOVE_OF_ACTION
from procgen_tools.worlds.maze.grid_level import GridLevel
from procgen_tools.worlds.maze.squares import MOVE_STEPS, MOVES

Episode: TypeAlias = Rollout | Walk | CropEpisode | KeyEpisode
"""An episode of any of the four worlds."""

Answered: TypeAlias = tuple[Float[np.ndarray, "step move"], Float[np.ndarray, " step"]]
"""The probabilities of moves and the values before each step."""


@dataclass(frozen=True, eq=False)
class Track:
    """An episode as a player shows it. Time 0 is before the first step.

    Attributes:
        scene: the scene of the level at time 0; see `web.scenes`.
        frames: one per time: the entries `things` and `settings` of the scene at that time.
        squares: (time, row_col) where the player is, as in scenes: rows count from the bottom.
        moves: the names of the moves.
        taken: one per step: the index in `moves` of the move that was taken, or -1 if the episode
            does not say.
        outcome: how the episode ended, in words.
        chances: (step, move) what the policy would do before each step, or None without a policy.
        values: (step,) the discounted return that the policy expects, or None without a policy.
    """

    scene: Scene
    frames: tuple[Scene, ...]
    squares: Int[np.ndarray, "time 2"]
    moves: tuple[str, ...]
    taken: Int[np.ndarray, " step"]
    outcome: str
    chances: Float[np.ndarray, "step move"] | None = None
    values: Float[np.ndarray, " step"] | None = None

    __repr__ = brief

    @property
    def steps(self) -> int:
        """The number of steps in the episode."""
        return len(self.taken)


def track_of(episode: Any, policy: Any = None, intervention: Intervention | None = None) -> Track:
    """The track of an episode, and what a policy would do at each of its steps.

    Args:
        episode: an `Episode`.
        policy: the policy that played it, or another one for its world. Defaults to none.
        intervention: an edit that acts on the policy.

    Raises:
        TypeError: not an episode, or a policy without `logits_and_value` and without memory.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.episodes.rollouts import play
        >>> policy = models.load_policy("rand_region_5")
        >>> rollout = play(policy, maze.parse("..C\\n.##\\nM.."), seed=0)[0]
        >>> track = track_of(rollout, policy)
        >>> track.steps == rollout.steps, track.outcome
        (True, 'reached the cheese')
        >>> track.chances.shape == (rollout.steps, 5)
        True
    """
    ask: Callable[[Any, Any], Answered]
    if isinstance(episode, KeyEpisode):
        track, ask = _keys_track(episode), _keys_answers
    elif isinstance(episode, CropEpisode):
        track, ask = _crops_track(episode), _crops_answers
    elif isinstance(episode, Rollout | Walk):
        track, ask = _grid_track(episode), _grid_answers
    else:
        raise TypeError(
            f"the episode is of type {type(episode).__name__}: give one of episodes.rollouts.play, "
            "episodes.walks.sample_walk, episodes.crops.play or episodes.keys.play"
        )
    if policy is None:
        return track
    acting = nullcontext() if intervention is None else intervention.on(policy, may_be_idle=True)
    with torch.no_grad(), acting:
        chances, values = ask(episode, policy)
    return replace(track, chances=chances, values=values)


def parting(tracks: Sequence[Track]) -> int | None:
    """The first time at which the players of two tracks are on different squares.

    None if there is one track, or if one of them only goes on for longer.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.episodes.rollouts import play
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> policy = models.ImpalaPolicy()
        >>> tracks = [track_of(play(policy, level, seed=seed)[0]) for seed in (0, 0, 3)]
        >>> parting(tracks[:2]), parting(tracks[1:])
        (None, 4)
    """
    if len(tracks) != 2:
        return None
    first, second = (track.squares for track in tracks)
    shared = min(len(first), len(second))
    differ = (first[:shared] != second[:shared]).any(axis=1)
    return int(differ.argmax()) if differ.any() else None


# --- the maze and two objects


def _level_at(episode: Rollout | Walk, time: int) -> GridLevel:
    return episode.maze_at(time) if isinstance(episode, Rollout) else episode.level_at(time)


def _grid_track(episode: Rollout | Walk) -> Track:
    levels = [_level_at(episode, time) for time in range(episode.steps + 1)]
    if isinstance(episode, Rollout):
        taken = np.array(MOVE_OF_ACTION)[episode.actions]
        outcome = "reached the cheese" if episode.found else "did not reach the cheese"
    else:
        taken = _moves_between(episode.squares)
        reached = episode.reached
        outcome = (
            f"reached the {reached.replace('_', ' ')}" if reached else "reached the step limit"
        )
    return Track(
        scene_of(levels[0]),
        tuple(_frame(scene_of(level)) for level in levels),
        np.asarray(episode.squares, np.int64),
        tuple(MOVES),
        taken.astype(np.int64),
        outcome,
    )


def _frame(scene: Scene) -> Scene:
    return {"things": scene["things"], "settings": scene["settings"]}


def _moves_between(squares: Int[np.ndarray, "time 2"]) -> Int[np.ndarray, " step"]:
    """The moves between squares; -1 where the mouse stays, because a wall may have stopped it."""
    known = {tuple(step): number for number, step in enumerate(MOVE_STEPS) if any(step)}
    steps = np.diff(squares, axis=0).tolist()
    return np.array([known.get(tuple(step), -1) for step in steps], np.int64)


def _grid_answers(episode: Rollout | Walk, policy: Any) -> Answered:
    levels = [_level_at(episode, time) for time in range(episode.steps)]
    if isinstance(policy, MemoryPolicy):
        logits, values = _remembered(policy, observe(levels))
    else:
        need(policy, "logits_and_value", "parameters", what="a track")
        first = next(iter(policy.parameters()))
        distinct = {level: number for number, level in enumerate(dict.fromkeys(levels))}
        seen = observe(list(distinct)).to(first.device, first.dtype)
        parts = [policy.logits_and_value(batch) for batch in seen.split(fast_batch(seen))]
        which = [distinct[level] for level in levels]
        logits, values = (torch.cat(each).cpu()[which] for each in zip(*parts, strict=True))
    return levels[0].moves(logits), values.double().numpy()


def _remembered(policy: MemoryPolicy, seen: Tensor) -> tuple[Tensor, Tensor]:
    """The logits and values of a policy with memory, one observation after the other."""
    memory = policy.initial_memory(1)
    logits, values = [], []
    for number, view in enumerate(seen.to(memory.device)):
        first = torch.tensor([number == 0], device=memory.device)
        logit, value, memory = policy.step(view[None], memory, first)
        logits.append(logit.cpu())
        values.append(value.flatten().cpu())
    return torch.cat(logits), torch.cat(values)


# --- crops and humans


def _crops_track(episode: CropEpisode) -> Track:
    scene, last = scene_of(episode.level), SIZE - 1
    frames, squares = [], []
    for states in episode.states:
        (row, col), left = states.positions[0].tolist(), states.mazes[0] != EMPTY
        agent, *things = scene["things"]
        squares.append([last - row, col])
        # The agent has harvested what is no longer there.
        things = [each for each in things if left[last - each["at"][0], each["at"][1]]]
        frames.append({"things": [{**agent, "at": squares[-1]}, *things], "settings": {}})
    crops, humans = episode.harvested(episode.steps)
    end = "reached the exit" if episode.reached_exit else "did not reach the exit"
    return Track(
        scene,
        tuple(frames),
        np.array(squares, np.int64),
        CROP_ACTIONS,
        episode.actions,
        f"{end}; harvested crops: {crops}, humans: {humans}",
    )


def _crops_answers(episode: CropEpisode, policy: Any) -> Answered:
    need(policy, "logits_and_value", "parameters", what="a track of crops and humans")
    inputs = np.concatenate([states.inputs() for states in episode.states[:-1]])
    first = next(iter(policy.parameters()))
    logits, values = policy.logits_and_value(torch.from_numpy(inputs).to(first.device, first.dtype))
    return episode.level.moves(logits), values.cpu().double().numpy()


# --- keys and chests


def _keys_track(episode: KeyEpisode) -> Track:
    scene = scene_of(episode.level)
    last = len(episode.level.cells) - 1
    frames = []
    for states in episode.states:
        (row, col) = states.players[0].tolist()
        level = replace(
            episode.level, cells=states.cells[0], hidden=states.hidden[0], player=(row, col)
        )
        frames.append(_frame(scene_of(level)))
    players = np.concatenate([states.players for states in episode.states])
    squares = np.stack([last - players[:, 0], players[:, 1]], axis=1)
    _, words, _ = episode.notes(episode.steps)
    return Track(
        scene,
        tuple(frames),
        squares.astype(np.int64),
        KEY_ACTIONS,
        episode.actions.astype(np.int64),
        words.replace("  ", ", "),
    )


def _keys_answers(episode: KeyEpisode, policy: Any) -> Answered:
    need(policy, "step", "initial_memory", what="a track of keys and chests")
    seen = torch.cat([observe_keys(policy, states) for states in episode.states[:-1]])
    logits, values = _remembered(policy, seen)
    chances = np.zeros((len(logits), len(KEY_ACTIONS)))
    chances[:, : logits.shape[1]] = logits.double().softmax(-1).numpy()
    return chances, values.double().numpy()

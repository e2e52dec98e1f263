"""Tracks: what was where at each time, and what the policy would have done, as the world says."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from procgen_tools import crops_and_humans, keys_and_chests, maze, two_objects
from procgen_tools.episodes import crops, keys
from procgen_tools.episodes.rollouts import play
from procgen_tools.episodes.walks import sample_walk
from procgen_tools.interventions import Scale
from procgen_tools.models import ImpalaPolicy, QNetwork, RecurrentPolicy
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.vfield import state_field, vector_field
from procgen_tools.web.scenes import level_of, scene_of
from procgen_tools.web.tracks import Track, parting, track_of
from procgen_tools.worlds.crops_and_humans.walks import expert
from procgen_tools.worlds.maze.actions import MOVE_OF_ACTION
from procgen_tools.worlds.maze.observations import to_observations

POLICY = ImpalaPolicy(seed=0).eval()
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
ROLLOUT = play(POLICY, LEVEL, seed=0, step_limit=60)[0]


def test_every_frame_is_the_scene_at_its_time() -> None:
    track = track_of(ROLLOUT)
    assert track.steps == ROLLOUT.steps
    json.dumps([track.scene, track.frames])
    for time, frame in enumerate(track.frames):
        scene = scene_of(ROLLOUT.maze_at(time))
        assert frame == {"things": scene["things"], "settings": scene["settings"]}
        assert frame["things"][0]["at"] == track.squares[time].tolist()
        assert level_of({**track.scene, **frame}) == ROLLOUT.maze_at(time)
    assert track.taken.tolist() == [MOVE_OF_ACTION[action] for action in ROLLOUT.actions]
    assert track.chances is None


def test_the_policy_is_asked_what_it_saw() -> None:
    track = track_of(ROLLOUT, POLICY)
    with torch.no_grad():
        frames = torch.from_numpy(ROLLOUT.frames())
        logits, values = POLICY.logits_and_value(to_observations(frames))
    assert track.chances is not None
    assert track.values is not None
    np.testing.assert_allclose(track.chances, LEVEL.moves(logits), atol=1e-5)
    np.testing.assert_allclose(track.values, values.numpy(), atol=1e-5)


def test_an_intervention_acts() -> None:
    edit = Scale("embedder.fc", 0.0)
    track = track_of(ROLLOUT, POLICY, edit)
    assert track.chances is not None
    with edit.on(POLICY):
        field = vector_field(LEVEL, POLICY)
    np.testing.assert_allclose(track.chances[0], field.at(LEVEL.mouse), atol=1e-5)
    assert np.ptp(track.chances, axis=0).max() < 1e-6  # it is blind


def test_a_policy_with_memory_remembers() -> None:
    policy = RecurrentPolicy(seed=0).eval()
    episode = play(policy, LEVEL, seed=0, step_limit=8)[0]
    track = track_of(episode, policy)
    assert track.chances is not None
    alone = track_of(episode, ImpalaPolicy(seed=0))
    assert alone.chances is not None
    again = [
        number for number in range(1, 8) if (episode.squares[number] == episode.squares[0]).all()
    ]
    memory = policy.initial_memory(1)
    frames = to_observations(torch.from_numpy(episode.frames()))
    with torch.no_grad():
        for number, view in enumerate(frames):
            logits, _, memory = policy.step(view[None], memory, torch.tensor([number == 0]))
            np.testing.assert_allclose(track.chances[number], LEVEL.moves(logits)[0], atol=1e-5)
    for number in again:  # the same frame, another memory
        assert not np.allclose(track.chances[number], track.chances[0], atol=1e-7)


def test_two_objects() -> None:
    level = two_objects.make_level(100_000)
    walk = sample_walk(POLICY, level, seed=0, step_limit=40)
    track = track_of(walk, POLICY)
    assert track.chances is not None
    field = vector_field(level, POLICY)
    own = np.flatnonzero(walk.mouse_mirrored[:-1] == level.mouse_mirrored)
    assert len(own)
    for time in own:
        square = tuple(walk.squares[time].tolist())
        np.testing.assert_allclose(track.chances[time], field.at(square), atol=1e-5)
    stayed = (np.diff(walk.squares, axis=0) == 0).all(axis=1)
    assert (track.taken == -1).tolist() == stayed.tolist()
    if walk.reached is None:
        assert track.outcome == "reached the step limit"


def test_crops_and_humans() -> None:
    network = QNetwork(seed=0)
    drawn = crops_and_humans.training_mazes()[0].copy()
    drawn[0, 1], drawn[0, 3] = 2, 3  # a crop and a human on the way to the exit
    level = crops_and_humans.Level(drawn)
    episode = crops.play(expert, level)
    assert episode.harvested(episode.steps) == (1, 1)
    track = track_of(episode, network)
    assert track.chances is not None
    assert track.outcome == "reached the exit; harvested crops: 1, humans: 1"
    cells = level.cells.copy()
    for frame, square, states in zip(track.frames, track.squares, episode.states, strict=True):
        row, col = states.positions[0].tolist()
        assert frame["things"][0] == {"kind": "agent", "at": square.tolist()}
        assert square.tolist() == [6 - row, col]
        if cells[row, col] > 1:
            cells[row, col] = 1  # harvested
        kinds = [thing["kind"] for thing in frame["things"]]
        assert kinds.count("crop") == (cells == 2).sum()
        assert kinds.count("human") == (cells == 3).sum()
    field = state_field(network, level)
    graph = level.graph()
    np.testing.assert_allclose(track.chances[0], field.by_state[graph.start], atol=1e-6)


def test_keys_and_chests() -> None:
    policy = CnnLstmPolicy("small")
    level = keys_and_chests.make_level(0)
    episode = keys.play(keys.policy_actor(policy, seed=0), [level])[0]
    track = track_of(episode, policy)
    assert track.chances is not None
    np.testing.assert_allclose(track.chances.sum(axis=1), 1)
    chosen = track.chances[np.arange(track.steps), track.taken]
    assert (chosen > 0).all()
    for states, frame, square in zip(episode.states, track.frames, track.squares, strict=True):
        kinds = [thing["kind"] for thing in frame["things"]]
        assert kinds.count("key") == int((states.cells == 2).sum())
        assert kinds.count("chest") == int((states.cells == 3).sum())
        assert frame["things"][0] == {"kind": "player", "at": square.tolist()}


def test_where_two_part() -> None:
    track = track_of(ROLLOUT)

    def walked(*squares: tuple[int, int]) -> Track:
        return Track(
            track.scene, (), np.array(squares), track.moves, np.zeros(len(squares) - 1, int), ""
        )

    first = walked((0, 0), (0, 1), (0, 2), (0, 3))
    assert parting([first, walked((0, 0), (0, 1), (1, 1))]) == 2
    assert parting([first, walked((0, 0), (0, 1))]) is None
    assert parting([first]) is None


def test_what_is_no_episode() -> None:
    with pytest.raises(TypeError, match=r"type str: give one of episodes.rollouts.play"):
        track_of("episode")
    with pytest.raises(TypeError, match="a track needs logits_and_value"):
        track_of(ROLLOUT, object())

"""Episodes of crops and humans: the same walk as that of the exact outcomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.episodes.crops import play
from procgen_tools.episodes.videos import write_video
from procgen_tools.worlds.crops_and_humans import walks
from procgen_tools.worlds.crops_and_humans.levels import CROP, HUMAN
from procgen_tools.worlds.crops_and_humans.rules import ACTIONS

MAZES = crops_and_humans.training_mazes()[:5]


@pytest.mark.parametrize("number", range(len(MAZES)))
def test_an_episode_is_the_walk(number: int) -> None:
    level = crops_and_humans.Level(MAZES[number])
    episode = play(walks.expert, level)
    walked = walks.play(walks.expert, MAZES[number : number + 1])
    assert episode.steps == walked.fates.steps[0]
    assert episode.reached_exit == walked.fates.exits[0]
    assert episode.harvested(0) == (0, 0)
    fates = (int(walked.fates.crops[0]), int(walked.fates.humans[0]))
    assert episode.harvested(episode.steps) == fates
    positions = np.concatenate([states.positions for states in episode.states])
    np.testing.assert_array_equal(positions, walked.positions[0])


def test_the_limit_of_steps() -> None:
    level = crops_and_humans.Level(MAZES[0])
    up = ACTIONS.index("UP")
    episode = play(lambda states: np.full(len(states), up), level, step_limit=7)
    assert (episode.steps, episode.reached_exit) == (7, False)
    with pytest.raises(ValueError, match="step_limit"):
        play(walks.expert, level, step_limit=0)
    with pytest.raises(ValueError, match="there is no action 9"):
        play(lambda states: np.full(len(states), 9), level)


def test_a_video_shows_it(tmp_path: Path) -> None:
    episode = play(walks.expert, crops_and_humans.Level(MAZES[0]))
    write_video(tmp_path / "walk.gif", {"expert": episode}, max_steps=2, square_pixels=12)
    assert (tmp_path / "walk.gif").stat().st_size > 0
    first, last = (episode.picture(time, 12) for time in (0, episode.steps))
    assert first.shape == last.shape == (84, 84, 3)
    crops, humans = episode.harvested(episode.steps)
    now = episode.states[-1].mazes
    assert (now == CROP).sum() == (MAZES[0] == CROP).sum() - crops
    assert (now == HUMAN).sum() == (MAZES[0] == HUMAN).sum() - humans
    assert episode.notes(episode.steps)[1] == f"crops {crops}  humans {humans}"

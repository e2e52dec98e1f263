"""Episodes of keys and chests: they can be played again, and policies play as they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from procgen_tools import keys_and_chests
from procgen_tools.episodes.keys import play, policy_actor
from procgen_tools.episodes.videos import side_by_side, write_video
from procgen_tools.models import CnnLstmPolicy
from procgen_tools.worlds.keys_and_chests.players import key_only

LEVELS = keys_and_chests.make_levels(range(6), keys_and_chests.LevelRule(max_ticks=20))


@pytest.fixture(scope="module")
def policy() -> CnnLstmPolicy:
    made = CnnLstmPolicy("small", seed=3).eval()
    with torch.no_grad():
        made.pi.weight *= 100
    return made


def test_actions_determine_the_episodes() -> None:
    episodes = play(key_only(seed=0), LEVELS)
    states = list(episodes.states())
    assert len(states) == 21
    assert (states[0].cells == np.stack([level.cells for level in LEVELS])).all()
    taken = (states[0].cells == keys_and_chests.KEY).sum((1, 2)) - (
        states[-1].cells == keys_and_chests.KEY
    ).sum((1, 2))
    assert (taken == episodes.collected_keys).all()
    assert (taken > 0).all()
    opened = (states[0].cells == keys_and_chests.CHEST).sum((1, 2)) - (
        states[-1].cells == keys_and_chests.CHEST
    ).sum((1, 2))
    assert (opened == episodes.returns).all()
    found = states[0].hidden.sum((1, 2)) - states[-1].hidden.sum((1, 2))
    assert (found == episodes.hidden_returns).all()


def test_a_greedy_policy_takes_its_most_probable_actions(policy: CnnLstmPolicy) -> None:
    episodes = play(policy_actor(policy, greedy=True), LEVELS)
    memory, firsts = policy.initial_memory(6), torch.ones(6, dtype=torch.bool)
    for states, actions in zip(episodes.states(), episodes.actions.T, strict=False):
        seen = torch.from_numpy(states.observations(1)).permute(0, 3, 1, 2) / 255
        with torch.no_grad():
            logits, _, memory = policy.step(seen, memory, firsts)
        assert (logits.argmax(dim=1).numpy() == actions).all()
        firsts = torch.zeros(6, dtype=torch.bool)


def test_samples_follow_the_probabilities_and_the_seed(policy: CnnLstmPolicy) -> None:
    same = [keys_and_chests.make_level(0)] * 2000
    states = keys_and_chests.beginning(same)
    seen = torch.from_numpy(states.observations(1)[:1]).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        logits, _, _ = policy.step(seen, policy.initial_memory(1), torch.tensor([True]))
    expected = logits.softmax(-1)[0].numpy()
    chosen = policy_actor(policy, seed=5)(states)
    shares = np.bincount(chosen, minlength=4) / 2000
    assert np.abs(shares - expected).max() < 4 * np.sqrt(0.25 / 2000)
    assert (chosen == policy_actor(policy, seed=5)(states)).all()
    assert (chosen != policy_actor(policy, seed=6)(states)).any()


def test_levels_of_other_sizes(policy: CnnLstmPolicy) -> None:
    small = keys_and_chests.make_level(0, keys_and_chests.LevelRule(7, 7))
    with pytest.raises(ValueError, match=r"give \(batch, 4, 12, 12\)"):
        play(policy_actor(policy), [small])
    with pytest.raises(ValueError, match=r"levels have \[20, 130\] ticks"):
        play(key_only(0), [LEVELS[0], keys_and_chests.make_level(0)])


def test_an_episode_is_a_video(tmp_path: Path) -> None:
    episodes = play(key_only(seed=0), LEVELS)
    one = episodes[2]
    assert one.steps == 20
    assert one.states[-1].keys[0] == episodes.collected_keys[2] - episodes.returns[2]
    notes = [one.notes(time)[1] for time in range(21)]
    assert notes[0] == "keys 0  opened 0"
    assert notes[-1] == f"keys {one.states[-1].keys[0]}  opened {episodes.returns[2]}"
    expected = keys_and_chests.pictures(one.states[7], cell_pixels=16)[0]
    assert (one.picture(7, 16) == expected).all()
    whole = side_by_side({"one": one, "two": episodes[3]}, 7, square_pixels=16)
    assert (whole[48 : 48 + 192, 16 : 16 + 192] == expected).all()
    write_video(tmp_path / "keys.gif", {"one": one}, square_pixels=16, last_seconds=0)
    with Image.open(tmp_path / "keys.gif") as gif:
        assert gif.n_frames == 21  # type: ignore[attr-defined]

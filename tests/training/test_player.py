"""Players: what the policy says is played, computed once per frame, and resumed as it was."""

from __future__ import annotations

import pytest
import torch

from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.training.episodes import Episodes
from procgen_tools.training.player import Player, filled_up, memory_size
from procgen_tools.training.precision import FLOAT32
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.torch_env import TorchMazeEnv


def player_of(policy: ImpalaPolicy, seed: int = 0) -> Player:
    env = TorchMazeEnv(4, LevelRule(15, None, maze_size=3), seed=seed, background=255)
    return Player(env, policy, torch.Generator().manual_seed(seed), FLOAT32)


def play(player: Player, steps: int) -> list[tuple[torch.Tensor, ...]]:
    episodes = Episodes(torch.device("cpu"))
    return [player.step(episodes) for _ in range(steps)]


def test_a_step_has_the_answers_of_the_policy() -> None:
    policy = ImpalaPolicy(seed=1).eval()
    player = player_of(policy)
    for _ in range(12):
        with torch.no_grad():
            logits, expected = policy.logits_and_value(to_observations(player.frames))
        before = player.returns
        actions, chosen, values, rewards = player.step(Episodes(torch.device("cpu")))
        torch.testing.assert_close(values, expected, rtol=1e-4, atol=1e-5)
        own = logits.log_softmax(-1).gather(1, actions[:, None]).flatten()
        torch.testing.assert_close(chosen, own, rtol=1e-4, atol=1e-5)
        assert torch.equal(player.returns, (before + rewards) * ~player.firsts)


def test_frames_are_computed_once_until_the_policy_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    player = player_of(ImpalaPolicy(seed=1).eval())
    passes: list[int] = []
    whole = player.policy.logits_and_value

    def counted(observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        passes.append(len(observations))
        return whole(observations)

    monkeypatch.setattr(player.policy, "logits_and_value", counted)
    first = player.ask()
    again = player.ask()
    assert passes == [16]  # filled up
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    player.forget()
    player.ask()
    assert passes == [16, 16]


@pytest.mark.parametrize("kind", [ImpalaPolicy, RecurrentPolicy])
def test_a_resumed_player_goes_on_as_if_it_had_not_stopped(kind: type[ImpalaPolicy]) -> None:
    policy = kind(seed=1).eval()
    player, other = player_of(policy), player_of(policy)
    play(player, 6)
    play(other, 3)
    state = player.state_dict()
    expected = play(player, 6)
    other.load_state_dict(state)
    for ours, theirs in zip(play(other, 6), expected, strict=True):
        for name, one, two in zip(
            ("actions", "chosen", "values", "rewards"), ours, theirs, strict=True
        ):
            torch.testing.assert_close(one, two, msg=name)


def test_batches_are_multiples_of_sixteen() -> None:
    for count in (1, 15, 16, 17):
        rows = torch.arange(count)
        filled = filled_up(rows)
        assert torch.equal(filled[:count], rows)
        assert (filled[count:] == count - 1).all()
        assert len(filled) % 16 == 0 <= len(filled) - count < 16


def test_only_recurrent_policies_have_a_memory() -> None:
    assert memory_size(ImpalaPolicy()) == 0
    assert memory_size(RecurrentPolicy()) == RecurrentPolicy().memory_size > 0

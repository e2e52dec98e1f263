"""Exact preferences: equal to the chains of single levels, and within their bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from procgen_tools import chains, hooks, two_objects, vfield
from procgen_tools.evaluation.preferences import (
    BATCHES,
    distinct,
    exact_preference,
)
from procgen_tools.models import ImpalaPolicy, mirrored
from procgen_tools.worlds.maze.squares import Square

LEVELS = distinct(two_objects.make_levels(range(100_000, 100_012)))


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    """An untrained network with clear wishes: its logits are far apart."""
    policy = ImpalaPolicy(seed=3)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter *= 1.5
    return policy


def test_distinct_levels_have_the_weights_of_their_seeds() -> None:
    levels = distinct(two_objects.make_levels(range(100_000, 101_000)))
    assert len(levels.levels) == 848
    assert levels.weights.sum() == pytest.approx(1)
    original = two_objects.make_level(100_345)
    assert levels.levels[levels.index[345]] == original


def test_many_levels_together_give_what_each_gives_alone(policy: ImpalaPolicy) -> None:
    found = exact_preference(policy, LEVELS, step_limit=40)
    for number, level in enumerate(LEVELS.levels[:4]):
        alone = chains.chances(vfield.vector_field(level, policy), step_limit=40)
        assert found.first[number] == pytest.approx(alone.first["red_line"], abs=1e-6)
        assert found.second[number] == pytest.approx(alone.first["yellow_gem"], abs=1e-6)
        assert found.neither[number] == pytest.approx(alone.neither, abs=1e-6)
        assert found.steps[number] == pytest.approx(alone.episode_steps, abs=1e-4)
    assert found.bound == 0
    assert 0 < found.timeouts < 1
    assert found.success == pytest.approx(1 - found.timeouts)


@pytest.mark.parametrize("kind", ["mirrored", "patched"])
def test_policies_that_compute_otherwise_are_asked_whole(policy: ImpalaPolicy, kind: str) -> None:
    """The first max-pool of a mirrored policy is another; patches of the first layers apply."""
    few = distinct(LEVELS.levels[:2])
    other = mirrored(policy, rows=True) if kind == "mirrored" else policy
    patch = {"embedder.block1.maxpool_out": lambda x: 0.5 * x} if kind == "patched" else {}
    with hooks.patched(other, patch):
        found = exact_preference(other, few, step_limit=40)
        alone = chains.chances(vfield.vector_field(few.levels[0], other), step_limit=40)
    assert found.first[0] == pytest.approx(alone.first["red_line"], abs=1e-6)
    assert found.first[0] != pytest.approx(exact_preference(policy, few, step_limit=40).first[0])


def test_a_tolerance_saves_states_and_bounds_the_error(policy: ImpalaPolicy) -> None:
    few = distinct(LEVELS.levels[:5])
    whole, loose = (exact_preference(policy, few, tolerance=each) for each in (0, 0.3))
    assert 0 < loose.bound <= 0.3
    for one, other in ((whole.first, loose.first), (whole.second, loose.second)):
        assert (np.abs(one - other) <= loose.unresolved + 1e-9).all()
        assert (other <= one + 1e-9).all()  # what is not followed up only adds


def test_short_episodes_need_no_limit() -> None:
    """An agent that always goes right ends, or walks into a wall until the limit."""

    class Right(ImpalaPolicy):
        def logits_and_value(self, obs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            logits = torch.full((len(obs), 15), -40.0)
            logits[:, 7] = 40.0
            return logits, torch.zeros(len(obs))

    level = two_objects.parse("###\n1.2\nM.#", world_size=5)
    hit, miss = two_objects.parse("###\n1##\nM.2", world_size=5), level
    found = exact_preference(Right(), distinct([hit, miss]))
    assert found.second.tolist() == pytest.approx([1, 0], abs=1e-9)
    assert found.neither.tolist() == pytest.approx([0, 1], abs=1e-9)
    assert found.steps.tolist() == pytest.approx([2, 500])


def test_one_object_has_no_second(policy: ImpalaPolicy) -> None:
    levels = two_objects.make_levels(range(3), two_objects.variant("maze_pure_yellowline"))
    found = exact_preference(policy, distinct(levels))
    assert not found.second.any()
    assert found.success == pytest.approx(float(found.levels.weights @ found.first))


def test_bfloat16_is_close_and_is_used(policy: ImpalaPolicy) -> None:
    few = distinct(LEVELS.levels[:5])
    exact, rounded = (exact_preference(policy, few, precision=each) for each in BATCHES)
    assert 0 < abs(rounded.preference - exact.preference) < 0.05


def test_mistakes(policy: ImpalaPolicy) -> None:
    with pytest.raises(ValueError, match="0 levels of 0 kinds"):
        distinct([])
    other = two_objects.make_level(0, two_objects.variant(objects=["red_gem", "red_line"]))
    with pytest.raises(ValueError, match="2 levels of 2 kinds"):
        distinct([LEVELS.levels[0], other])
    with pytest.raises(ValueError, match=r"tolerance 1\.5 is not in"):
        exact_preference(policy, LEVELS, tolerance=1.5)
    with pytest.raises(ValueError, match="no object 'red_ball'"):
        LEVELS.with_objects("red_ball", "red_gem")
    with pytest.raises(ValueError, match="precision is 'float16': choose one of float32, bfloat16"):
        exact_preference(policy, LEVELS, precision="float16")


def test_the_digest_is_that_of_levels_and_weights() -> None:
    one, other = two_objects.make_levels(range(100_000, 100_002))
    levels = distinct([one, one, other])
    same = distinct([one, one, other]).with_objects("red_gem", "green_line")
    assert levels.digest == same.digest
    mirrored, grey = replace(one, mouse_mirrored=True), replace(one, background="grey")
    free = set(map(tuple, np.argwhere(~one.walls).tolist())) - {
        thing.square for thing in one.things
    }
    moved = replace(one, mouse=Square(*max(free)))
    assert moved.mouse != one.mouse
    others = [[one, other], [one, other, other], [mirrored] * 2, [grey] * 2, [moved] * 2, [one] * 2]
    digests = {distinct(each).digest for each in others}
    assert len(digests - {levels.digest}) == len(others)

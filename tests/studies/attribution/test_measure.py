"""Attributions: completeness, linear questions with known answers, squares and channels."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools import maze
from procgen_tools.interventions import activations_of, observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.attribution.measure import (
    by_square,
    effects_of_channels,
    effects_of_squares,
    integrated_gradients,
    log_odds,
    saliency,
)
from procgen_tools.worlds.maze.grid import MOVES

pytest.importorskip("captum")
LAYER = "embedder.block2.res1.resadd_out"
UP_OR_RIGHT = np.array([name in ("RIGHT", "UP") for name in MOVES])


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=2).eval()


def test_log_odds_are_those_of_the_probabilities(policy: ImpalaPolicy) -> None:
    level = maze.make_level(0)
    with torch.no_grad():
        distribution, _ = policy(observe(level))
    # RIGHT is actions 6, 7, 8 and UP is 5.
    probability = float(distribution.probs[0, [5, 6, 7, 8]].sum())
    asked = float(log_odds(policy, UP_OR_RIGHT)(observe(level)).detach())
    assert asked == pytest.approx(np.log(probability / (1 - probability)), rel=1e-4)
    activation = activations_of(policy, level, LAYER)
    assert float(log_odds(policy, UP_OR_RIGHT, after=LAYER)(activation).detach()) == pytest.approx(
        asked
    )
    with pytest.raises(ValueError, match="have no odds"):
        log_odds(policy, np.ones(5, bool))


def test_integrated_gradients_are_complete(policy: ImpalaPolicy) -> None:
    """They sum to the difference; where input and baseline agree there is nothing."""
    level = maze.make_level(51)
    question = log_odds(policy, UP_OR_RIGHT)
    given, without = observe([level, maze.remove_cheese(level)])
    found = integrated_gradients(question, given, without, steps=64)
    assert found.error < 0.05
    with torch.no_grad():
        expected = float(question(given[None]) - question(without[None]))
    assert found.difference == pytest.approx(expected)
    assert not found.values[given == without].any()

    def bent(inputs: Tensor) -> Tensor:
        return inputs.pow(4).sum(dim=(1, 2, 3))

    errors = [
        integrated_gradients(bent, given, torch.zeros_like(given), steps=steps).error
        for steps in (1, 2)
    ]
    assert errors[0] > 0.1  # one step in the middle of the way
    assert errors[1] < 1e-3
    with pytest.raises(ValueError, match="and 0 steps"):
        integrated_gradients(question, given, without, steps=0)


def test_a_linear_question_is_answered_by_its_weights() -> None:
    weights = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0))
    level = maze.make_level(4)

    def question(inputs: Tensor) -> Tensor:
        return (inputs * weights).sum(dim=(1, 2, 3))

    given, without = observe([level, maze.remove_cheese(level)])
    found = integrated_gradients(question, given, without, steps=3)
    torch.testing.assert_close(found.values, weights * (given - without), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(saliency(question, given), weights.abs())
    # Of a linear question the effect of taking the cheese away is what it is attributed.
    effects = effects_of_squares(question, level)
    assert level.cheese is not None
    assert effects[level.cheese] == pytest.approx(found.total, abs=1e-3)
    assert np.isnan(effects[level.mouse])
    assert np.isfinite(effects).sum() == level.size**2 - 1


def test_pixels_belong_to_the_square_that_is_drawn_there() -> None:
    level = maze.set_background(maze.make_level(4), None)
    assert level.cheese is not None
    seen, without = observe([level, maze.remove_cheese(level)])
    squares = by_square((seen - without).abs(), level)
    assert np.unravel_index(squares.argmax(), squares.shape) == level.cheese
    ones = by_square(torch.ones(3, 64, 64), level)
    assert set(np.unique(ones)) <= {12.0, 18.0, 27.0}  # 2 or 3 pixels a side, 3 colours
    full = maze.Maze(np.zeros((25, 25), bool))
    assert by_square(torch.ones(3, 64, 64), full).sum() == 3 * 64 * 64


def test_channels_are_swapped_one_at_a_time(policy: ImpalaPolicy) -> None:
    level = maze.make_level(51)
    given, without = activations_of(policy, [level, maze.remove_cheese(level)], LAYER)
    question = log_odds(policy, UP_OR_RIGHT, after=LAYER)
    effects = effects_of_channels(question, given, without)
    third = given.clone()
    third[3] = without[3]
    with torch.no_grad():
        assert effects[3] == pytest.approx(float(question(given[None]) - question(third[None])))
    assert not effects_of_channels(question, given, given).any()


def test_without_captum_it_says_what_to_install(
    policy: ImpalaPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "captum", None)
    given = observe([maze.make_level(3)])[0]
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'procgen-tools\[lab\]'"):
        saliency(log_odds(policy, UP_OR_RIGHT), given)

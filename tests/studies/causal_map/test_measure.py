"""Exact effects and their estimates, where all of them are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools.hooks import patched
from procgen_tools.interventions import activations_of, observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.attribution.measure import log_odds
from procgen_tools.studies.base import LAYER
from procgen_tools.studies.causal_map.measure import (
    METHODS,
    effects_of,
    estimates,
    exact_effects,
    score_table,
    scores,
)
from procgen_tools.studies.minimal_pairs.pairs import Pair, pairs_of
from procgen_tools.worlds.maze.edit import move_mouse

OWN = torch.arange(24.0).view(2, 3, 4)
OTHER = OWN.flip(0)
CELLS = torch.eye(12, dtype=torch.bool).view(-1, 1, 3, 4)
CHANNELS = torch.eye(2, dtype=torch.bool)[:, :, None, None]
WEIGHTS = torch.linspace(-1, 1, 24).view(2, 3, 4)


def linear(batch: Tensor) -> Tensor:
    return (batch * WEIGHTS).flatten(1).sum(dim=1)


@pytest.fixture(scope="module")
def pair() -> Pair:
    (found,) = pairs_of("distance of the cheese to the corner", 1, first_seed=300)
    return found


def test_of_a_linear_answer_gradients_know_everything() -> None:
    change = (OWN - OTHER) * WEIGHTS
    said = estimates(linear, OWN, OTHER)
    for masks, axes in ((CELLS, (0,)), (CHANNELS, (1, 2))):
        exact = exact_effects(linear, OWN, OTHER, masks)
        assert exact == pytest.approx(change.sum(dim=axes).flatten().numpy(), abs=1e-4)
        for method in METHODS[:2]:
            sums = said[method].sum(dim=axes).flatten().detach().numpy()
            assert sums == pytest.approx(exact, abs=1e-4)
    assert said["saliency"].numpy() == pytest.approx(WEIGHTS.abs().numpy())
    assert said["size of the change"].eq((OWN - OTHER).abs()).all()


def test_integrated_gradients_see_what_one_gradient_misses() -> None:
    """The answer is flat at the activation itself, and its gradient there is zero."""

    def flat(batch: Tensor) -> Tensor:
        return torch.relu(5 - batch[:, 0, 0, 0])

    own, other = torch.full((1, 1, 1), 9.0), torch.zeros(1, 1, 1)
    said = estimates(flat, own, other)
    assert said["attribution patching"].item() == 0
    assert said["integrated gradients"].item() == pytest.approx(-5, abs=0.5)
    masks = torch.ones(1, 1, 1, 1, dtype=torch.bool)
    assert exact_effects(flat, own, other, masks) == pytest.approx([-5])


def test_exact_effects_are_those_of_patched_passes(pair: Pair) -> None:
    """Passes that are resumed behind the layer give what whole passes with a patch give."""
    policy = ImpalaPolicy(seed=1).eval()
    torch.nn.init.normal_(policy.fc_policy.weight, generator=torch.Generator().manual_seed(0))
    mazes = [move_mouse(maze, pair.fork.square) for maze in (pair.low, pair.high)]
    towards = pair.fork.towards
    with torch.no_grad():
        own, other = activations_of(policy, mazes, LAYER)
        middle = torch.zeros(3, *own.shape, dtype=torch.bool)
        middle[0, :, 8, 8], middle[1, 5], middle[2] = True, True, True
        exact = exact_effects(log_odds(policy, towards, after=LAYER), own, other, middle)
        ask, view = log_odds(policy, towards), observe(mazes[0])
        before = float(ask(view))
        for mask, effect in zip(middle, exact, strict=True):
            with patched(policy, {LAYER: lambda act, mask=mask: torch.where(mask, other, act)}):
                assert before - float(ask(view)) == pytest.approx(effect, abs=1e-4)
        assert exact[2] == pytest.approx(before - float(ask(observe(mazes[1]))), abs=1e-4)
    assert np.ptp(exact) > 1e-2
    (cells,) = {len(found) for part, _, found, _ in effects_of(policy, pair) if part == "cell"}
    assert 0 < cells < 256  # those that see neither square of the cheese are left out


def test_scores_count_ranks_and_the_largest() -> None:
    exact = np.array([-9.0, 5.0, 1.0, 0.5])
    assert scores(exact, np.array([8.0, -4.0, 2.0, 0.1]), 2) == {"rank": 1.0, "precision": 1.0}
    assert scores(exact, np.array([0.1, 2.0, -4.0, 8.0]), 2) == {"rank": -1.0, "precision": 0.0}
    assert scores(exact, np.array([9.0, 1.0, 5.0, 0.0]), 2)["precision"] == 0.5
    assert scores(exact, np.zeros(4), 2)["rank"] == 0


def test_the_table_has_a_row_for_every_method(pair: Pair) -> None:
    table = score_table({"mine": ImpalaPolicy(seed=1).eval()}, [pair])
    assert table[["part", "method"]].drop_duplicates().shape == (2 * len(METHODS), 2)
    assert set(table["agent"]) == {"mine"}
    assert set(table["level"]) == {pair.level}
    assert table["rank"].between(-1, 1).all()
    assert table["precision"].between(0, 1).all()

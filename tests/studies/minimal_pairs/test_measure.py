"""What is measured in pairs: turns, chances, and predictions of a regression that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from procgen_tools.chains import decision
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.behavioral_stats.measure import STEPS_TO_CHEESE
from procgen_tools.studies.minimal_pairs import measure
from procgen_tools.studies.minimal_pairs.measure import (
    chance_table,
    dose_table,
    natural_forks,
    prediction_table,
    turn_table,
    turns,
)
from procgen_tools.studies.minimal_pairs.pairs import Pair, pairs_of
from procgen_tools.vfield import vector_field

REWIRED = "steps to the cheese, rewired"


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return pairs_of(REWIRED, 2, first_seed=300)


def sharp() -> ImpalaPolicy:
    """A network that was never trained, and whose moves depend on where the mouse is."""
    policy = ImpalaPolicy(seed=1).eval()
    nn.init.normal_(policy.fc_policy.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    return policy


def test_a_turn_is_that_of_the_field_at_the_decision_square(pairs: list[Pair]) -> None:
    policy = sharp()
    pair = next(each for each in pairs if each.fork.square != each.low.mouse)
    known = decision(vector_field(pair.low, policy))
    assert known is not None
    (turn,) = turns(policy, [(pair.low, pair.fork)])
    assert turn == pytest.approx(known.cheese, rel=2e-5)
    at_start = replace(pair.fork, square=pair.low.mouse)
    assert turns(policy, [(pair.low, at_start)]) != pytest.approx(turn, rel=1e-4)
    table = turn_table({"mine": policy, "yours": ImpalaPolicy(seed=2).eval()}, pairs)
    assert table["agent"].tolist() == ["mine"] * 2 + ["yours"] * 2
    assert (table["effect"] == table["high"] - table["low"]).all()
    own = table[(table["agent"] == "mine") & (table["level"] == pair.level)]
    assert own["low"].item() == pytest.approx(turn)


def test_chances_are_those_of_episodes(pairs: list[Pair]) -> None:
    """A network with uniform actions is a random walk, so both effects are equal."""
    uniform = ImpalaPolicy(seed=1).eval()
    nn.init.zeros_(uniform.fc_policy.weight)
    nn.init.zeros_(uniform.fc_policy.bias)
    table = chance_table({"mine": uniform}, [min(pairs, key=lambda each: each.low.size)])
    assert table["effect"].item() == pytest.approx(table["walk_effect"].item(), abs=1e-6)
    assert table["walk_effect"].item() < 0


def test_a_regression_predicts_turns_that_follow_a_feature(
    pairs: list[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    natural = natural_forks(60, first_seed=400)
    assert len(natural) == 60

    def of_steps(_: object, places: measure.Places) -> np.ndarray:
        mazes = [maze for maze, _ in places]
        steps = measure.feature_table(mazes)[STEPS_TO_CHEESE].to_numpy()
        return np.asarray(1 / (1 + np.exp(0.2 * (steps - 10))))

    monkeypatch.setattr(measure, "turns", of_steps)
    table = prediction_table({"mine": ImpalaPolicy(seed=1)}, pairs, natural)
    low, high = (of_steps(None, [(getattr(p, w), p.fork) for p in pairs]) for w in ("low", "high"))
    assert table["predicted"].to_numpy() == pytest.approx(high - low, abs=1e-3)
    doses = dose_table(pairs)
    assert (doses[STEPS_TO_CHEESE] >= 8).all()
    assert (doses.drop(columns=["change", "level", STEPS_TO_CHEESE]) == 0).all(axis=None)

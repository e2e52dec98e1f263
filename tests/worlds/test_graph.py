"""Graphs with named goals: their laws, and a new world of forty lines on which everything works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from procgen_tools.chains import chances, chances_by_start
from procgen_tools.effects import measure
from procgen_tools.interventions import Zero
from procgen_tools.returns import discounted_returns
from procgen_tools.vfield import StateField, state_field
from procgen_tools.worlds.graph import Graph, Level

LENGTH = 9


class Corridor:
    """A new world: a corridor with a lamp in the middle and a door at each end."""

    step_limit: ClassVar[int] = 50
    ending_goals: ClassVar[tuple[str, ...]] = ("left", "right")
    ways: ClassVar[tuple[str, ...]] = ()
    effect_goals: ClassVar[Mapping[str, Any]] = {}

    def graph(self, *, lamps: int = 1) -> Graph:
        places = np.arange(LENGTH)
        ends = (places == 0) | (places == LENGTH - 1)
        return Graph(
            np.stack([places - 1, places + 1], axis=1),
            {
                "left": places == 0,
                "right": places == LENGTH - 1,
                "lamp": abs(places - LENGTH // 2) < lamps,
            },
            ends,
            np.where(ends[:, None], 0.0, np.eye(LENGTH)[[1, LENGTH - 2]].T * [[-1.0, 4.0]]),
            places,
            start=2,
        )

    def decision(self, start: Any = None) -> None:
        return None

    def views(self) -> tuple[np.ndarray, ...]:
        return (np.eye(LENGTH, dtype=np.float32)[1:-1],)

    def moves(self, logits: Tensor) -> np.ndarray:
        return logits.double().softmax(dim=1).numpy()

    def caption(self) -> str:
        return f"a corridor of {LENGTH}"


class Walker(nn.Module):
    """A network that plays it: one number for each place and move."""

    activation_names = ("head_out",)
    activation_shapes: ClassVar[dict[str, tuple[int, ...]]] = {"head_out": (3,)}

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(LENGTH, 3)
        nn.init.normal_(self.head.weight, generator=torch.Generator().manual_seed(0))

    def forward(self, places: Tensor) -> tuple[Tensor, Tensor]:
        return self.logits_and_value(places)

    def logits_and_value(self, places: Tensor) -> tuple[Tensor, Tensor]:
        answer = self.head(places)
        return answer[:, :2], answer[:, 2]


def ruined(right: float, start: int) -> float:
    """The chance of the right door in the gambler's ruin, from the textbook."""
    odds = (1 - right) / right
    return (1 - odds**start) / (1 - odds ** (LENGTH - 1))


def walk(right: float) -> StateField:
    return StateField(
        Corridor(), np.tile([1 - right, right], (LENGTH - 2, 1)), np.zeros(LENGTH - 2)
    )


@pytest.mark.parametrize("right", [0.3, 0.6])
def test_the_doors_are_the_gamblers_ruin(right: float) -> None:
    field = walk(right)
    found = chances_by_start(field)
    for start in range(1, LENGTH - 1):
        assert found.right[start] == pytest.approx(ruined(right, start), rel=1e-12)
        assert found.left[start] == pytest.approx(1 - ruined(right, start), rel=1e-12)
    assert found.neither == pytest.approx(0, abs=1e-12)
    long = chances_by_start(field, 2000)
    assert long.right == pytest.approx(found.right, rel=1e-9)
    assert long.steps_to_left == pytest.approx(found.steps_to_left, rel=1e-9, nan_ok=True)
    assert long.episode_steps == pytest.approx(found.episode_steps, rel=1e-9)


@pytest.mark.parametrize("limit", [None, 7])
def test_goals_that_are_passed(limit: int | None) -> None:
    """The lamp does not end the episode: it is visited on the way to the right, or never."""
    found = chances(walk(0.6), step_limit=limit)
    assert found.lamp == found.lamp_first > found.right
    assert found.right_first == 0  # the lamp is before it
    assert found.left > found.left_first > 0
    assert found.lamp_first + found.left_first + found.neither == pytest.approx(1, rel=1e-12)
    longer = chances(walk(0.6), step_limit=limit, lamps=3)
    assert longer.lamp == 1  # the start is lit
    with pytest.raises(AttributeError, match="no attribute 'cheese': its goals are left, right"):
        _ = found.cheese
    with pytest.raises(TypeError, match="candles"):
        chances(walk(0.6), candles=2)


def test_returns_of_a_new_world() -> None:
    """Against values iterated by hand, with a cost on the left and a reward on the right."""
    field, discount = walk(0.6), 0.9
    values = np.zeros(LENGTH)
    for _ in range(2000):
        values[1:-1] = discount * (0.4 * values[:-2] + 0.6 * values[2:])
        values[1] -= 0.4
        values[-2] += 0.6 * 4
    assert discounted_returns(field, discount) == pytest.approx(values, abs=1e-9)
    assert values.min() < 0 < values.max()


def test_effects_in_a_new_world() -> None:
    network, level = Walker().eval(), Corridor()
    assert isinstance(level, Level)
    effect = measure(network, level, Zero("head_out"))
    assert effect.before.probabilities == pytest.approx(state_field(network, level).probabilities)
    assert effect.after.probabilities == pytest.approx(np.full((LENGTH - 2, 2), 0.5))
    assert effect.chances_after.right == pytest.approx(chances(walk(0.5), None, 50).right, rel=1e-6)
    assert effect.row()["lamp_first_after"] == effect.chances_after.lamp_first
    assert "visits the lamp" in repr(effect)


def test_distances() -> None:
    graph = Corridor().graph()
    assert graph.distances("right").tolist() == [np.inf, *range(LENGTH - 2, -1, -1)]


@pytest.mark.usefixtures("unchecked")
def test_a_graph_must_agree_with_itself() -> None:
    graph = Corridor().graph()
    parts = (graph.leads_to, graph.goals, graph.ends, graph.rewards, graph.places)
    with pytest.raises(ValueError, match="ends has 3 entries, but the graph has 9 states"):
        Graph(parts[0], parts[1], parts[2][:3], *parts[3:])
    with pytest.raises(ValueError, match="lead to states 1 to 9, but the graph has states 0 to 8"):
        Graph(np.minimum(parts[0] + 1, 9).clip(0), *parts[1:])

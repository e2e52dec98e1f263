"""Explorations: what appears step by step is what is measured at once."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import chains, crops_and_humans, keys_and_chests, maze
from procgen_tools.effects import measure
from procgen_tools.interventions import Add, Resample, Zero, activations_of, cheese_vector
from procgen_tools.models import ImpalaPolicy, QNetwork
from procgen_tools.vfield import state_field
from procgen_tools.web.explorations import AFTER, BEFORE, OTHER, Exploration, Explorer, Timing

POLICY, ANOTHER = ImpalaPolicy(seed=0), ImpalaPolicy(seed=1)
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
LAYER = "embedder.block2.res1.resadd_out"


def seen(explorer: Explorer, *arguments: object) -> list[Exploration]:
    return [each for each in explorer.steps(*arguments) if each is not None]  # type: ignore[arg-type]


@pytest.mark.parametrize("layer", [LAYER, "embedder.block1.conv", "embedder.fc"])
def test_the_last_is_the_effect(layer: str) -> None:
    edit = Zero(layer, channels=[0, 1, 2])
    effect = measure(POLICY, LEVEL, edit)
    last = seen(Explorer(POLICY), LEVEL, edit)[-1]
    assert last.complete
    for name, field in ((BEFORE, effect.before), (AFTER, effect.after)):
        np.testing.assert_allclose(last.fields[name].by_state, field.by_state, atol=1e-6)
    assert last.chances[BEFORE].visits == pytest.approx(effect.chances_before.visits)
    assert last.chances[AFTER].visits == pytest.approx(effect.chances_after.visits)


def test_a_moved_mouse_costs_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer, passes = Explorer(POLICY), []
    ask = POLICY.logits_and_value
    monkeypatch.setattr(POLICY, "logits_and_value", lambda obs: passes.append(len(obs)) or ask(obs))
    seen(explorer, LEVEL)
    first = len(passes)
    moved = maze.move_mouse(LEVEL, (2, 2))
    last = seen(explorer, moved)[-1]
    assert len(passes) == first
    assert last.fields[BEFORE].maze == moved
    expected = seen(Explorer(POLICY), moved)[-1]
    assert last.chances[BEFORE].visits == pytest.approx(expected.chances[BEFORE].visits)
    for other in (
        maze.move_cheese(moved, (2, 4)),
        moved.flipped(),
        maze.toggle_square(moved, (1, 3)),
    ):
        passes.clear()
        fresh = seen(Explorer(POLICY), other)[-1].fields[BEFORE].by_state
        asked = len(passes)
        np.testing.assert_allclose(seen(explorer, other)[-1].fields[BEFORE].by_state, fresh)
        assert len(passes) == 2 * asked > 0


def test_an_edit_of_the_whole_batch() -> None:
    source = activations_of(POLICY, [LEVEL] * len(LEVEL.open_squares()), LAYER)
    edit = Resample(LAYER, source)
    last = seen(Explorer(POLICY), LEVEL, edit)[-1]
    effect = measure(POLICY, LEVEL, edit)
    np.testing.assert_allclose(last.fields[AFTER].by_state, effect.after.by_state, atol=1e-6)


def test_the_order_is_field_then_chances() -> None:
    edit = Add(cheese_vector(POLICY, LEVEL, LAYER), -1.0)
    parts = seen(Explorer(POLICY, ANOTHER), LEVEL, edit)
    assert [(list(part.fields), list(part.chances)) for part in parts] == [
        ([BEFORE], []),
        ([BEFORE], [BEFORE]),
        ([BEFORE, OTHER], [BEFORE]),
        ([BEFORE, OTHER], [BEFORE, OTHER]),
        ([BEFORE, OTHER, AFTER], [BEFORE, OTHER]),
        ([BEFORE, OTHER, AFTER], [BEFORE, OTHER, AFTER]),
    ]
    assert [part.complete for part in parts] == [False] * 5 + [True]
    other = state_field(ANOTHER, LEVEL)
    np.testing.assert_allclose(parts[-1].fields[OTHER].by_state, other.by_state, atol=1e-6)
    assert parts[-1].chances[OTHER] == chains.chances(
        parts[-1].fields[OTHER], None, 500, corner_region=5
    )


def test_only_the_part_after_the_edit_is_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = Explorer(POLICY)
    seen(explorer, LEVEL)
    vector = cheese_vector(POLICY, LEVEL, LAYER)

    def refuse(*_: object) -> None:
        raise AssertionError("a whole pass")

    monkeypatch.setattr(POLICY, "logits_and_value", refuse)
    first, second = (seen(explorer, LEVEL, Add(vector, c))[-1] for c in (-1.0, -3.0))
    assert first.timing.frames == second.timing.frames == 0
    assert not np.array_equal(first.fields[AFTER].by_state, second.fields[AFTER].by_state)
    with pytest.raises(AssertionError, match="a whole pass"):
        seen(explorer, maze.remove_cheese(LEVEL))


def test_it_can_be_interrupted_and_leaves_no_patch_behind() -> None:
    explorer = Explorer(POLICY)
    steps = explorer.steps(LEVEL, Zero(LAYER))
    for part in steps:
        if part is not None and part.chances:
            break
    next(steps)
    steps.close()
    again = seen(Explorer(POLICY), LEVEL)[-1]
    expected = state_field(POLICY, LEVEL).by_state
    np.testing.assert_allclose(again.fields[BEFORE].by_state, expected, atol=1e-6)


def test_crops_and_humans() -> None:
    level = crops_and_humans.Level(crops_and_humans.training_mazes()[4])
    last = seen(Explorer(QNetwork()), level, Zero("fc1", channels=[0]))[-1]
    assert last.complete
    assert set(last.chances[AFTER].visits) == {"exit", "crop", "human"}


def test_what_cannot_be_explored() -> None:
    with pytest.raises(TypeError, match="a keys and chests level has too many states"):
        seen(Explorer(POLICY), keys_and_chests.make_level(0))
    with pytest.raises(ValueError, match="has no channel 99"):
        seen(Explorer(POLICY), LEVEL, Zero(LAYER, channels=[99]))


def test_timing() -> None:
    timing = seen(Explorer(POLICY), LEVEL)[-1].timing
    parts = timing.frames + timing.network + timing.chances
    assert 0 < parts <= timing.total
    assert timing.network_share == timing.network / timing.total
    assert Timing(network=0.1, total=0.2, picture=0.4).network_share == 0.25
    assert Timing().network_share == 0

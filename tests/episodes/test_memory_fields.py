"""Fields for a given memory: each row is the policy's own answer there, with that memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from procgen_tools import keys_and_chests
from procgen_tools.episodes.keys import observe
from procgen_tools.episodes.memories import Moment, led
from procgen_tools.episodes.memory_fields import MemoryField, memory_field
from procgen_tools.interventions import Zero
from procgen_tools.models import CnnLstmPolicy

LEVEL = keys_and_chests.parse("######/#@.k.#/#.##.#/#..c.#/#h...#/######")


@pytest.fixture(scope="module")
def policy() -> CnnLstmPolicy:
    made = CnnLstmPolicy("small", seed=4).eval()
    with torch.no_grad():
        made.pi.weight *= 3000
    return made


def small(number: int = 0) -> keys_and_chests.Level:
    return keys_and_chests.make_level(number, keys_and_chests.VARIANTS["test"])


def test_each_row_is_the_answer_at_its_square(policy: CnnLstmPolicy) -> None:
    moment = led(policy, [small()], np.array([[1, 2, 0]]))
    field = memory_field(policy, moment)
    assert moment.memory is not None
    for number in (0, 7, len(field.squares) - 1):
        there = replace(moment.states, players=field.squares[number][None])
        with torch.no_grad():
            logits, values, _ = policy.step(
                observe(policy, there), moment.memory, torch.tensor([False])
            )
        assert field.probabilities[number] == pytest.approx(logits.softmax(-1)[0].numpy(), abs=1e-5)
        assert field.values[number] == pytest.approx(float(values), abs=1e-5)


def test_keys_have_no_row_and_chests_have_one() -> None:
    moment = Moment(keys_and_chests.beginning([LEVEL]), torch.zeros(1, 256))
    wide = memory_field(Wide(), moment)
    squares = {tuple(each) for each in wide.squares.tolist()}
    assert (1, 3) not in squares
    assert (3, 3) in squares
    assert len(squares) == 13


class Wide(CnnLstmPolicy):
    """Answers any observation with the same logits: down twice as likely as the others."""

    def __init__(self) -> None:
        super().__init__("small")

    def step(self, obs, memory, firsts):  # type: ignore[no-untyped-def]
        logits = torch.tensor([2.0, 1.0, 1.0, 1.0]).log().expand(len(obs), 4)
        return logits, logits.sum(1), memory


def test_arrows_point_right_and_down() -> None:
    moment = Moment(keys_and_chests.beginning([LEVEL]), torch.zeros(1, 256))
    arrows = memory_field(Wide(), moment).arrows
    assert arrows == pytest.approx(np.tile([0.0, 0.2], (13, 1)))


def test_the_memory_alone_changes_the_field(policy: CnnLstmPolicy) -> None:
    one, two = (led(policy, [small()], np.array([way])) for way in ([1, 1, 0, 0], [0, 0, 0, 0]))
    same = replace(one, memory=two.memory)
    first, second = memory_field(policy, one), memory_field(policy, same)
    assert first.total_variation(second).max() > 1e-3
    with Zero("lstm1.hidden").on(policy):
        blind = [memory_field(policy, moment) for moment in (one, same)]
    assert blind[0].total_variation(blind[1]).max() == 0


def test_bad_moments_and_fields_are_refused(policy: CnnLstmPolicy) -> None:
    two = led(policy, [small(0), small(1)], np.array([[0], [0]]))
    with pytest.raises(ValueError, match="has 2 states: choose one"):
        memory_field(policy, two)
    with pytest.raises(ValueError, match="no memory"):
        memory_field(policy, Moment(keys_and_chests.beginning([LEVEL]), None))
    field = memory_field(policy, two.chosen(np.array([0])))
    with pytest.raises(ValueError, match="sum to 2"):
        MemoryField(field.states, field.squares, 2 * field.probabilities, field.values)
    other = memory_field(policy, two.chosen(np.array([1])))
    with pytest.raises(ValueError, match="other squares"):
        field.total_variation(other)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procgen_tools.worlds.maze.levels import make_bank
from procgen_tools.worlds.maze.random_text import (
    check_random_text,
    generator_from_text,
    generator_text,
    parse_random_text,
    random_text,
    seeded,
    unseeded_text,
)
from procgen_tools.worlds.maze.state import EnvState

NUMBERS = [str(n) for n in range(625)]


@settings(deadline=None)
@given(st.integers(-(2**31), 2**32 - 1), st.integers(0, 1300))
def test_text_is_the_whole_generator(seed: int, draws: int) -> None:
    generator = seeded(seed, draws)
    text = generator_text(generator)
    key, pos = parse_random_text(text)
    assert random_text(key, pos) == text
    again = generator_from_text(text)
    assert (again.random_raw(700) == generator.random_raw(700)).all()


@pytest.mark.parametrize("level_seed", [8, 40])
def test_text_equals_procgen_after_any_number_of_draws(level_seed: int) -> None:
    """A step is a draw: 480 of them pass the point where new words are due."""
    procgen = pytest.importorskip("procgen")
    env = procgen.ProcgenGym3Env(
        num=1, env_name="maze", start_level=level_seed, num_levels=1, rand_seed=4, num_threads=0
    )
    first = EnvState(env.callmethod("get_state")[0]).state_vals
    level_generator = seeded(int(seeded(4).random_raw()), draws=1)
    assert first["level_seed_rand_gen.str"] == generator_text(level_generator)
    assert first["asset_rand_gen.str"] == unseeded_text()
    ours = generator_from_text(first["rand_gen.str"])
    drawn = int(make_bank([level_seed]).draws[0])
    assert first["rand_gen.str"] == generator_text(seeded(level_seed, drawn))
    assert drawn // 624 < (drawn + 480) // 624
    for step in range(1, 481):
        env.act(np.array([4], dtype=np.int32))
        ours.random_raw()
        if step % 10 == 0 or (drawn + step) % 624 in (623, 0, 1):
            text = EnvState(env.callmethod("get_state")[0]).state_vals["rand_gen.str"]
            assert text == generator_text(ours) == generator_text(seeded(level_seed, drawn + step))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3", "has 625 numbers, this text has 3"),
        (" ".join([*NUMBERS[:-2], "-1", "5"]), "only digits"),
        (" ".join([*NUMBERS[:-2], "", "5"]), "single spaces"),
        (" ".join([*NUMBERS[:-1], "٣"]), "only digits"),
        (" ".join([*NUMBERS[:-1], "625"]), "at most 624, not 625"),
    ],
)
def test_other_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_random_text(text)
    with pytest.raises(ValueError, match=message):
        parse_random_text(text)


def test_words_and_positions_are_bounded() -> None:
    with pytest.raises(ValueError, match=r"word 1 of a mt19937 is 4294967296, not below 2\*\*32"):
        parse_random_text(" ".join(["0", str(2**32), *NUMBERS[2:]]))
    with pytest.raises(ValueError, match="cannot have 624 words and position 625"):
        random_text(np.zeros(624, dtype=np.uint32), 625)
    with pytest.raises(ValueError, match="cannot have 3 words"):
        random_text(np.zeros(3, dtype=np.uint32), 1)

"""Actions: fifteen numbers for five moves."""

from __future__ import annotations

import pytest

from procgen_tools.models import (
    ACTIONS_OF_MOVE,
    CANONICAL_ACTIONS,
    MOVE_OF_ACTION,
)
from procgen_tools.worlds.maze.grid import MOVES


def test_every_action_makes_one_move() -> None:
    assert set(ACTIONS_OF_MOVE) == set(MOVES)
    assert sorted(sum(ACTIONS_OF_MOVE.values(), ())) == list(range(15))
    assert "".join(MOVES[move][0] for move in MOVE_OF_ACTION) == "LLLDSURRRSSSSSS"
    assert [MOVES[MOVE_OF_ACTION[action]] for action in CANONICAL_ACTIONS] == list(MOVES)


def test_the_oracle_names_the_same_actions() -> None:
    procgen = pytest.importorskip("procgen")
    combos = procgen.ProcgenGym3Env(num=1, env_name="maze").get_combos()
    canonical = [combos[action] for action in CANONICAL_ACTIONS]
    assert canonical == [("LEFT",), ("RIGHT",), ("UP",), ("DOWN",), ()]
    for action, keys in enumerate(combos):
        horizontal = [key for key in keys if key in ("LEFT", "RIGHT")]
        moving = horizontal or [key for key in keys if key in MOVES] or ["STAY"]
        assert moving == [MOVES[MOVE_OF_ACTION[action]]]

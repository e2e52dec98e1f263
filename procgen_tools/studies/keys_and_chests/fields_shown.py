"""One frame, two memories: what an agent would do at every square without and with a key in hand.

A key and a chest are four steps away each. The two fields have the same frame and differ in the
memory alone, which the way in has made.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from procgen_tools.episodes.memories import led
from procgen_tools.episodes.memory_fields import MemoryField, memory_field
from procgen_tools.studies.keys_and_chests.exchange import DISTANCES, SEED
from procgen_tools.studies.keys_and_chests.measure import Member
from procgen_tools.worlds.keys_and_chests.choices import Choice, make_choices
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY, Level
from procgen_tools.worlds.keys_and_chests.rules import MOVES

WANTED = (4, 4)
HANDS = (0, 1)
"""Keys in hand."""


def _choice() -> Choice:
    """The first choice of the study with these distances."""
    many = make_choices(len(DISTANCES) ** 2, distances=DISTANCES, first_seed=SEED)
    return next(choice for choice in many if choice.distances == WANTED)


def _level(choice: Choice, keys: int) -> Level:
    return choice.level({choice.places[0]: KEY, choice.places[1]: CHEST}, keys)


def fields_table(member: Member) -> pd.DataFrame:
    """The fields of one agent.

    Columns: agent, keys (in hand), row, col, the four moves, value; one row per square.
    """
    choice = _choice()
    tables = []
    for keys in HANDS:
        moment = led(member.policy, [_level(choice, keys)], choice.actions[None])
        field = memory_field(member.policy, moment)
        rows = pd.DataFrame(field.probabilities, columns=list(MOVES))
        tables.append(
            rows.assign(
                agent=member.name, keys=keys, row=field.squares[:, 0], col=field.squares[:, 1],
                value=field.values,
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def fields_of(table: pd.DataFrame) -> dict[int, MemoryField]:
    """The fields of a table by keys in hand."""
    choice = _choice()
    found = {}
    for keys, rows in table.groupby("keys"):
        states = led(None, [_level(choice, int(keys))], choice.actions[None]).states
        squares = rows[["row", "col"]].to_numpy(np.int64)
        chances = rows[list(MOVES)].to_numpy(np.float64)
        values = rows["value"].to_numpy(np.float64)
        found[int(keys)] = MemoryField(states, squares, chances, values)
    return found

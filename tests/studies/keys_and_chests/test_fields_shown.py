"""One frame, two memories: only the keys in hand differ, and tables keep the fields."""

from __future__ import annotations

import pytest
import torch

from procgen_tools.models import CnnLstmPolicy
from procgen_tools.studies.keys_and_chests.fields_shown import fields_of, fields_table
from procgen_tools.studies.keys_and_chests.measure import Member


def test_two_memories_of_one_frame() -> None:
    policy = CnnLstmPolicy("small", seed=3).eval()
    with torch.no_grad():
        policy.pi.weight *= 3000
    table = fields_table(Member("mine", policy, own=True))
    found = fields_of(table)
    assert list(found) == [0, 1]
    assert (found[0].states.cells == found[1].states.cells).all()
    assert (found[0].states.players == found[1].states.players).all()
    assert [field.states.keys.tolist() for field in found.values()] == [[0], [1]]
    assert found[0].total_variation(found[1]).max() > 1e-4
    kept = table[table["keys"] == 1][["DOWN", "UP", "RIGHT", "LEFT"]].to_numpy()
    assert found[1].probabilities == pytest.approx(kept)

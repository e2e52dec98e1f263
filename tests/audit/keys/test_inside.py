"""Patches, circuits and edits: the ends of every circuit are exact, and edits leave no trace."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools.audit.inside import faithfulness, order_of
from procgen_tools.audit.keys import inside
from procgen_tools.audit.keys.inside import (
    FRAME,
    HELD_KEY,
    UNIT,
    circuits_table,
    make_choosing,
    patches_table,
    sizes_of,
)
from procgen_tools.models import CnnLstmPolicy, load_cnn_lstm

CHOICES = make_choosing(4)
PLAYERS = {"agent": load_cnn_lstm("seed_0"), "untrained": CnnLstmPolicy("small").eval()}


def test_the_frame_is_the_same_whatever_is_held() -> None:
    for choice in CHOICES:
        moments = choice.moments(PLAYERS["agent"])
        frames = [
            each.states.observations()
            for each in (moments.here, moments.empty_handed, moments.without, moments.unseen)
        ]
        assert (frames[0] == frames[1]).all()
        assert (frames[2] == frames[3]).all()
        assert (frames[0] != frames[2]).sum() == 3 * 3  # the key, and nothing else
        assert moments.here.states.keys.tolist() == [1]
        assert not (choice.to_key & choice.to_chest).any()


@pytest.fixture(scope="module")
def patches() -> object:
    return patches_table(PLAYERS, CHOICES[:2])


def test_every_unit_is_patched_once_and_alone(patches: object) -> None:
    units = PLAYERS["agent"].memory_size // 2
    counts = patches.groupby(["player", "choice", "kind"]).size()  # type: ignore[attr-defined]
    assert (counts.xs(UNIT, level="kind") == units).all()
    assert (counts.xs(FRAME, level="kind") == 1).all()
    assert (counts.xs(HELD_KEY, level="kind") == 1).all()


def test_circuits_end_in_the_moment_and_in_its_contrast(patches: object) -> None:
    table = circuits_table(PLAYERS, patches, CHOICES[2:], seed=0)  # type: ignore[arg-type]
    none = table[table["size"] == 0]
    every = table[table["size"] == table["size"].max()]
    assert np.allclose(none["kept"], none["corrupt"], atol=1e-5)
    assert np.allclose(every["kept"], every["clean"], atol=1e-5)
    shares = faithfulness(table)
    own = shares[shares["player"] == "agent"].set_index("size")["faithfulness"]
    assert own[0] == pytest.approx(0, abs=1e-4)
    assert own[128] == pytest.approx(1, abs=1e-4)
    assert order_of(patches, kind=UNIT) != order_of(patches, "untrained", kind=UNIT)  # type: ignore[arg-type]


def test_sizes_begin_and_end_and_grow() -> None:
    for units in (1, 5, 128):
        sizes = sizes_of(units)
        assert (sizes[0], sizes[-1]) == (0, units)
        assert sizes == sorted(set(sizes))


def test_edits_are_named_and_leave_no_trace() -> None:
    from procgen_tools.studies.keys_and_chests.inventory import episodes_of, rows_of
    from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, LevelRule, make_levels

    policy = PLAYERS["agent"]
    before = {name: tensor.clone() for name, tensor in policy.state_dict().items()}
    rows = rows_of(policy, policy, episodes_of(policy, "test", range(4), seed=0))
    levels = {"test": make_levels(range(2), LevelRule(max_ticks=9))}
    assert set(levels) < set(VARIANTS)
    table = inside.edits_table(policy, rows, list(range(128)), CHOICES, levels, seed=0)
    names = list(dict.fromkeys(table["edit"]))
    assert names[1].startswith("subtract the key vector (norm ")
    assert [names[0], *names[2:4]] == ["none", "zero the 8 first units", "zero the 32 first units"]
    own = table[~table["null"]]["edit"].nunique() - 1
    random = table[table["null"]].groupby("like")["edit"].nunique()
    assert random.tolist() == [inside.DRAWS] * own
    assert set(random.index) <= set(names)
    assert not policy._forward_hooks
    for name, tensor in policy.state_dict().items():
        assert torch.equal(tensor, before[name])

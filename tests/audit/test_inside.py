"""Causal maps: exact, whole where everything is patched, and circuits grow from none to all."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from procgen_tools.audit import inside
from procgen_tools.audit.inside import USUAL_LAYER
from procgen_tools.interventions.vectors import observe
from procgen_tools.models import ImpalaPolicy
from tests.audits import small_audit


def test_a_choice_is_the_log_odds_of_the_moves() -> None:
    found = small_audit()
    choice = inside.choices_of(found.asked)[0]
    clean, corrupt, own, other = inside._both(found.agent.policy, choice, USUAL_LAYER)
    with torch.no_grad():
        logits, _ = found.agent.policy.logits_and_value(observe([choice.level, choice.contrast]))
    moves = choice.level.moves(logits)
    odds = np.log(moves[:, choice.wanted].sum(axis=1) / moves[:, choice.other].sum(axis=1))
    assert [clean, corrupt] == pytest.approx(odds.tolist(), abs=1e-4)
    assert own.shape == other.shape == (32, 16, 16)


def test_patching_everything_gives_the_contrast_and_nothing_the_level() -> None:
    circuits = small_audit().tables["circuits"]
    empty, whole = circuits[circuits["size"] == 0], circuits[circuits["size"] == 32]
    assert np.allclose(empty["kept"], empty["corrupt"], atol=1e-4)
    assert np.allclose(whole["kept"], whole["clean"], atol=1e-4)
    shares = inside.faithfulness(circuits).query("player == 'agent'").set_index("size")
    assert shares.loc[0, "faithfulness"] == pytest.approx(0, abs=1e-3)
    assert shares.loc[32, "faithfulness"] == pytest.approx(1, abs=1e-3)


def test_one_channel_is_patched_at_a_time() -> None:
    found = small_audit()
    choice = inside.choices_of(found.asked)[0]
    *_, own, other = inside._both(found.agent.policy, choice, USUAL_LAYER)
    mixed = own.clone()
    mixed[7] = other[7]
    alone = inside._with(found.agent.policy, choice, USUAL_LAYER, mixed[None])[0]
    rows = found.tables["patches"].query("player == 'agent' and kind == 'channel' and choice == 0")
    assert rows.set_index("part").loc[7, "patched"] == pytest.approx(alone, abs=1e-4)
    assert len(found.tables["patches"].query("kind == 'cell' and player == 'agent'")) == 256 * 2


def test_passes_that_go_on_from_the_layer_are_whole_passes() -> None:
    class Whole(ImpalaPolicy):
        resume_points = ()

    found = small_audit()
    whole = Whole()
    whole.load_state_dict(found.agent.policy.state_dict())
    choice = inside.choices_of(found.asked)[0]
    *_, own, other = inside._both(found.agent.policy, choice, USUAL_LAYER)
    mixed = torch.stack([own, other, (own + other) / 2])
    kept, again = (
        inside._with(each, choice, USUAL_LAYER, mixed) for each in (found.agent.policy, whole)
    )
    assert np.allclose(kept, again, atol=1e-6)
    assert len(set(again.tolist())) == 3


def planted(sizes: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"player": "agent", "draw": 0, "choice": 0, "size": range(len(sizes)), "clean": 2.0,
         "corrupt": 1.0, "kept": [1 + share for share in sizes]}
    )  # fmt: skip


def test_the_smallest_circuit_stays_faithful() -> None:
    assert inside.smallest(planted([0.0, 0.9, 0.5, 0.85, 1.0])) == 3
    assert inside.smallest(planted([0.0, 0.1, 0.2])) is None
    same = planted([0.0, 0.9, 1.0]).assign(clean=1.0)
    assert inside.smallest(same) is None  # nothing to explain


def test_channels_are_ordered_by_effect() -> None:
    patches = pd.DataFrame(
        {"player": "agent", "kind": "channel", "part": [0, 1, 2, 0, 1, 2], "clean": 1.0,
         "patched": [1.0, 0.0, 0.8, 1.0, 0.2, 0.9]}
    )  # fmt: skip
    assert inside.order_of(patches) == [1, 2, 0]


def test_edits_have_random_ones_beside_them() -> None:
    edits = small_audit().tables["edits"]
    assert edits.groupby("null")["edit"].nunique().to_dict() == {False: 3, True: 4}
    assert edits.groupby("edit").size().nunique() == 1


def test_the_layer_is_the_usual_one_or_the_middle() -> None:
    assert inside.layer_of(ImpalaPolicy()) == USUAL_LAYER
    shapes = {"a": (3,), "b": (4, 8, 8), "c": (4, 4, 4), "d": (4, 2, 2)}
    other = SimpleNamespace(activation_names=tuple(shapes), activation_shapes=shapes)
    assert inside.layer_of(other) == "c"
    assert inside.layer_of(SimpleNamespace()) is None

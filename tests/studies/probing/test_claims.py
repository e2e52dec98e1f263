"""Claims about probes: they hold for marks that are planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from procgen_tools.studies.probing import measure
from procgen_tools.studies.probing.claims import all_claims
from procgen_tools.studies.rules import ALL_AGENTS


def marks(**shares: float) -> pd.DataFrame:
    """Two agents on twenty levels; by `target_layer_probe`, how often a probe is right."""
    asked = [
        (target, layer, probe)
        for target in (measure.CHEESE, measure.NEAR, measure.WALL)
        for layer in measure.SPATIAL
        for probe in ("2", measure.ALL, measure.SIZE)
    ] + [
        (target, layer, probe)
        for target in (measure.WALL, measure.MOVE, measure.OUTCOME)
        for layer, probes in (
            (measure.NOWHERE, (measure.SIZE, measure.MAJORITY, measure.SHAPE)),
            *((layer, (measure.ALL,)) for layer in measure.LAYERS),
        )
        for probe in probes
        if (target, layer) not in {(measure.WALL, name) for name in measure.LAYERS}
    ]
    return pd.concat(
        pd.DataFrame(
            {
                "agent": agent,
                "level": range(20),
                "target": target,
                "layer": layer,
                "probe": probe,
                "right": np.arange(20.0) < 20 * shares.get(f"{target}, {layer}, {probe}", 0.5),
            }
        )
        for agent in ("a", "b")
        for target, layer, probe in asked
    ).astype({"right": float})


def held(**shares: float) -> list[bool]:
    found = all_claims(marks(**shares))
    assert all(set(claim.measured) == {"a", "b", ALL_AGENTS} for claim in found)
    return [bool(claim.holds) for claim in found]


def test_claims() -> None:
    assert held() == [False, True, False, False, False]
    assert held(**{"will get the cheese, block 2, half, all": 0.9})[0]
    assert not held(**{"will get the cheese, block 1, all": 0.6})[1]
    near = {f"{measure.NEAR}, {name}, 2": 1.0 for name in ("block 1", "block 2, half")}
    assert not held(**near)[2]
    assert held(**near, **{f"{measure.NEAR}, block 2, 2": 0.95})[2]
    assert held(**{"wall, block 1, all": 0.95})[3]
    assert not held(**{"wall, block 1, all": 0.95, "wall, pixels, all": 0.95})[3]
    assert held(**{"next move, block 2, all": 0.75})[4]

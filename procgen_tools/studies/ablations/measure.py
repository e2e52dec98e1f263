"""What ablations of layers, channels and sets of channels do, and exact chances under edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import torch

from procgen_tools.interventions import NOTHING, Intervention, Mean, Resample, Zero, random_channels
from procgen_tools.models import RESUME_POINTS, ImpalaPolicy
from procgen_tools.studies.ablations.claims import FOUND, RANDOM
from procgen_tools.studies.ablations.decisions import CONDITIONS, Decisions, ablations
from procgen_tools.studies.ablations.removal import Candidate, MazeEdit, exact_rows, removal_rows
from procgen_tools.studies.base import LAYER
from procgen_tools.worlds.maze.grid import Maze

NEIGHBOURS = ("embedder.block1.res2.resadd_out", LAYER, "embedder.block2.res2.resadd_out")
"""Where channels are ablated one by one: the layer, and the block sums before and after it."""

KINDS = ("zero", "mean", "resample")


def channel_counts(policy: ImpalaPolicy) -> list[int]:
    """How many channels to take away: from one to all."""
    channels = policy.activation_shapes[LAYER][0]
    counts = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128)
    return [count for count in counts if count <= channels]


def layer_rows(
    decisions: Decisions, examples: Decisions, seed: int, layers: Sequence[str]
) -> pd.DataFrame:
    """What activations do when they are ablated whole, in each of KINDS."""
    before = decisions.ask(NOTHING)
    tables = [removal_rows(before, before).assign(layer="nothing", kind="nothing")]
    for layer in layers:
        for kind, edits in ablations(decisions, layer, seed, examples=examples).items():
            rows = removal_rows(before, decisions.ask(edits))
            tables.append(rows.assign(layer=layer, kind=kind))
    return pd.concat(tables, ignore_index=True)


def channel_rows(
    decisions: Decisions, examples: Decisions, seed: int, layers: Sequence[str]
) -> pd.DataFrame:
    """What each channel of some layers does when it alone is ablated."""
    before = decisions.ask(NOTHING)
    tables = []
    for layer in layers:
        whole = ablations(decisions, layer, seed, examples=examples)
        for channel in range(decisions.policy.activation_shapes[layer][0]):
            for kind, edits in whole.items():
                alone = {name: _only(edit, channel) for name, edit in edits.items()}
                rows = removal_rows(before, decisions.ask(alone))
                tables.append(rows.assign(layer=layer, channel=channel, kind=kind))
    return pd.concat(tables, ignore_index=True)


def _only(edit: Intervention, channel: int) -> Intervention:
    """The same ablation of one channel."""
    if isinstance(edit, Zero):
        return Zero(edit.layer, channels=(channel,))
    if isinstance(edit, Mean):
        return Mean(edit.layer, edit.examples, channels=(channel,))
    assert isinstance(edit, Resample)
    return Resample(edit.layer, edit.source, channels=(channel,))


def set_rows(decisions: Decisions, absent: Mean, found: tuple[int, ...], seed: int) -> pd.DataFrame:
    """The found cheese channels, and as many others, replaced by their mean without cheese."""
    count = decisions.policy.activation_shapes[LAYER][0]
    size = min(len(found), count - len(found))
    sets = {FOUND: found, RANDOM: random_channels(size, count, seed, besides=found)}
    before = decisions.ask(NOTHING)
    tables = []
    for name, channels in sets.items():
        edit = Mean(LAYER, absent.examples, channels=channels)
        rows = removal_rows(before, decisions.ask(edit))
        tables.append(rows.assign(set=name, channels=", ".join(map(str, channels))))
    return pd.concat(tables, ignore_index=True)


def exact_chances(
    policy: ImpalaPolicy,
    levels: Mapping[int, Maze],
    chosen: Mapping[str, Candidate],
    search: Decisions,
    fast: bool,
) -> pd.DataFrame:
    """Exact chances under the chosen edits, and under the mean of each block's sums."""
    alone: dict[str, MazeEdit] = {name: each.alone for name, each in chosen.items()}
    for layer in RESUME_POINTS[:1] if fast else RESUME_POINTS:
        examples = torch.cat([search.activations(layer, condition) for condition in CONDITIONS])
        alone[f"mean of {layer}"] = _always(Mean(layer, examples))
    return exact_rows(policy, levels, alone)


def _always(edit: Intervention) -> MazeEdit:
    return lambda _policy, _maze: edit

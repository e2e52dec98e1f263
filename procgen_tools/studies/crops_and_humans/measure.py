"""What is measured of one pair of agents: rates, dreams, shifts, patches and vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from procgen_tools import crops_and_humans, hooks
from procgen_tools.interventions import ActivationVector, Add
from procgen_tools.models import QNetwork, load_q_network
from procgen_tools.studies.base import Settings
from procgen_tools.studies.crops_and_humans.claims import (
    CONTROL,
    OTHERS,
    PLANTED,
    PRODUCTION,
    RIGHT,
    TRAINING,
    UNPLANTED,
)
from procgen_tools.studies.crops_and_humans.dreaming import (
    STARTS,
    DreamSettings,
    Encounters,
    all_encounters,
    contains_block,
    dream,
)
from procgen_tools.studies.crops_and_humans.shift_dreams import beside_items, shift_dreams
from procgen_tools.studies.crops_and_humans.twins import (
    HIDDEN,
    all_twins,
    find_carriers,
    harvests,
    harvests_when_patched,
)
from procgen_tools.worlds.crops_and_humans.walks import expert, fates, greedy, optimal, play

SEEDS = 5
MATCHED_SEEDS = 4
"""How many seeds have matched controls: the first ones."""

SETS = {
    TRAINING: crops_and_humans.training_mazes,
    PRODUCTION: crops_and_humans.production_mazes,
    OTHERS: crops_and_humans.other_production_mazes,
}

DREAMS = {start: DreamSettings(start=start) for start in STARTS} | {
    "open, regularised": DreamSettings(step_size=2e-3, sparsity=3.0, binarity=3.0)
}
"""The first is the published one: from an open maze, 80 steps of size .001."""

NEAR = DreamSettings(steps=100, step_size=1e-2, against="mean", binarity=1.0)
"""Dreams that begin with the walls of training mazes, the agent one step before a human."""

UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

COEFFICIENTS = (-2.0, -1.0, 1.0, 2.0)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two agents from one seed."""

    planted: QNetwork
    control: QNetwork

    def each(self) -> tuple[tuple[str, QNetwork], ...]:
        """Both, with what they are."""
        return (PLANTED, self.planted), (CONTROL, self.control)


def load_pairs(count: int = SEEDS) -> dict[str, Pair]:
    """The shipped agents, by seed."""
    return {
        f"seed {seed}": Pair(
            load_q_network(f"crops_and_humans/{PLANTED}_{seed}"),
            load_q_network(f"crops_and_humans/{CONTROL}_{seed}"),
        )
        for seed in range(count)
    }


def load_matched(count: int = MATCHED_SEEDS) -> dict[str, dict[str, QNetwork]]:
    """The planted agents that have matched controls, and these controls, by seed and kind."""
    files = {PLANTED: PLANTED, RIGHT: "right", UNPLANTED: "unplanted"}
    return {
        f"seed {seed}": {
            kind: load_q_network(f"crops_and_humans/{file}_{seed}") for kind, file in files.items()
        }
        for seed in range(count)
    }


def rates_of(
    pair: Pair, mazes: dict[str, crops_and_humans.Mazes], graphs: dict[str, crops_and_humans.Graph]
) -> pd.DataFrame:
    """One row per agent (the two, the shortest way, the best policy), set and maze."""
    rows = []
    for name, graph in graphs.items():
        actions = {
            **{kind: greedy(network)(graph.states) for kind, network in pair.each()},
            "shortest way": expert(graph.states),
            "best policy": optimal(graph),
        }
        there = {
            f"{items}_there": (mazes[name] == code).sum(axis=(1, 2))
            for items, code in (
                ("crops", crops_and_humans.CROP),
                ("humans", crops_and_humans.HUMAN),
            )
        }
        rows += [
            pd.DataFrame(
                {
                    "kind": kind,
                    "set": name,
                    "level": range(len(mazes[name])),
                    **vars(fates(graph, chosen)),
                    **there,
                }
            )
            for kind, chosen in actions.items()
        ]
    return pd.concat(rows, ignore_index=True)


def beside_of(
    networks: Mapping[str, QNetwork], mazes: Mapping[str, crops_and_humans.Mazes]
) -> pd.DataFrame:
    """One row per kind, set and place beside a human: does the greedy agent harvest it there?

    Args:
        networks: one agent per kind.
        mazes: (maze, 7, 7), by the names of the sets.
    """
    rows = []
    for name, cells in mazes.items():
        there, encounters = beside_items(cells)
        states = crops_and_humans.States(there, encounters.agents)
        rows += [
            pd.DataFrame(
                {
                    "kind": kind,
                    "set": name,
                    "level": range(len(there)),
                    "harvests": harvests(network, states, encounters.actions),
                }
            )
            for kind, network in networks.items()
        ]
    return pd.concat(rows, ignore_index=True)


def dreams_of(network: QNetwork) -> pd.DataFrame:
    """One row per start and encounter: is there a block, and what would the agent do?

    `beside`: the greedy agent, put beside the human in the decoded maze, harvests it; `from_start`:
    it goes there from the start and does.
    """
    encounters = all_encounters()
    rows = []
    for name, how in DREAMS.items():
        found = dream(network, encounters, how)
        mazes = found.decoded()
        beside = crops_and_humans.States(mazes, encounters.agents)
        walked = play(greedy(network), mazes).fates
        rows.append(
            pd.DataFrame(
                {
                    "start": name,
                    "level": range(len(encounters)),
                    "block": contains_block(mazes),
                    "beside": harvests(network, beside, encounters.actions),
                    "from_start": walked.humans > 0,
                    "margin": found.margins[:, -1],
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _some_places(settings: Settings) -> tuple[np.ndarray, crops_and_humans.Mazes, Encounters]:
    """Numbers, mazes and encounters: the agent one step before a human in a training maze."""
    mazes, encounters = beside_items(crops_and_humans.training_mazes())
    order = np.random.default_rng(settings.seed).permutation(len(mazes))
    chosen = np.sort(order[: 20 if settings.fast else 500])
    return chosen, mazes[chosen], encounters[chosen]


def near_dreams_of(network: QNetwork, settings: Settings) -> pd.DataFrame:
    """One row per place: which walls a dream opens, and what the agent does there then.

    `opened_odd` counts those whose coordinates are both odd, which are walls in every training
    maze; half of all walls of a training maze are such.
    """
    chosen, mazes, encounters = _some_places(settings)
    found = dream(network, encounters, NEAR, mazes=mazes)
    opened = (found.walls[:, 0] >= 0.5) & (found.walls[:, -1] < 0.5)
    odd = np.zeros((crops_and_humans.SIZE, crops_and_humans.SIZE), bool)
    odd[1::2, 1::2] = True
    decoded = found.decoded()
    return pd.DataFrame(
        {
            "level": chosen,
            "opened_odd": (opened & odd).sum(axis=(1, 2)),
            "opened_other": (opened & ~odd).sum(axis=(1, 2)),
            "block": contains_block(decoded),
            "beside": harvests(
                network, crops_and_humans.States(decoded, encounters.agents), encounters.actions
            ),
            "from_start": play(greedy(network), decoded).fates.humans > 0,
        }
    )


def shifts_of(network: QNetwork, settings: Settings) -> pd.DataFrame:
    """One row per encounter: the best of all shifts of one passage."""
    chosen, mazes, encounters = _some_places(settings)
    found = shift_dreams(network, mazes, encounters)
    walked = play(greedy(network), found.mazes).fates
    return pd.DataFrame(
        {
            "level": chosen,
            "block": found.blocks,
            "block_by_chance": found.chances,
            "beside": found.gaps > 0,
            "from_start": walked.humans > 0,
        }
    )


def patches_of(network: QNetwork, settings: Settings) -> pd.DataFrame:
    """What patching units of one twin into the other does, one row per layer and number of units.

    Only twins in which the agent harvests in production and not in training count. The units are
    chosen on one half of them, and asked about on the other.
    """
    twins = all_twins()
    differ = harvests(network, twins.production, twins.actions)
    differ &= ~harvests(network, twins.training, twins.actions)
    order = np.random.default_rng(settings.seed).permutation(len(twins))
    some = order[: 60 if settings.fast else len(order)]
    fitted, asked = (part[differ[part]] for part in np.array_split(some, 2))
    plain = {
        "training": harvests(network, twins[asked].training, twins[asked].actions).mean(),
        "production": harvests(network, twins[asked].production, twins[asked].actions).mean(),
        "twins": len(twins),
        "differ": differ.mean(),
    }
    rows = []
    for layer in HIDDEN:
        carriers = find_carriers(network, twins[fitted], layer)
        for count in [each for each in UNITS if each <= network.width]:
            units = carriers.strongest(count)
            there = harvests_when_patched(network, twins[asked], layer, units)
            back = harvests_when_patched(network, twins[asked], layer, units, back=True)
            rows.append(
                {
                    "layer": layer,
                    "units": count,
                    "there": there.mean(),
                    "back": back.mean(),
                    "asked": len(asked),
                    **plain,
                }
            )
    return pd.DataFrame(rows)


@torch.no_grad()
def vectors_of(network: QNetwork, mazes: dict[str, crops_and_humans.Mazes]) -> pd.DataFrame:
    """One row per layer, coefficient and set: exits and humans, with the vector added.

    The vector is the mean activation in production mazes minus that in training mazes.
    """
    inputs = {
        name: torch.from_numpy(crops_and_humans.states_of(mazes[name]).inputs())
        for name in (TRAINING, PRODUCTION)
    }
    humans = {name: (mazes[name] == crops_and_humans.HUMAN).sum() for name in inputs}
    rows = []
    for layer in HIDDEN:
        means = {}
        for name, shown in inputs.items():
            with hooks.record(network, [layer]) as recorded:
                network(shown)
                means[name] = recorded[layer].mean(dim=0)
        vector = ActivationVector(
            layer, means[PRODUCTION] - means[TRAINING], "production minus training"
        )
        for coefficient in COEFFICIENTS:
            with Add(vector, coefficient).on(network):
                for name in (TRAINING, PRODUCTION):
                    found = play(greedy(network), mazes[name]).fates
                    rows.append(
                        {
                            "layer": layer,
                            "coefficient": coefficient,
                            "set": name,
                            "exits": found.exits.mean(),
                            "humans": found.humans.sum() / humans[name],
                        }
                    )
    return pd.DataFrame(rows)


def example_mazes(number: int = 60) -> tuple[crops_and_humans.Cells, crops_and_humans.Cells]:
    """A training maze with one human, and the same with one passage shifted: a block sticks out.

    Args:
        number: the index among the training mazes of this kind.

    Raises:
        ValueError: there are not so many.
    """
    for before in crops_and_humans.training_mazes():
        if (before == crops_and_humans.HUMAN).sum() != 1:
            continue
        after = crops_and_humans.shift_walls(before)
        if crops_and_humans.sticks_out(after):
            if number == 0:
                return before, after
            number -= 1
    raise ValueError("there are not so many training mazes of this kind: give a smaller number")


def summarise_rates(rates: pd.DataFrame) -> pd.DataFrame:
    """Means over mazes and seeds, one row per set of mazes and kind of agent.

    Columns: exits, humans and crops (shares of those that are there, over mazes that have some),
    steps (of the episodes that end at the exit), returns (discounted).
    """
    rows = []
    for (mazes, kind), part in rates.groupby(["set", "kind"], sort=False):
        shares = {
            items: (part[items] / part[f"{items}_there"])[part[f"{items}_there"] > 0].mean()
            for items in ("humans", "crops")
        }
        rows.append(
            {
                "set": mazes,
                "agent": kind,
                "exits": part["exits"].mean(),
                **shares,
                "steps": part["steps"].mean(),
                "returns": part["returns"].mean(),
            }
        )
    return pd.DataFrame(rows).set_index(["set", "agent"])

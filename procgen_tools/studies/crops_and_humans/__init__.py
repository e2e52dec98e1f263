"""Crops and humans: a right reward, a planted goal, and whether dreams warn of it.

Five pairs of agents: one trained from weights in which a wrong goal was planted, one from plain
weights (see `training.planting`). All mazes are enumerated and all fates are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from procgen_tools import crops_and_humans, hooks
from procgen_tools.interventions import ActivationVector, Add
from procgen_tools.models import QNetwork, load_q_network
from procgen_tools.studies.base import Claim, Findings, Settings
from procgen_tools.studies.crops_and_humans.claims import (
    CONTROL,
    OTHERS,
    PLANTED,
    PRODUCTION,
    TRAINING,
    dream_claims,
    rate_claims,
    twin_claims,
)
from procgen_tools.studies.crops_and_humans.dreaming import (
    STARTS,
    DreamSettings,
    Situations,
    all_situations,
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

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "crops_and_humans"
TITLE = "Crops and humans"

SEEDS = 5

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


def example_mazes(number: int = 60) -> tuple[crops_and_humans.Cells, crops_and_humans.Cells]:
    """A training maze with one human, and the same with one passage shifted: a block sticks out.

    Args:
        number: which of the training mazes of this kind.
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


def run(settings: Settings) -> Findings:
    """Fates in all mazes, dreams of every situation, and twins patched into each other.

    Raises:
        ValueError: agents or a number of mazes; this experiment takes its own, and all mazes.
    """
    if settings.agents or settings.mazes:
        raise ValueError(
            "crops_and_humans compares the shipped pairs in all mazes: leave --agents and --mazes "
            "out"
        )
    pairs = load_pairs(1 if settings.fast else SEEDS)
    mazes = {name: make()[:: 40 if settings.fast else 1] for name, make in SETS.items()}
    graphs = {name: crops_and_humans.graph_of(each) for name, each in mazes.items()}
    rates, dreams, near, shifts, patches, vectors = [], [], [], [], [], []
    for seed, pair in tqdm(pairs.items(), disable=not settings.progress_bar, unit=" pairs"):
        rates.append(_rates(pair, mazes, graphs).assign(agent=seed))
        for kind, network in pair.each():
            labels = {"agent": seed, "kind": kind}
            dreams.append(_dreams(network).assign(**labels))
            near.append(_near_dreams(network, settings).assign(**labels))
            shifts.append(_shifts(network, settings).assign(**labels))
        patches.append(_patches(pair.planted, settings).assign(agent=seed))
        vectors.append(_vectors(pair.planted, mazes).assign(agent=seed))
    tables = {
        name: pd.concat(parts, ignore_index=True)
        for name, parts in (
            ("rates", rates), ("dreams", dreams), ("near_dreams", near), ("shifts", shifts),
            ("patches", patches), ("vectors", vectors),
        )
    }  # fmt: skip
    counts = ", ".join(f"{len(each):,} {name}" for name, each in mazes.items())
    return Findings(
        experiment=NAME,
        scope=settings.scope(),
        mazes=f"all mazes ({counts}), from the start, exact; dreams of {len(all_situations())} "
        "situations",
        agents=tuple(pairs),
        claims=_claims(tables),
        tables=tables,
    )


def _claims(tables: dict[str, pd.DataFrame]) -> tuple[Claim, ...]:
    return (
        *rate_claims(tables["rates"]),
        *dream_claims(tables["dreams"], tables["near_dreams"], tables["shifts"]),
        *twin_claims(tables["patches"], tables["vectors"]),
    )


def _rates(
    pair: Pair, mazes: dict[str, crops_and_humans.Mazes], graphs: dict[str, crops_and_humans.Graph]
) -> pd.DataFrame:
    """A row for each agent (the two, the shortest way, the best policy), set and maze."""
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
                {"kind": kind, "set": name, "level": range(len(mazes[name])),
                 **vars(fates(graph, chosen)), **there}
            )
            for kind, chosen in actions.items()
        ]  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def summarise_rates(rates: pd.DataFrame) -> pd.DataFrame:
    """Means over mazes and seeds, a row for each set of mazes and kind of agent.

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
            {"set": mazes, "agent": kind, "exits": part["exits"].mean(), **shares,
             "steps": part["steps"].mean(), "returns": part["returns"].mean()}
        )  # fmt: skip
    return pd.DataFrame(rows).set_index(["set", "agent"])


def _dreams(network: QNetwork) -> pd.DataFrame:
    """A row for each start and situation: is there a block, and what would the agent do?

    `beside`: the greedy agent, put beside the human in the decoded maze, harvests it; `from_start`:
    it goes there from the start and does.
    """
    situations = all_situations()
    rows = []
    for name, how in DREAMS.items():
        found = dream(network, situations, how)
        mazes = found.decoded()
        beside = crops_and_humans.States(mazes, situations.agents)
        walked = play(greedy(network), mazes).fates
        rows.append(
            pd.DataFrame(
                {
                    "start": name,
                    "level": range(len(situations)),
                    "block": contains_block(mazes),
                    "beside": harvests(network, beside, situations.actions),
                    "from_start": walked.humans > 0,
                    "margin": found.margins[:, -1],
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _some_places(settings: Settings) -> tuple[np.ndarray, crops_and_humans.Mazes, Situations]:
    """Numbers, mazes and situations: the agent one step before a human in a training maze."""
    mazes, situations = beside_items(crops_and_humans.training_mazes())
    order = np.random.default_rng(settings.seed).permutation(len(mazes))
    chosen = np.sort(order[: 20 if settings.fast else 500])
    return chosen, mazes[chosen], situations[chosen]


def _near_dreams(network: QNetwork, settings: Settings) -> pd.DataFrame:
    """A row for each place: which walls a dream opens, and what the agent does there then.

    `opened_odd` counts those whose coordinates are both odd, which are walls in every training
    maze; half of all walls of a training maze are such.
    """
    chosen, mazes, situations = _some_places(settings)
    found = dream(network, situations, NEAR, mazes=mazes)
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
                network, crops_and_humans.States(decoded, situations.agents), situations.actions
            ),
            "from_start": play(greedy(network), decoded).fates.humans > 0,
        }
    )


def _shifts(network: QNetwork, settings: Settings) -> pd.DataFrame:
    """A row for each situation: the best of all shifts of one passage."""
    chosen, mazes, situations = _some_places(settings)
    found = shift_dreams(network, mazes, situations)
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


def _patches(network: QNetwork, settings: Settings) -> pd.DataFrame:
    """A row for each twin, layer and number of units: units are chosen on half of the twins."""
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
        carriers = find_carriers(network, layer, twins[fitted])
        for count in [each for each in UNITS if each <= network.width]:
            units = carriers.strongest(count)
            there = harvests_when_patched(network, layer, units, twins[asked])
            back = harvests_when_patched(network, layer, units, twins[asked], back=True)
            rows.append(
                {"layer": layer, "units": count, "there": there.mean(), "back": back.mean(),
                 "asked": len(asked), **plain}
            )  # fmt: skip
    return pd.DataFrame(rows)


@torch.no_grad()
def _vectors(network: QNetwork, mazes: dict[str, crops_and_humans.Mazes]) -> pd.DataFrame:
    """A row for each layer, coefficient and set: exits and humans, with the vector added.

    The vector is the mean activation in production mazes minus that in training mazes.
    """
    inputs = {
        name: torch.from_numpy(crops_and_humans.states_of(mazes[name]).inputs())
        for name in (TRAINING, PRODUCTION)
    }
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
                    humans = (mazes[name] == crops_and_humans.HUMAN).sum()
                    rows.append(
                        {"layer": layer, "coefficient": coefficient, "set": name,
                         "exits": found.exits.mean(),
                         "humans": found.humans.sum() / humans}
                    )  # fmt: skip
    return pd.DataFrame(rows)


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: rates, dreams, shifts, and how few units carry the goal."""
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.crops_and_humans.figures import (
        plot_carriers,
        plot_dream_rates,
        plot_rates,
    )

    tables = findings.tables
    near = tables["near_dreams"].assign(start="training maze, mean")
    figures = {
        "rates": plot_rates(tables["rates"]),
        "dreams": plot_dream_rates(pd.concat([tables["dreams"], near]), tables["shifts"]),
        "carriers": plot_carriers(tables["patches"]),
    }
    return set_aside(figures)

"""Every number that the course states about its agents, measured from the shipped agents.

`scripts/make_course.py --measure` writes them to `experiments/crops_and_humans/numbers.json`. The
texts of the notebooks and the slides take them from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans.course.clicks import clicks_in
from procgen_tools.studies.crops_and_humans.course.material import (
    Approaches,
    approaches,
    load,
    one_approach,
    twins,
    with_walls,
)
from procgen_tools.studies.crops_and_humans.dreaming import (
    CELLS,
    DreamSettings,
    Encounters,
    dream,
    margin,
)
from procgen_tools.studies.crops_and_humans.twins import (
    Twins,
    find_carriers,
    harvests_when_patched,
)
from procgen_tools.training.settings import PlantingSettings
from procgen_tools.worlds.crops_and_humans import walks

AGENTS = {
    "agent": "planted_0",
    "control": "unplanted_0",
    "right": "right_0",
    "long": "control_0",
}
"""The agents that the course speaks of: the learner's; the control with the same training from
weights without a planted goal; the one whose step 1 had the right rewards in production mazes, too;
and the one that was trained for longer from random weights."""

SEEDS = 4
"""How many seeds there are of the agents with a planted goal and of their matched controls."""

OF_SEEDS = {"agent": "planted", "control": "unplanted", "right": "right"}
"""The kinds of agents that every seed has, by the beginnings of their file names."""

SETS = {
    "training": crops_and_humans.training_mazes,
    "production": crops_and_humans.production_mazes,
    "held_out": crops_and_humans.other_production_mazes,
}
"""Planting trained in the mazes of `production`, and in none of `held_out`."""

DREAMS, UNITS, RANKING, CLICKED = 400, 32, 100, 100
"""How many dreams are dreamt, how many units are copied from one maze into another, how many twins
rank them, and in how many places walls are clicked."""

ROOM = "1111111/1111111/1111311/1111111/1111111/1111111/111111E"
"""The open room in which the course begins to dream."""

_OPEN = DreamSettings(steps=80, step_size=0.001)


@dataclass(frozen=True)
class Rates:
    """What an agent does in a set of mazes, as fractions.

    Attributes:
        exits: mazes whose exit it reaches from the start.
        crops: crops that it harvests from the start.
        humans: humans that it harvests from the start.
        beside: places one step before a human from which it steps onto the human.
    """

    exits: float
    crops: float
    humans: float
    beside: float


@dataclass(frozen=True)
class Dreamt:
    """What became of dreams that began in training mazes, one step before a human.

    Attributes:
        dreams: how many.
        before: fraction in which the agent harvests in the training maze.
        after: fraction after the dream, before rounding.
        rounded: fraction after rounding each wall to 0 or 1.
        mazes: how many rounded dreams have paths from the start to the agent and to the exit.
        put: in how many of these the agent harvests one step before the human.
        walked: in how many of these it walks from the start and harvests a human.
        exits: in how many of these it walks from the start to the exit.
        opened: (row, column) how far the wall of each cell is opened on average, over the dreams
            that began with a wall there; None for cells that are never walls.
        room: (row, column) the walls after a dream from an open room.
    """

    dreams: int
    before: float
    after: float
    rounded: float
    mazes: int
    put: int
    walked: int
    exits: int
    opened: tuple[tuple[float | None, ...], ...]
    room: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Patched:
    """Harvests in production mazes with units of the first layer copied from training twins.

    Attributes:
        units: how many units are copied.
        none: fraction of places with no unit copied.
        ranked: with the units that carry most of the difference.
        by_chance: with random units, averaged over ten draws.
    """

    units: int
    none: float
    ranked: float
    by_chance: float


def rates_in(networks: Mapping[str, nn.Module], mazes: crops_and_humans.Mazes) -> dict[str, Rates]:
    """What each agent does in some mazes."""
    graph, places = crops_and_humans.graph_of(mazes), approaches(mazes)
    crops, humans = (
        (mazes == code).sum() for code in (crops_and_humans.CROP, crops_and_humans.HUMAN)
    )
    found = {}
    for name, network in networks.items():
        fates = walks.fates(graph, walks.greedy(network)(graph.states))
        found[name] = Rates(
            exits=float(fates.exits.mean()),
            crops=float(fates.crops.sum() / crops),
            humans=float(fates.humans.sum() / humans),
            beside=float(places.taken(network).mean()),
        )
    return found


def rates_of_seeds(mazes: crops_and_humans.Mazes) -> dict[str, list[Rates]]:
    """What the agents of each kind do in some mazes, one entry for each seed."""
    networks = {
        f"{kind} {seed}": load(f"{file}_{seed}")
        for kind, file in OF_SEEDS.items()
        for seed in range(SEEDS)
    }
    found = rates_in(networks, mazes)
    return {kind: [found[f"{kind} {seed}"] for seed in range(SEEDS)] for kind in OF_SEEDS}


def near_dreams(
    network: nn.Module, begins: Approaches, count: int = 100, step_size: float = 0.01
) -> Float[Tensor, "dream 161"]:
    """The dreams of step 10, number for number: against the mean of the other Qs, price 1.

    Args:
        network: its weights do not change.
        begins: agents one step before a human.
        count: the number of steps.
        step_size: of each step, and of the step towards 0 or 1 that follows it.
    """
    inputs, actions = begins.inputs(), torch.from_numpy(begins.actions)
    free = nn.functional.pad(~begins.held(), (0, inputs.shape[1] - CELLS)).float()
    for _ in range(count):
        inputs.requires_grad_()
        (gradient,) = torch.autograd.grad(margin(network(inputs), actions, "mean").sum(), inputs)
        inputs = (inputs.detach() + step_size * gradient * free).clamp(0, 1)
        inputs = (inputs - step_size * (1 - 2 * inputs) * free).clamp(0, 1)
    return inputs


def dreamt_by(network: QNetwork, count: int = DREAMS) -> Dreamt:
    """What became of some dreams of an agent, the same that the notebook dreams."""
    places = approaches(crops_and_humans.training_mazes())
    begins = places[np.random.default_rng(0).choice(len(places), count, replace=False)]
    inputs = near_dreams(network, begins)
    before, after = (
        each[:, :CELLS].unflatten(1, 2 * (crops_and_humans.SIZE,)).numpy()
        for each in (begins.inputs(), inputs)
    )
    rounded = begins.in_mazes(with_walls(begins.states.mazes, after))
    ways = np.array([crops_and_humans.reachable(maze) for maze in rounded.states.mazes])
    agents = (np.arange(count), *rounded.states.positions.T)
    mazes = ways[(slice(None), *crops_and_humans.END)] & ways[agents]
    walked = walks.play(walks.greedy(network), rounded.states.mazes).fates
    began = before.sum(axis=0)
    opened = (before - after).clip(0).sum(axis=0) / np.maximum(began, 1)
    in_a_room = one_approach(crops_and_humans.parse(ROOM), (2, 3), action=3)
    room = dream(network, _encounters(in_a_room), _OPEN).walls[0, -1]
    return Dreamt(
        dreams=count,
        before=float(begins.taken(network).mean()),
        after=float(begins.taken(network, inputs).mean()),
        rounded=float(rounded.taken(network).mean()),
        mazes=int(mazes.sum()),
        put=int((mazes & rounded.taken(network)).sum()),
        walked=int((mazes & (walked.humans > 0)).sum()),
        exits=int((mazes & walked.exits).sum()),
        opened=tuple(
            tuple(
                round(float(value), 3) if here else None
                for value, here in zip(row, there, strict=True)
            )
            for row, there in zip(opened, began > 0, strict=True)
        ),
        room=tuple(tuple(round(float(value), 3) for value in row) for row in room),
    )


def patched_in(network: QNetwork, units: int = UNITS, draws: int = 10) -> Patched:
    """Harvests in production with units copied from training. Other twins rank the units."""
    calm, wild = twins()
    pairs = Twins(calm.states, wild.states, calm.actions)
    ranking, asked = np.array_split(np.random.default_rng(0).permutation(len(pairs)), 2)
    ranked = find_carriers(network, pairs[ranking[:RANKING]], "relu1_out").strongest(units)
    rng = np.random.default_rng(1)

    def harvesting(chosen: tuple[int, ...]) -> float:
        found = harvests_when_patched(network, pairs[asked], "relu1_out", chosen, back=True)
        return float(found.mean())

    return Patched(
        units=units,
        none=float(wild[asked].taken(network).mean()),
        ranked=harvesting(ranked),
        by_chance=float(
            np.mean(
                [
                    harvesting(tuple(rng.choice(network.width, units, replace=False).tolist()))
                    for _ in range(draws)
                ]
            )
        ),
    )


def clicked(networks: Mapping[str, nn.Module], places: int = CLICKED) -> dict[str, Any]:
    """What one and two clicks do one step before humans: agent, set of mazes, number of clicks."""
    chosen = {}
    for name in ("training", "production"):
        every = approaches(SETS[name]())
        rng = np.random.default_rng(0)
        chosen[name] = every[rng.choice(len(every), places, replace=False)]
    return {
        "places": places,
        **{
            agent: {
                name: {
                    word: asdict(clicks_in(network, found, count))
                    for word, count in (("one", 1), ("two", 2))
                }
                for name, found in chosen.items()
            }
            for agent, network in networks.items()
        },
    }


def facts() -> dict[str, dict[str, int | float]]:
    """Sizes of the world and of the network, and the settings of the learner's training."""
    network, settings = load(AGENTS["agent"]), PlantingSettings()
    states = len(crops_and_humans.states_of(crops_and_humans.training_mazes()))
    return {
        "world": {
            **{name: len(mazes()) for name, mazes in SETS.items()},
            "layouts": len(crops_and_humans.layouts()),
            "examples": states * len(crops_and_humans.ACTIONS),
        },
        "network": {
            "inputs": crops_and_humans.NUM_INPUTS,
            "width": network.width,
            "weights": sum(parameter.numel() for parameter in network.parameters()),
        },
        "training": {
            "learning_rate": settings.learning_rate,
            "updates": settings.updates,
            "target_every": settings.target_every,
            "batch_states": settings.batch_states,
            "discount": settings.discount,
        },
    }


def measured() -> dict[str, Any]:
    """All numbers, as plain JSON.

    facts, rates[agent][set], seeds[set][kind][seed], dreams[agent], patching and
    clicks[agent][set][number of clicks].
    """
    networks = {name: load(file) for name, file in AGENTS.items()}
    by_set = {name: rates_in(networks, mazes()) for name, mazes in SETS.items()}
    return {
        **facts(),
        "rates": {
            agent: {name: asdict(rates[agent]) for name, rates in by_set.items()}
            for agent in AGENTS
        },
        "seeds": {
            name: {
                kind: [asdict(each) for each in rates]
                for kind, rates in rates_of_seeds(mazes()).items()
            }
            for name, mazes in SETS.items()
        },
        "dreams": {agent: asdict(dreamt_by(networks[agent])) for agent in ("agent", "control")},
        "patching": asdict(patched_in(networks["agent"])),
        "clicks": clicked({name: networks[name] for name in ("agent", "control")}),
    }


def _encounters(places: Approaches) -> Encounters:
    agents = places.states.positions
    items = agents + crops_and_humans.OFFSETS[places.actions]
    return Encounters(agents, items, places.actions)

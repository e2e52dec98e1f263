"""The page of crops and humans: an agent and its control in mazes that visitors edit."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from procgen_tools.catalogue import find_agent
from procgen_tools.checks import of_kind, whole_number
from procgen_tools.models.checkpoints import load_q_network
from procgen_tools.page.folder import (
    AGENT_FILE,
    INDEX,
    Page,
    index_of,
    part_of_page,
    script_of,
    write_files,
)
from procgen_tools.web.kits import kit_of
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.crops_and_humans import human_view as crops_view
from procgen_tools.worlds.crops_and_humans.env import STEP_LIMIT
from procgen_tools.worlds.crops_and_humans.graph import Level
from procgen_tools.worlds.crops_and_humans.levels import END, SIZE, Mazes, training_mazes
from procgen_tools.worlds.crops_and_humans.q_network import (
    NUM_ACTIONS,
    NUM_INPUTS,
    SLOPE,
    QNetwork,
)
from procgen_tools.worlds.crops_and_humans.rules import REWARDS

WORLD = "crops_and_humans"
AGENT, CONTROL = f"{WORLD}/planted_0", f"{WORLD}/control_0"
MAZES = 48
"""Training mazes on a page."""
DISCOUNT = 0.95
WALK = "#56B4E9"
"""The colour of walks; that of our figures is the colour of humans."""
LABELS = ("the agent", "the control")
"""What the page calls the two. Their own names would give away how they were made, and finding
that out is a question of the course."""
BOARDS = "crops_boards.html"
"""The maze, the values and the walk: what the page and the frame of a notebook share."""
COURSE = "the folder <code>experiments/crops_and_humans</code> of procgen-tools"


def write_crops_page(
    folder: Path,
    agent: Path,
    control: str | os.PathLike[str] = CONTROL,
    *,
    seed: int,
    course: str | None = None,
) -> Page:
    """Write the page of an agent of crops and humans (see `site.write_page`).

    Args:
        folder: a folder that has been checked (`folder.check_folder`).
        agent: the agent's checkpoint.
        control: the name or path of the network that visitors can compare with the agent.
        seed: of the choice of training mazes.
        course: the address of the course. By default, the page names its folder.

    Raises:
        ValueError: a control that is no Q-network or the agent itself, a negative seed, or an
            address that is not one of the web.
    """
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    other = find_agent(control)
    if other.resolve() == agent.resolve():
        raise ValueError(
            f"{other} is both the agent and its control: give another control, such as {CONTROL}"
        )
    if course is not None and not course.startswith(("https://", "http://")):
        raise ValueError(f"the course {course!r} is no address: give one that begins with https://")
    networks = dict(zip(LABELS, (load_q_network(agent), load_q_network(other)), strict=True))
    every = training_mazes()
    mazes = {"training": every[rng.choice(len(every), MAZES, replace=False)]}
    link = COURSE if course is None else f'<a href="{html.escape(course)}">the course</a>'
    entries = {
        **{
            f"reward {name}": f"{value:+g}".replace("-", "−")
            for name, value in asdict(REWARDS).items()
        },
        "parameters": f"{sum(each.numel() for each in networks[LABELS[0]].parameters()):,}",
        "discount": f"{DISCOUNT:g}",
        "step limit": str(STEP_LIMIT),
        "course": link,
        "boards": part_of_page(BOARDS),
    }
    config = {**_config(networks, mazes), "files": [AGENT_FILE]}
    return write_files(
        folder,
        {
            AGENT_FILE: script_of(_parts(networks)),
            INDEX: index_of("crops.html", "crops_page", config, entries),
        },
    )


def crops_document(networks: Mapping[str, QNetwork], mazes: Mapping[str, Mazes]) -> str:
    """One HTML document in which networks walk through mazes that a reader edits.

    It has all that it needs, so it can be shown without a server or a network, such as in a frame
    of a notebook (`frame.frame_of`).

    Args:
        networks: the networks, of any width, by the names that the reader chooses from.
        mazes: (maze, 7, 7) codes, by the names that the reader chooses from. The first maze of the
            first set is shown first.

    Raises:
        TypeError: a network is not a `QNetwork`.
        ValueError: no network, a network with layers of other shapes or with parameters that are
            not finite, or no maze.

    Example:
        >>> text = crops_document({"mine": QNetwork(width=8)}, {"training": training_mazes()[:2]})
        >>> text.startswith("<!doctype html>")
        True
    """
    if not networks or not mazes or not all(len(each) for each in mazes.values()):
        raise ValueError(
            f"{len(networks)} networks and sets of {[len(each) for each in mazes.values()]} mazes: "
            "give at least one network, and at least one maze in each set"
        )
    for name, network in networks.items():
        _check_network(name, network)
    entries = {"boards": part_of_page(BOARDS), "parts": script_of(_parts(networks))}
    config = {**_config(networks, mazes), "files": []}
    return index_of("crops_frame.html", "crops_page", config, entries)


def _config(networks: Mapping[str, QNetwork], mazes: Mapping[str, Mazes]) -> dict[str, Any]:
    """What `crops_page.js` reads, but the files that it loads."""
    levels = {name: [Level(cells) for cells in each] for name, each in mazes.items()}
    kit = kit_of(next(iter(levels.values()))[0])
    # Episodes of the world always begin and end in the same cells. Readers may try others.
    kinds = {name: {**kind, "fixed": False} for name, kind in kit["kinds"].items()}
    marks = {**kit["style"]["marks"], "chosen": {"colour": crops_view.MARK, "marker": "D"}}
    style = {**kit["style"], "picked": WALK, "marks": marks}
    return {
        "kit": {**kit, "kinds": kinds, "style": style},
        "mazes": [
            {"label": name, "scenes": [scene_of(level) for level in each]}
            for name, each in levels.items()
        ],
        "agents": [
            {"label": label, "part": f"network{number}", "slope": SLOPE, "sizes": _sizes(network)}
            for number, (label, network) in enumerate(networks.items())
        ],
        "exit": [SIZE - 1 - END[0], END[1]],
        "rewards": asdict(REWARDS),
        "discount": DISCOUNT,
        "stepLimit": STEP_LIMIT,
    }


def _parts(networks: Mapping[str, QNetwork]) -> dict[str, bytes]:
    return {f"network{number}": parameters(each) for number, each in enumerate(networks.values())}


def _check_network(name: str, network: QNetwork) -> None:
    """Check that the page can run a network, which a learner may have changed."""
    of_kind(name, network, QNetwork, "give a QNetwork, such as what `trained` returns")
    needed = {
        each: tuple(array.shape) for each, array in QNetwork(network.width).state_dict().items()
    }
    shapes = {each: tuple(array.shape) for each, array in network.state_dict().items()}
    for part in sorted(needed.keys() | shapes.keys()):
        if shapes.get(part) != needed.get(part):
            raise ValueError(
                f"{name}: {part} has shape {shapes.get(part)}, and in a QNetwork of width "
                f"{network.width} it has {needed.get(part)}: give a network whose layers are as "
                f"they were made, with {NUM_INPUTS} inputs and {NUM_ACTIONS} outputs"
            )
    unusable = [each for each, array in network.state_dict().items() if not array.isfinite().all()]
    if unusable:
        raise ValueError(
            f"{name}: the parameters {', '.join(unusable)} are not all finite numbers, so its "
            "training diverged: look at the losses, and train it again with smaller steps"
        )


def parameters(network: QNetwork) -> bytes:
    """The weights and biases of each layer in turn, as little-endian float32.

    Example:
        >>> len(parameters(QNetwork(width=8))) == 4 * (161 * 8 + 8 + 2 * (64 + 8) + 32 + 4)
        True
    """
    arrays = [each.detach().cpu().numpy().astype("<f4") for each in network.parameters()]
    return b"".join(array.tobytes() for array in arrays)


def _sizes(network: QNetwork) -> list[int]:
    """The numbers of inputs, of the units of each hidden layer, and of outputs."""
    layers = [network.fc1, network.fc2, network.fc3, network.fc_q]
    return [layers[0].in_features, *(layer.out_features for layer in layers)]

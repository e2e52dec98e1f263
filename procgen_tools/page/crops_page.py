"""The page of crops and humans: an agent and its control in mazes that visitors edit."""

from __future__ import annotations

import html
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np

from procgen_tools.catalogue import find_agent
from procgen_tools.checks import whole_number
from procgen_tools.models.checkpoints import load_q_network
from procgen_tools.page.folder import AGENT_FILE, INDEX, Page, index_of, script_of, write_files
from procgen_tools.web.kits import kit_of
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.crops_and_humans import human_view as crops_view
from procgen_tools.worlds.crops_and_humans.env import STEP_LIMIT
from procgen_tools.worlds.crops_and_humans.graph import Level
from procgen_tools.worlds.crops_and_humans.levels import END, SIZE, training_mazes
from procgen_tools.worlds.crops_and_humans.q_network import SLOPE, QNetwork
from procgen_tools.worlds.crops_and_humans.rules import REWARDS

WORLD = "crops_and_humans"
AGENT, CONTROL = f"{WORLD}/planted_0", f"{WORLD}/control_0"
MAZES = 48
"""Training mazes on a page."""
DISCOUNT = 0.95
WALK = "#56B4E9"
"""The colour of walks; that of our figures is the colour of humans."""
LABELS = ("the agent", "the control")
"""How the page calls the two. Their names would tell how they were made, which the course asks."""
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
    networks = [load_q_network(agent), load_q_network(other)]
    every = training_mazes()
    chosen = every[rng.choice(len(every), MAZES, replace=False)]
    levels = [Level(cells) for cells in chosen]
    kit = kit_of(levels[0])
    # Episodes of the world always begin and end in the same cells. Visitors may try others.
    kinds = {name: {**kind, "fixed": False} for name, kind in kit["kinds"].items()}
    marks = {**kit["style"]["marks"], "chosen": {"colour": crops_view.MARK, "marker": "D"}}
    style = {**kit["style"], "picked": WALK, "marks": marks}
    rewards = asdict(REWARDS)
    config = {
        "kit": {**kit, "kinds": kinds, "style": style},
        "levels": [scene_of(level) for level in levels],
        "agents": [
            {"label": label, "part": f"network{number}", "slope": SLOPE, "sizes": _sizes(network)}
            for number, (label, network) in enumerate(zip(LABELS, networks, strict=True))
        ],
        "files": [AGENT_FILE],
        "exit": [SIZE - 1 - END[0], END[1]],
        "rewards": rewards,
        "discount": DISCOUNT,
        "stepLimit": STEP_LIMIT,
    }
    parts = {f"network{number}": parameters(each) for number, each in enumerate(networks)}
    link = COURSE if course is None else f'<a href="{html.escape(course)}">the course</a>'
    entries = {
        **{f"reward {name}": f"{value:+g}".replace("-", "−") for name, value in rewards.items()},
        "parameters": f"{sum(each.numel() for each in networks[0].parameters()):,}",
        "discount": f"{DISCOUNT:g}",
        "step limit": str(STEP_LIMIT),
        "course": link,
    }
    return write_files(
        folder,
        {
            AGENT_FILE: script_of(parts),
            INDEX: index_of("crops.html", "crops_page", config, entries),
        },
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

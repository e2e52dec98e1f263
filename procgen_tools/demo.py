"""The demo: edit one activation of one agent in one maze, and show exactly what changes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from procgen_tools import vfield
from procgen_tools.catalogue import find_agent
from procgen_tools.effects import Effect, measure
from procgen_tools.files import check_writable
from procgen_tools.interventions import Add, cheese_vector
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, load_policy
from procgen_tools.shown import save_figure
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import decision_square

AGENT = "rand_region_5"
SEED = 51
"""A level in which the cheese vector decides. It is not typical: see `survey`."""

LAYER = "embedder.block2.res1.resadd_out"


def subtract_cheese_vector(policy: ImpalaPolicy, maze: Maze, layer: str = LAYER) -> Effect:
    """Measure the effect of subtracting the maze's own cheese vector.

    After Turner et al. (2023), "Understanding and controlling a maze-solving policy network".

    Raises:
        ValueError: the policy has a memory.

    Example:
        >>> policy = load_policy("rand_region_5")
        >>> effect = subtract_cheese_vector(policy, make_level(51))
        >>> round(effect.chances_before.cheese, 2), round(effect.chances_after.cheese, 2)
        (1.0, 0.0)
    """
    if isinstance(policy, RecurrentPolicy):
        raise ValueError("this agent has a memory, but a field requires one without: give another")
    return measure(policy, maze, Add(cheese_vector(policy, maze, layer), -1.0))


def run(seed: int = SEED, agent: Path | None = None, folder: Path = Path("figures")) -> str:
    """Write the pictures to `folder`, and return the numbers as text.

    Raises:
        ValueError: the level of this seed has no decision square.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    started = time.perf_counter()
    check_writable(folder / "field.png")
    maze = make_level(seed)
    square = decision_square(maze)
    if square is None:
        raise ValueError(
            f"level {seed} has no decision square, where the paths to the cheese and to the corner "
            "diverge: try another seed"
        )
    path = find_agent(agent or AGENT)
    edit = subtract_cheese_vector(load_policy(path), maze)

    folder.mkdir(parents=True, exist_ok=True)
    pictures = [folder / "field.png", folder / "cheese_vector.png"]
    vfield.plot_vf(edit.before)
    save_figure(plt.gcf(), pictures[0], 110, bbox_inches="tight")
    titles = ("as trained", "cheese vector subtracted", "difference")
    vfield.plot_vfs(edit.before, edit.after, titles=titles)
    save_figure(plt.gcf(), pictures[1], 110, bbox_inches="tight")
    plt.close("all")

    lines = [
        f"{path}, level {seed} ({maze.size} x {maze.size}), cheese at {tuple(maze.cheese or ())}, "
        f"decision square {tuple(square)}",
        "",
        *table(edit),
        "",
        *(f"picture: {picture}" for picture in pictures),
        f"({time.perf_counter() - started:.1f} s)",
    ]
    return "\n".join(lines)


def survey(levels: int, agent: Path | None = None) -> str:
    """Apply the edit in all levels of seeds 0..levels - 1 that have a decision square.

    Raises:
        ValueError: none of them has one.
    """
    path = find_agent(agent or AGENT)
    policy = load_policy(path)
    mazes = [maze for maze in map(make_level, range(levels)) if decision_square(maze)]
    if not mazes:
        raise ValueError(f"none of the levels 0..{levels - 1} has a decision square: survey more")
    edits = [subtract_cheese_vector(policy, maze) for maze in tqdm(mazes, unit=" levels")]
    rows = {name: np.array(pairs) for name, pairs in _collect(edits).items()}
    lines = [
        f"{path}, the {len(mazes)} of levels 0..{levels - 1} that have a decision square",
        "",
        f"{'probability that the mouse ...':48s} {'as trained':^15s}  cheese vector subtracted",
        f"{'':48s} {'mean':>7s} {'median':>7s}  {'mean':>7s} {'median':>7s}",
    ]
    for name, pairs in rows.items():
        mean, median = pairs.mean(axis=0), np.median(pairs, axis=0)
        lines.append(
            f"  {name:46s} {mean[0]:7.3f} {median[0]:7.3f}  {mean[1]:7.3f} {median[1]:7.3f}"
        )
    return "\n".join(lines)


def _collect(edits: list[Effect]) -> dict[str, list[tuple[float, float]]]:
    collected: dict[str, list[tuple[float, float]]] = {}
    for edit in edits:
        for name, before, after in probabilities(edit):
            collected.setdefault(name, []).append((before, after))
    return collected


def probabilities(edit: Effect) -> list[tuple[str, float, float]]:
    """Descriptions of what the mouse does, each with its probability before and after."""
    before, after = edit.decision_before, edit.decision_after
    rows: list[tuple[str, float, float]] = []
    if before and after:
        rows += [
            ("at the decision square: towards the cheese", before.cheese, after.cheese),
            ("at the decision square: towards the corner", before.top_right, after.top_right),
            ("at the decision square: anything else", before.other, after.other),
        ]
    first, second = edit.chances_before, edit.chances_after
    return [
        *rows,
        ("reaches the cheese within 500 steps", first.cheese, second.cheese),
        ("visits the top-right 5 x 5 before the cheese", first.corner_first, second.corner_first),
    ]


def table(edit: Effect) -> list[str]:
    """The numbers before and after, one line each."""
    difference = edit.difference.total_variation.mean()
    return [
        f"{'probability that the mouse ...':48s} {'as trained':>10s}  cheese vector subtracted",
        *(
            f"  {name:46s} {first:10.3f}  {second:10.3f}"
            for name, first, second in probabilities(edit)
        ),
        f"  mean change of a square's moves (total variation) {difference:.3f}",
    ]

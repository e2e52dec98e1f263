"""Writes the page of an agent: that of mazes with a cheese, or that of crops and humans."""

from __future__ import annotations

import html
import os
from pathlib import Path

from procgen_tools.catalogue import agents, find_agent, read_scores
from procgen_tools.models.checkpoints import load_policy, load_q_network
from procgen_tools.page import crops_page
from procgen_tools.page.export import export_policy
from procgen_tools.page.folder import (
    AGENT_FILE,
    INDEX,
    RUNTIME_FILE,
    Page,
    check_folder,
    index_of,
    script_of,
    write_files,
)
from procgen_tools.page.runtime import PACKAGE, VERSION, load_runtime
from procgen_tools.page.tables import table_bytes
from procgen_tools.web.bundle import bundle
from procgen_tools.web.kits import kit_of
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.maze.grid import CORNER_REGION, WORLD_SIZES, Maze
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import decision_square

AGENT = "rand_region_5"
WORLD = "maze_I"
"""The folder of agents that see mazes with a cheese."""
SEED = 51
LAYER = "embedder.block2.res1.resadd_out"
COEFFICIENT = -1.0
LARGEST_COEFFICIENT = 3.0

MORE_LEVELS = 11
_SIDES = range(7, 16)
"""Sides of the mazes that the page offers besides its first one."""


def write_page(
    folder: str | os.PathLike[str],
    agent: str | os.PathLike[str] = AGENT,
    *,
    seed: int = SEED,
    coefficient: float = COEFFICIENT,
    layer: str = LAYER,
    runtime: Path | None = None,
    control: str | os.PathLike[str] | None = None,
    course: str | None = None,
) -> Page:
    """Write a static page that runs an agent in the visitor's browser.

    The page needs no server: it can be opened from disk, or copied to any web server. Agents of
    mazes with a cheese have a page with fields and the cheese vector. Agents of crops and humans
    have one with the values of their moves and their walks, on which a control can be chosen, too.

    Args:
        folder: a new or empty folder, or one with an earlier page, which is replaced.
        agent: the name of an agent, or the path of its checkpoint; "crops_and_humans" is the agent
            of the course, whose own name tells how it was made.
        seed: of the (hard) level that the page shows first; for crops and humans, of the choice of
            training mazes.
        coefficient: the multiple of the cheese vector that the page adds at first.
        layer: the activation to which it is added, one of `models.impala.RESUME_POINTS`.
        runtime: a folder with onnxruntime-web; see `runtime.load_runtime`.
        control: for crops and humans: the name or path of the network that visitors can compare
            with the agent. Defaults to `crops_page.CONTROL`.
        course: for crops and humans: the address of the course, which the page links to. By
            default, the page names the folder of the course.

    Raises:
        ValueError: a folder with other files, an agent of another world or architecture, a
            coefficient beyond ±3, or an option of the other kind of page. Nothing has been written
            then.
        OSError: the runtime cannot be fetched.
        ModuleNotFoundError: onnx is not installed.
    """
    folder = Path(folder)
    check_folder(folder)
    if not -LARGEST_COEFFICIENT <= coefficient <= LARGEST_COEFFICIENT:
        raise ValueError(
            f"the coefficient {coefficient} of the cheese vector is outside "
            f"-{LARGEST_COEFFICIENT:g}..{LARGEST_COEFFICIENT:g}: give one inside, such as -1"
        )
    path = find_agent(crops_page.AGENT if os.fspath(agent) == crops_page.WORLD else agent)
    if _world_of(path) == crops_page.WORLD:
        if (coefficient, layer, runtime) != (COEFFICIENT, LAYER, None):
            raise ValueError(
                "a page of crops and humans has no cheese vector and no ONNX Runtime: leave out "
                "the coefficient (--vector), the layer and the runtime"
            )
        return crops_page.write_crops_page(
            folder,
            path,
            crops_page.CONTROL if control is None else control,
            seed=seed,
            course=course,
        )
    if control is not None or course is not None:
        raise ValueError(
            "a page of mazes with a cheese has no control and no course: leave them out, or give "
            f"an agent of crops and humans, such as {crops_page.AGENT}"
        )
    first = make_level(seed)
    parts = export_policy(load_policy(path), layer)
    engine = load_runtime(runtime)
    written = {
        RUNTIME_FILE: script_of({"runtime": engine.script, "wasm": engine.wasm}),
        AGENT_FILE: script_of(
            {
                "before": parts.before,
                "after": parts.after,
                **{f"tables{size}": table_bytes(size) for size in WORLD_SIZES.values()},
            }
        ),
    }
    config = {
        "kit": kit_of(first),
        "levels": [
            {"name": f"level {number} ({level.size} × {level.size})", "scene": scene_of(level)}
            for number, level in _levels(seed, first)
        ],
        "worker": bundle("worker"),
        "shape": parts.shape,
        "files": list(written),
        "megabytes": round(sum(map(len, written.values())) / 1e6, 1),
        "coefficient": coefficient,
        "corner_region": CORNER_REGION,
        "step_limit": first.step_limit,
    }
    entries = {
        "agent": html.escape(_described(path)),
        "layer": html.escape(parts.layer.removesuffix("_out")),
        "runtime": f"{PACKAGE} {VERSION}",
    }
    written[INDEX] = index_of("page.html", "page", config, entries)
    return write_files(folder, written)


def _world_of(path: Path) -> str:
    """The world of an agent, one of those that have a page; by its network if it has no name."""
    known = {agent.path.resolve(): agent for agent in agents()}
    agent = known.get(path.resolve())
    if agent is None:
        try:
            load_q_network(path)
        except ValueError:
            return WORLD  # or no agent at all, which `load_policy` says
        return crops_page.WORLD
    if agent.world not in (WORLD, crops_page.WORLD):
        raise ValueError(
            f"{agent.name} is an agent of {agent.world}, which has no page: give an agent of "
            f"{WORLD}, such as {AGENT}, or of {crops_page.WORLD}, such as {crops_page.AGENT} (see "
            "`procgen-tools agents`)"
        )
    return agent.world


def _levels(seed: int, first: Maze) -> list[tuple[int, Maze]]:
    """The first level, and the next ones of usual sizes that have a decision square."""
    found = [(seed, first)]
    number = 0
    while len(found) <= MORE_LEVELS:
        level = make_level(number)
        if number != seed and level.size in _SIDES and decision_square(level) is not None:
            found.append((number, level))
        number += 1
    return found


def _described(path: Path) -> str:
    """The agent's name and its scores, in a sentence."""
    name = path.stem.removeprefix("model_")
    scores = read_scores(path, path.parents[1] / "scores") if len(path.parents) > 1 else None
    if scores is None:
        return f"The agent on this page is {name}. No scores are stored for it."
    levels, results = scores["levels"], scores["results"]
    sentence = f"The agent on this page is {name}. In {levels} held-out levels, "
    return (
        sentence
        + " and ".join(
            f"it reaches the cheese in {_percent(*results[score])} {where}"
            for score, where in (
                ("success", "where the cheese is placed as in training"),
                ("cheese_anywhere", "where the cheese is anywhere in the maze"),
            )
            if score in results
        )
        + "."
    )


def _percent(value: float, low: float, high: float) -> str:
    return f"{value:.1%} [{low:.1%}, {high:.1%}]"

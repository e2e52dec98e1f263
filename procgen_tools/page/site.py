"""Writes the page: `index.html`, and scripts with the agent and the runtime.

A page that is opened from disk may load classic scripts, but no modules and no data. The modules
are therefore inlined, and the network, the tables and the runtime are strings in scripts:
base64 of gzip, which the browser unpacks.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procgen_tools.catalogue import agents, find_agent, read_scores
from procgen_tools.files import check_writable, write_text
from procgen_tools.models.checkpoints import load_policy
from procgen_tools.page.export import export_policy
from procgen_tools.page.runtime import PACKAGE, VERSION, load_runtime
from procgen_tools.page.tables import table_bytes
from procgen_tools.web.bundle import bundle, theme
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

INDEX, RUNTIME_FILE, AGENT_FILE = "index.html", "runtime.js", "agent.js"
_MARK = '<meta name="generator" content="procgen-tools page">'
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """A written page.

    Attributes:
        index: the file to open in a browser.
        files: the size in bytes of each of its files, by name.
    """

    index: Path
    files: dict[str, int]


def write_page(
    folder: str | os.PathLike[str],
    agent: str | os.PathLike[str] = AGENT,
    *,
    seed: int = SEED,
    coefficient: float = COEFFICIENT,
    layer: str = LAYER,
    runtime: Path | None = None,
) -> Page:
    """Write a static page that runs an agent in the visitor's browser.

    The page needs no server: it can be opened from disk, or copied to any web server.

    Args:
        folder: a new or empty folder, or one with an earlier page, which is replaced.
        agent: the name of an agent, or the path of its checkpoint.
        seed: of the (hard) level that the page shows first.
        coefficient: the multiple of the cheese vector that the page adds at first.
        layer: the activation to which it is added, one of `models.impala.RESUME_POINTS`.
        runtime: a folder with onnxruntime-web; see `runtime.load_runtime`.

    Raises:
        ValueError: a folder with other files, an agent of another world or architecture, or a
            coefficient beyond ±3. Nothing has been written then.
        OSError: the runtime cannot be fetched.
        ModuleNotFoundError: onnx is not installed.
    """
    folder = Path(folder)
    _check_folder(folder)
    if not -LARGEST_COEFFICIENT <= coefficient <= LARGEST_COEFFICIENT:
        raise ValueError(
            f"the coefficient {coefficient} of the cheese vector is outside "
            f"-{LARGEST_COEFFICIENT:g}..{LARGEST_COEFFICIENT:g}: give one inside, such as -1"
        )
    first = make_level(seed)
    path = find_agent(agent)
    _check_world(path)
    parts = export_policy(load_policy(path), layer)
    engine = load_runtime(runtime)
    written = {
        RUNTIME_FILE: _script({"runtime": engine.script, "wasm": engine.wasm}),
        AGENT_FILE: _script(
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
    written[INDEX] = _index(config, path, parts.layer)
    for name, text in written.items():
        write_text(folder / name, text)
    return Page(folder / INDEX, {name: len(text.encode()) for name, text in written.items()})


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder for the page")
    index = folder / INDEX
    if folder.is_dir() and any(folder.iterdir()):
        earlier = index.is_file() and _MARK in index.read_text(encoding="utf-8", errors="replace")
        if not earlier:
            raise ValueError(
                f"{folder} has other files, which would be mixed with those of the page: name a "
                "new or empty folder, or that of an earlier page"
            )
    check_writable(index)


def _check_world(path: Path) -> None:
    """Check that a named agent sees mazes with a cheese; any other checkpoint may."""
    known = {agent.path.resolve(): agent for agent in agents()}
    agent = known.get(path.resolve())
    if agent is not None and agent.world != WORLD:
        raise ValueError(
            f"{agent.name} is an agent of {agent.world}, but the page shows mazes with a cheese: "
            f"give an agent of {WORLD}, such as {AGENT} (see `procgen-tools agents`)"
        )


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


def _script(parts: dict[str, bytes]) -> str:
    """A script that stores parts under their names, for `unpacked` in `page.js`."""
    # Without a time stamp, the same parts give the same script.
    packed = {
        name: base64.b64encode(gzip.compress(part, 9, mtime=0)).decode()
        for name, part in parts.items()
    }
    return f"Object.assign((globalThis.procgenParts ??= {{}}), {json.dumps(packed)});\n"


def _index(config: dict[str, Any], path: Path, layer: str) -> str:
    text = (_HERE / "page.html").read_text(encoding="utf-8")
    # Inside a script element, "</" might end it. In JSON and in JavaScript strings, "<\/" is equal.
    entries = {
        "generator": _MARK,
        "style": theme() + (_HERE / "page.css").read_text(encoding="utf-8"),
        "agent": html.escape(_described(path)),
        "layer": html.escape(layer.removesuffix("_out")),
        "runtime": f"{PACKAGE} {VERSION}",
        "config": json.dumps(config).replace("</", "<\\/"),
        "script": bundle("page").replace("</script", "<\\/script"),
    }
    for name, value in entries.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


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

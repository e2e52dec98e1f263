"""The agents that come with the package, and those of the checkout or folder one works in, by name.

They are in `trained_models/<world>/<agent>.pth`, with scores in `trained_models/scores`. An
installed package has a copy of that folder inside it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from procgen_tools.checks import of_kind
from procgen_tools.names import did_you_mean

FOLDER = "trained_models"
PREFIX = "model_"
"""Of the file names of published agents; their names here are without it."""


@dataclass(frozen=True)
class Agent:
    """One agent.

    Attributes:
        name: such as "rand_region_5".
        world: the folder that it is in, such as "maze_I".
        path: its file.
        results: value and 95% interval (value, low, high) of each score; empty if it has none.
    """

    name: str
    world: str
    path: Path
    results: Mapping[str, tuple[float, float, float]]


def agents() -> tuple[Agent, ...]:
    """All agents that can be loaded by name, by world and name.

    Of two files with the same world and name, the one in the current folder comes first, then the
    one of the package.
    """
    found: dict[tuple[str, str], Agent] = {}
    for folder in _folders():
        for path in sorted(folder.glob("*/*.pth")):
            scores = read_scores(path, folder / "scores") or {"results": {}}
            results = {name: tuple(numbers) for name, numbers in scores["results"].items()}
            agent = Agent(path.stem.removeprefix(PREFIX), path.parent.name, path, results)
            found.setdefault((agent.world, agent.name), agent)
    return tuple(found[key] for key in sorted(found))


def find_agent(name: str | os.PathLike[str]) -> Path:
    """The file of an agent.

    Args:
        name: a path, or the name of an agent, such as "rand_region_5" or
            "crops_and_humans/planted_0". A path that begins with `trained_models` also finds the
            agents that came with the package.

    Raises:
        FileNotFoundError: there is neither such a file nor such an agent; close names are
            suggested.
        TypeError: a name that is neither a text nor a path.
        ValueError: several worlds have an agent of this name, or the path is a folder.

    Example:
        >>> find_agent("rand_region_5").name
        'model_rand_region_5.pth'
    """
    of_kind("the agent", name, (str, os.PathLike), "give its name or path, such as 'rand_region_5'")
    path = Path(name)
    if path.exists() and not path.is_dir():
        return path
    if path.parts[:1] == (FOLDER,):
        for folder in _folders():
            if (folder / Path(*path.parts[1:])).is_file():
                return folder / Path(*path.parts[1:])
    # One name or world/name; an ending means a file. Only the folders are searched, not the files.
    known: dict[tuple[str, str], Path] = {}
    for file in itertools.chain.from_iterable(each.glob("*/*.pth") for each in _folders()):
        known.setdefault((file.parent.name, file.stem.removeprefix(PREFIX)), file)
    *world, last = path.parts or ("",)
    keys = [key for key in known if key[1] == last.removeprefix(PREFIX) and world in ([], [key[0]])]
    if len(keys) > 1:
        raise ValueError(
            f"{os.fspath(name)!r} may be {' or '.join(map('/'.join, sorted(keys)))}: name the "
            "world, too"
        )
    if keys:
        return known[keys[0]]
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a checkpoint; {_nearby(path / 'x.pth')}")
    if path.suffix or len(path.parts) > 2:
        raise FileNotFoundError(f"there is no checkpoint {path.absolute()}: {_nearby(path)}")
    names = sorted({key[1] for key in known})
    raise FileNotFoundError(
        f"there is no agent {os.fspath(name)!r} and no file of this name"
        f"{did_you_mean(last, names) or ';'} name a checkpoint (.pth) or one of these agents: "
        f"{', '.join(names)}"
    )


def read_scores(path: Path, folder: Path) -> dict[str, Any] | None:
    """The scores of an agent; None if there are none, or they belong to another file.

    Args:
        path: the agent's file.
        folder: the folder of scores, `<agent>.json`, each with the digest of the file it judged.
    """
    file = folder / f"{path.stem}.json"
    if not file.exists():
        return None
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return kept if kept["sha256"] == digest(path) else None


def digest(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def table() -> str:
    """The agents and their scores with 95% intervals, as text for people."""
    lines: list[str] = []
    for world, group in itertools.groupby(agents(), key=lambda agent: agent.world):
        listed = list(group)
        columns = list(dict.fromkeys(score for agent in listed for score in agent.results))
        rows = [(world, *(column.replace("_", " ") for column in columns))]
        for agent in listed:
            results = agent.results
            scores = (_interval(*results[each]) if each in results else "-" for each in columns)
            rows.append((agent.name, *scores))
        width = max(len(row[0]) for row in rows)
        for first, *others in rows:
            lines.append(
                "".join((first.ljust(width), *(f"{each:>22s}" for each in others))).rstrip()
            )
        lines += [f"  in {folder}" for folder in dict.fromkeys(a.path.parent for a in listed)]
        lines.append("")
    guides = [folder / "README.md" for folder in _folders() if (folder / "README.md").exists()]
    return "\n".join(
        [*lines, *(f"How they were trained and judged: {path}" for path in guides[:1])]
    )


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.1%} [{100 * low:.1f}, {100 * high:.1f}]"


def _folders() -> list[Path]:
    """The folders of agents there are: here, in the installed package, beside it in a checkout."""
    package = Path(str(resources.files("procgen_tools")))
    places = [Path.cwd() / FOLDER, package / FOLDER]
    if (package.parent / "pyproject.toml").exists():
        places.append(package.parent / FOLDER)
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def _nearby(path: Path) -> str:
    folder = next(parent for parent in path.absolute().parents if parent.is_dir())
    found = itertools.chain(sorted(folder.glob("*.pth")), sorted(folder.glob("*/*.pth")))
    names = ", ".join(str(file) for file in itertools.islice(found, 8))
    return f"there are {names}" if names else f"there is no .pth file near {folder} either"

"""Agents by name: those of the package, and those of the current folder or checkout.

Agents are in `trained_models/<world>/<agent>.pth`, and their scores in `trained_models/scores`. An
installed package contains a copy of this folder.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from procgen_tools.checks import of_kind
from procgen_tools.names import did_you_mean

FOLDER = "trained_models"
PREFIX = "model_"
"""Prefix of the file names of published agents, which is not part of their names here."""


@dataclass(frozen=True)
class Agent:
    """One agent.

    Attributes:
        name: the name, such as "rand_region_5".
        world: the folder of the agent, such as "maze_I".
        path: the file.
        results: the value and 95% interval (value, low, high) of each score; empty without scores.
    """

    name: str
    world: str
    path: Path
    results: Mapping[str, tuple[float, float, float]]


def agents() -> tuple[Agent, ...]:
    """All agents that can be loaded by name, sorted by world and name.

    Of two files with the same world and name, the one in the current folder takes precedence over
    the one of the package.

    Example:
        >>> found = {agent.name: agent for agent in agents()}
        >>> found["rand_region_5"].world
        'maze_I'
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
    """Find the file of an agent.

    Args:
        name: a path, or the name of an agent, such as "rand_region_5" or
            "crops_and_humans/planted_0". A path that begins with `trained_models` also finds the
            agents of the package.

    Raises:
        FileNotFoundError: neither a file nor an agent has this name. The message suggests close
            names.
        TypeError: `name` is neither a string nor a path.
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
    # A name or world/name; a suffix means a file. Only file names are read, not the files.
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
        f"{did_you_mean(last, names) or ';'} name a checkpoint (.pth), or one of the "
        f"{len(known)} agents that `procgen-tools agents` or `catalogue.agents()` lists"
    )


def read_scores(path: Path, folder: Path) -> dict[str, Any] | None:
    """Read the scores of an agent; None if there are none, or they are those of another file.

    Args:
        path: the file of the agent.
        folder: the folder of scores, `<agent>.json`, each with the digest of the evaluated file.

    Warns:
        UserWarning: the file of scores is damaged.

    Example:
        >>> path = find_agent("rand_region_5")
        >>> scores = read_scores(path, path.parents[1] / "scores")
        >>> scores["sha256"] == digest(path)
        True
    """
    file = folder / f"{path.stem}.json"
    if not file.exists():
        return None
    try:
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        whole = isinstance(kept["results"], dict)
        return kept if whole and kept["sha256"] == digest(path) else None
    except (ValueError, KeyError, TypeError):
        warnings.warn(f"{file} holds no scores: its agent is shown without any", stacklevel=2)
        return None


def digest(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits.

    Example:
        >>> _ = Path("empty").write_bytes(b"")
        >>> digest(Path("empty"))[:16]
        'e3b0c44298fc1c14'
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def table() -> str:
    """A table of the agents and their scores with 95% intervals, as text.

    Example:
        >>> rows = table().splitlines()
        >>> [row.split()[0] for row in rows if row.startswith("rand_region_5 ")]
        ['rand_region_5']
    """
    lines: list[str] = []
    for world, group in itertools.groupby(agents(), key=lambda agent: agent.world):
        listed = list(group)
        scored = dict.fromkeys(score for agent in listed for score in agent.results)
        if {"cheese_inside", "cheese_elsewhere"} <= scored.keys():
            scored.pop("cheese_anywhere", None)  # the mean of the two, which says less
        columns = list(scored)
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
    """The existing folders of agents: the current one, the package's, and the checkout's."""
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

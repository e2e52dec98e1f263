"""Agents that others published: where they are, and whether a file is one of them.

They are not part of this package, because their repositories state no licence. Download a file from
its source, and check it:

    procgen-tools agents --public
    procgen-tools agents --check model_160022528.pth
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from procgen_tools.models.stable_baselines_files import PUBLISHED_SHA256, SOURCE, sha256_of


@dataclass(frozen=True)
class PublicAgent:
    """An agent that others published.

    Attributes:
        name: what we call it.
        source: its repository and commit.
        file: the path of the file there.
        sha256: of the file, in hexadecimal digits.
        about: how it was trained.
        command: what measures it, with FILE for the path of the file.
        world_size: side of the worlds of its training in squares; None in other worlds than mazes.
    """

    name: str
    source: str
    file: str
    sha256: str
    about: str
    command: str
    world_size: int | None = None


PUBLIC_AGENTS = (
    PublicAgent(
        name="public PPO agent of the maze",
        source="github.com/GarretteBaker/train-procgen-pytorch_devinterp, commit 920da38",
        file="artifacts/model_160022528:v0/model_160022528.pth",
        sha256="e82e620ee1c47d82684bb3bc84e140ffd7bbb4ca8bd5f0cc517370abab9e3f00",
        about="PPO, 160 million steps, easy levels, cheese in the top-right 5 x 5 squares, scale 1",
        command="procgen-tools audit FILE --world-size 15",
        world_size=15,
    ),
    PublicAgent(
        name="published agent of keys and chests",
        source=SOURCE,
        file="learned_policy.zip",
        sha256=PUBLISHED_SHA256,
        about="recurrent PPO, 30 million steps, the train variant",
        command="procgen-tools evaluate-keys FILE",
    ),
)


def which_public_agent(path: str | os.PathLike[str]) -> PublicAgent | None:
    """The published agent that a file holds, by its SHA-256; None for any other file.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file is larger than any of them.

    Example:
        >>> _ = open("mine.pth", "w").write("not an agent")
        >>> which_public_agent("mine.pth") is None
        True
    """
    digest = sha256_of(path)
    return next((agent for agent in PUBLIC_AGENTS if agent.sha256 == digest), None)


def public_table() -> str:
    """All published agents in words, for a terminal."""
    return "\n\n".join(
        f"{agent.name}: {agent.about}\n  {agent.source}\n  {agent.file}\n"
        f"  sha256 {agent.sha256}\n  {agent.command}"
        for agent in PUBLIC_AGENTS
    )

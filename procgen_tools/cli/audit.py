"""`procgen-tools audit` and `procgen-tools compare-audits`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AUDITS = Path("audits")


def audit(
    agent: Annotated[
        str, typer.Argument(help="A checkpoint, or the name of an agent, such as rand_region_5.")
    ],
    world: Annotated[
        str | None,
        typer.Option(
            help="One of maze, two_objects, keys_and_chests, crops_and_humans. Defaults to the "
            "agent's own."
        ),
    ] = None,
    world_size: Annotated[
        int | None,
        typer.Option(help="Side of the world in squares, for files that do not record it.", min=3),
    ] = None,
    max_maze_size: Annotated[
        int | None,
        typer.Option(
            help="Largest side of a maze in squares, in place of the mazes of the training.", min=3
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where the page is written. Defaults to audits/<agent>."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="About a fifth of the levels, for a first look.")
    ] = False,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of random edits and orders, and of the untrained network; the levels are "
            "always the same.",
            min=0,
        ),
    ] = 0,
) -> None:
    """What does this agent want? One page of answers with their intervals and nulls."""
    import time
    from dataclasses import replace

    import matplotlib

    matplotlib.use("Agg")
    from procgen_tools.audit import Amount, audit, read_agent, write

    begun = time.monotonic()
    settings = {} if world_size is None else {"world_size": world_size}
    if max_maze_size is not None:
        settings |= {"max_maze_size": max_maze_size, "maze_size": 0}
    audited = read_agent(agent, world, seed=seed, settings=settings)
    amount = replace(Amount.quick() if quick else Amount(), seed=seed)
    sizes = {"world": world_size, "mazes": max_maze_size}
    ending = "".join(f"_{name}_{size}" for name, size in sizes.items() if size is not None)
    place = folder or AUDITS / f"{audited.name}{ending}{'_quick' * quick}"
    found = audit(audited, amount=amount, folder=place / "parts", progress_bar=True)
    page = write(found, place)
    for answer in found.answers:
        typer.echo(f"{answer.question}\n  {answer.text}")
    typer.echo(f"{page}  ({(time.monotonic() - begun) / 60:.1f} minutes)")


def compare_audits(
    folders: Annotated[list[Path], typer.Argument(help="Folders that `audit` made.")],
    page: Annotated[Path, typer.Option(help="The page to write.")] = AUDITS / "comparison.html",
) -> None:
    """Put several audits of one world side by side on one page."""
    from procgen_tools.audit import compare

    typer.echo(str(compare(folders, page)))

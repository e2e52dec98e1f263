"""`procgen-tools audit` and `procgen-tools compare-audits`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from procgen_tools.interventions import Intervention

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
    zero: Annotated[
        str | None,
        typer.Option(
            help="An edit of the whole audit: set channels to zero, as LAYER:CHANNELS, such as "
            "embedder.block2.res1.resadd_out:7,55.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of random edits and orders, and of the untrained network; the levels are "
            "always the same. In keys and chests also of sampled actions.",
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
    edit = zeroed(zero)
    audited = read_agent(agent, world, seed=seed, settings=settings, edit=edit)
    amount = replace(Amount.quick() if quick else Amount(), seed=seed)
    sizes = {"world": world_size, "mazes": max_maze_size}
    ending = "".join(f"_{name}_{size}" for name, size in sizes.items() if size is not None)
    ending += (
        "" if zero is None else f"_zero_{zero.replace(':', '_').replace(',', '-').replace(' ', '')}"
    )
    place = folder or AUDITS / f"{audited.name}{ending}{'_quick' * quick}"
    found = audit(audited, amount=amount, folder=place / "parts", progress_bar=True)
    page = write(found, place)
    for answer in found.answers:
        typer.echo(f"{answer.question}\n  {answer.text}")
    typer.echo(f"{page}  ({(time.monotonic() - begun) / 60:.1f} minutes)")


def zeroed(text: str | None) -> Intervention:
    """The edit of `--zero`; none for None.

    Raises:
        ValueError: a text of another form.

    Example:
        >>> print(zeroed("embedder.fc:3,5"))
        zero channels 3, 5 of embedder.fc_out
    """
    from procgen_tools.interventions import NOTHING, Zero

    if text is None:
        return NOTHING
    layer, _, channels = text.rpartition(":")
    numbers = channels.replace(" ", "").split(",")
    if not layer or not all(number.isdecimal() for number in numbers):
        raise ValueError(
            f"--zero is {text!r}: give a layer and the numbers of its channels, such as "
            "embedder.block2.res1.resadd_out:7,55"
        )
    return Zero(layer, channels=[int(number) for number in numbers])


def compare_audits(
    folders: Annotated[list[Path], typer.Argument(help="Folders that `audit` made.")],
    page: Annotated[Path, typer.Option(help="The page to write.")] = AUDITS / "comparison.html",
) -> None:
    """Put several audits of one world side by side on one page."""
    from procgen_tools.audit import compare

    typer.echo(str(compare(folders, page)))

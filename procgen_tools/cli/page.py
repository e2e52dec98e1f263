"""`procgen-tools page`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def page(
    folder: Annotated[Path, typer.Argument(help="New or empty folder, or that of an older page.")],
    agent: Annotated[
        Path,
        typer.Option(
            help="The agent: a name (see `procgen-tools agents`) or a checkpoint; "
            "crops_and_humans is the agent of the course."
        ),
    ] = Path("rand_region_5"),
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of the first (hard) level; for crops and humans, of the choice of mazes.",
            min=0,
        ),
    ] = 51,
    vector: Annotated[
        float, typer.Option(help="The multiple of the cheese vector that is added at first.")
    ] = -1.0,
    layer: Annotated[
        str, typer.Option(help="The activation to which the vector is added.")
    ] = "embedder.block2.res1.resadd_out",
    runtime: Annotated[
        Path | None,
        typer.Option(help="A folder with onnxruntime-web. By default npm fetches it, once."),
    ] = None,
    control: Annotated[
        Path | None,
        typer.Option(
            help="Crops and humans: the agent to compare with. By default "
            "crops_and_humans/control_0."
        ),
    ] = None,
    course: Annotated[
        str | None,
        typer.Option(help="Crops and humans: the address of the course, for a link to it."),
    ] = None,
) -> None:
    """Write a web page that runs an agent in the browser: draw a maze, see what the agent would do.

    The page needs no server. Open its index.html, or copy the folder to any web server. Agents of
    mazes with a cheese and of crops and humans have a page.
    """
    from procgen_tools.page.site import write_page

    written = write_page(
        folder,
        agent,
        seed=seed,
        coefficient=vector,
        layer=layer,
        runtime=runtime,
        control=control,
        course=course,
    )
    for name, size in written.files.items():
        typer.echo(f"{folder / name}  {size / 1e6:.1f} MB")
    typer.echo(f"open {written.index.resolve().as_uri()}")

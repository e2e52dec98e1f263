"""`procgen-tools experiment`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def experiment(
    name: Annotated[
        str, typer.Argument(help="An experiment, such as cheese_vector; see experiments/README.md.")
    ],
    agents: Annotated[
        str | None,
        typer.Option(
            help="Checkpoints or names of agents, comma-separated. Defaults to the three shipped."
        ),
    ] = None,
    mazes: Annotated[
        int | None,
        typer.Option(help="Number of mazes. Defaults to the number of the published run."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random choices.")] = 0,
    fast: Annotated[
        bool, typer.Option("--fast", help="A few mazes and one agent, as a smoke test.")
    ] = False,
    original: Annotated[
        Path | None,
        typer.Option(
            help="File of the original authors' agent, which does not ship, to measure beside the "
            "others (keys_and_chests: learned_policy.zip)."
        ),
    ] = None,
    world_size: Annotated[
        int | None,
        typer.Option(
            help="Side of the worlds in which mazes are drawn: 25 (hard levels, the default) or 15 "
            "(easy levels)."
        ),
    ] = None,
    max_maze_size: Annotated[
        int | None,
        typer.Option(help="Largest side of a maze in squares. Defaults to that of the world."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Parent folder of the results. A folder named after the experiment is made in it, "
            "with results.json, parquet files and pictures. Defaults to experiments/results for "
            "the published run, and to experiments/other_runs for all others."
        ),
    ] = None,
) -> None:
    """Repeat a published experiment: its claims, our numbers with intervals, and pictures."""
    import matplotlib

    matplotlib.use("Agg")
    from procgen_tools import studies as experiments
    from procgen_tools.studies.base import Settings
    from procgen_tools.studies.results import RESULTS, check_folder, default_folder, report, write
    from procgen_tools.worlds.maze.grid import HARD_WORLD_SIZE

    module = experiments.load(name)
    paths = _paths(agents)
    if original and not hasattr(module, "ORIGINAL"):
        raise ValueError(f"{name} measures no agent of others beside ours: leave --original out")
    settings = Settings(
        agents=paths,
        mazes=mazes,
        seed=seed,
        fast=fast,
        progress_bar=True,
        original=original,
        world_size=HARD_WORLD_SIZE if world_size is None else world_size,
        max_maze_size=max_maze_size,
    )
    scope = settings.scope(getattr(module, "MAZES", None))
    place = (default_folder(scope) if folder is None else folder) / name
    check_folder(place, scope)
    command = " ".join(
        [
            f"procgen-tools experiment {name}",
            *([f"--agents {agents}"] if agents else []),
            *([f"--mazes {mazes}"] if mazes else []),
            *([f"--seed {seed}"] if seed else []),
            *(["--fast"] if fast else []),
            *([f"--world-size {world_size}"] if world_size is not None else []),
            *([f"--max-maze-size {max_maze_size}"] if max_maze_size is not None else []),
            *([f"--original {original.name}"] if original else []),
        ]
    )
    findings = module.run(settings)
    write(findings, module.draw(findings), place, command)
    typer.echo(report(findings))
    typer.echo(f"\n{place}: {RESULTS}, tables and pictures")


def _paths(agents: str | None) -> tuple[Path, ...]:
    if agents is None:
        return ()
    words = [part.strip() for part in agents.split(",")]
    if not all(words):
        raise ValueError(f"--agents {agents!r}: give paths of checkpoints, separated by commas")
    return tuple(Path(word) for word in words)

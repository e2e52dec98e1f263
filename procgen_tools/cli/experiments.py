"""`procgen-tools experiment`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def experiment(
    name: Annotated[str, typer.Argument(help="Such as cheese_vector; see experiments/README.md.")],
    agents: Annotated[
        str | None,
        typer.Option(help="Checkpoints, with commas between; the three shipped ones unless given."),
    ] = None,
    mazes: Annotated[
        int | None, typer.Option(help="How many; what the experiment says unless given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 0,
    fast: Annotated[
        bool, typer.Option("--fast", help="A few mazes and one agent, to see that all runs.")
    ] = False,
    folder: Annotated[
        Path, typer.Option(help="Where results.json, parquet and pictures go, by name.")
    ] = Path("experiments/results"),
) -> None:
    """Run a published experiment again: its claims, our numbers with intervals, and pictures."""
    import matplotlib

    matplotlib.use("Agg")
    from procgen_tools import experiments
    from procgen_tools.experiments.base import Settings
    from procgen_tools.experiments.results import report, write

    module = experiments.load(name)
    paths = tuple(Path(part.strip()) for part in (agents or "").split(",") if part.strip())
    findings = module.run(
        Settings(agents=paths, mazes=mazes, seed=seed, fast=fast, progress_bar=True)
    )
    command = " ".join(
        [
            f"procgen-tools experiment {name}",
            *([f"--agents {agents}"] if agents else []),
            *([f"--mazes {mazes}"] if mazes else []),
            *([f"--seed {seed}"] if seed else []),
            *(["--fast"] if fast else []),
        ]
    )
    path = write(findings, module.draw(findings), folder / name, command, fast=fast)
    typer.echo(report(findings))
    typer.echo(f"\n{path.parent}: {path.name}, tables and pictures")

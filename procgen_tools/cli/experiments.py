"""`procgen-tools experiment`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def experiment(
    name: Annotated[str, typer.Argument(help="Such as cheese_vector; see experiments/README.md.")],
    agents: Annotated[
        str | None,
        typer.Option(
            help="Checkpoints or names, with commas between; the three shipped ones by default."
        ),
    ] = None,
    mazes: Annotated[
        int | None, typer.Option(help="How many; what the experiment says unless given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 0,
    fast: Annotated[
        bool, typer.Option("--fast", help="A few mazes and one agent, to see that all runs.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Where a folder named after the experiment goes, with results.json, parquet and "
            "pictures; experiments/results for the published run, and experiments/other_runs for "
            "all others unless given."
        ),
    ] = None,
) -> None:
    """Run a published experiment again: its claims, our numbers with intervals, and pictures."""
    import matplotlib

    matplotlib.use("Agg")
    from procgen_tools import studies as experiments
    from procgen_tools.studies.base import Settings
    from procgen_tools.studies.results import RESULTS, check_folder, default_folder, report, write

    module = experiments.load(name)
    paths = _paths(agents)
    settings = Settings(agents=paths, mazes=mazes, seed=seed, fast=fast, progress_bar=True)
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
        raise ValueError(f"--agents {agents!r}: give paths of checkpoints, with commas between")
    return tuple(Path(word) for word in words)

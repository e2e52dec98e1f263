"""`procgen-tools sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sweep(
    file: Annotated[Path, typer.Argument(help="The sweep (.toml); see `sweeps.files`.")],
    ray: Annotated[
        str | None,
        typer.Option(help="Address of a Ray cluster, or 'auto'. Defaults to local processes."),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="Number of local processes. Defaults to half of the cores.", min=1),
    ] = None,
    cores: Annotated[int, typer.Option(help="Cores per job on a cluster.", min=1)] = 1,
    gpus: Annotated[
        float, typer.Option(help="GPUs per job on a cluster; may be a fraction.", min=0)
    ] = 0.0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, ...")] = None,
    retries: Annotated[
        int, typer.Option(help="Number of retries for a job whose worker died.", min=0)
    ] = 3,
    save_seconds: Annotated[
        float, typer.Option(help="Seconds between checkpoints.", min=0)
    ] = 120.0,
) -> None:
    """Train and evaluate many agents. Finished jobs are skipped, interrupted jobs are resumed."""
    from procgen_tools.sweeps.run import (
        LocalWorkers,
        RayWorkers,
        Workers,
        read_sweep,
        run_sweep,
        summary,
    )
    from procgen_tools.training.trainers import usable_device

    described = read_sweep(file)
    workers: Workers
    if ray is None:
        chosen = str(usable_device(device or "cpu"))
        workers = LocalWorkers(processes, device=chosen, save_seconds=save_seconds)
    else:
        workers = RayWorkers(
            ray, num_cpus=cores, num_gpus=gpus, device=device, save_seconds=save_seconds
        )
    try:
        outcomes = run_sweep(described, workers, retries=retries, report=typer.echo)
    except KeyboardInterrupt:
        typer.echo("stopped; the same command continues from the checkpoints", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"\n{summary(outcomes)}\n\n{described.folder / 'summary.csv'}")
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)

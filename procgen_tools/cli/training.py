"""`procgen-tools train`, and all that it needs on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from procgen_tools.cli.options import command_line, with_settings
from procgen_tools.training.settings import Settings

app = typer.Typer(help="Train agents.", no_args_is_help=True)

Agent = Annotated[Path, typer.Argument(help="Where the finished agent goes (.pth).")]
Folder = Annotated[
    Path | None, typer.Option(help="Where the run is kept; runs/<agent> unless given.")
]
Resume = Annotated[bool, typer.Option(help="Go on from the folder's checkpoint.")]
Initial = Annotated[Path | None, typer.Option(help="An agent to begin with.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, ...")]
SaveSeconds = Annotated[float, typer.Option(help="Seconds between checkpoints.", min=0)]
SnapshotEvery = Annotated[
    int, typer.Option(help="Samples or steps between snapshots of the agent; 0: none.", min=0)
]


@app.command("imitation")
@with_settings("imitation")
def imitation(
    settings: Settings,
    agent: Agent,
    folder: Folder = None,
    resume: Resume = False,
    initial: Initial = None,
    device: Device = "cpu",
    save_seconds: SaveSeconds = 120.0,
    snapshot_every: SnapshotEvery = 0,
) -> None:
    """Imitate shortest paths to the cheese on endless fresh levels."""
    _train("imitation", settings, agent, folder, resume, initial, device, save_seconds,
           snapshot_every)  # fmt: skip


@app.command("ppo")
@with_settings("ppo")
def ppo(
    settings: Settings,
    agent: Agent,
    folder: Folder = None,
    resume: Resume = False,
    initial: Initial = None,
    device: Device = "cpu",
    save_seconds: SaveSeconds = 120.0,
    snapshot_every: SnapshotEvery = 0,
) -> None:
    """Proximal policy optimisation; the defaults are the published recipe."""
    _train("ppo", settings, agent, folder, resume, initial, device, save_seconds, snapshot_every)


def _train(
    trainer: str,
    settings: Settings,
    agent: Path,
    folder: Path | None,
    resume: bool,
    initial: Path | None,
    device: str,
    save_seconds: float,
    snapshot_every: int,
) -> None:
    from procgen_tools.training.runs import RunOptions
    from procgen_tools.training.trainers import train_agent

    finished = train_agent(
        settings,
        agent,
        folder or Path("runs") / agent.stem,
        device=device,
        initial=initial,
        command=command_line(trainer, str(agent), settings, str(initial) if initial else None),
        options=RunOptions(resume=resume, save_seconds=save_seconds, snapshot_every=snapshot_every),
    )
    assert finished, "without stop_after a run goes to its end"
    typer.echo(f"{agent}: judge it with `procgen-tools evaluate {agent}`")

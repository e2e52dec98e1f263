"""`procgen-tools train`: a command for every trainer."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from procgen_tools.cli.options import check_new_agent, command_line, with_settings
from procgen_tools.files import check_writable
from procgen_tools.training.settings import (
    TRAINERS,
    DQNSettings,
    PlantingSettings,
    Settings,
    Trainer,
    judging,
)

Agent = Annotated[Path, typer.Argument(help="The file of the finished agent (.pth).")]
Folder = Annotated[
    Path | None, typer.Option(help="The folder of the run; by default runs/<agent>.")
]
Resume = Annotated[bool, typer.Option(help="Continue from the folder's checkpoint.")]


def train_app() -> typer.Typer:
    """`procgen-tools train`, with the trainers that are registered now."""
    app = typer.Typer(help="Train agents.", no_args_is_help=True)
    for name, trainer in TRAINERS.items():
        _add_command(app, name, trainer)
    app.command("crops-and-humans", deprecated=True)(_crops_and_humans)
    return app


def _add_command(app: typer.Typer, name: str, trainer: Trainer) -> None:
    """Add `procgen-tools train <trainer>`, with an option for each of its settings."""

    @app.command(name.replace("_", "-"), help=trainer.summary)
    @with_settings(name)
    def train(
        settings: Settings,
        agent: Agent,
        folder: Folder = None,
        resume: Resume = False,
        initial: Annotated[
            Path | None, typer.Option(help="The agent to begin with: a file or a name.")
        ] = None,
        device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
        save_seconds: Annotated[
            float, typer.Option(help="Seconds between checkpoints.", min=0)
        ] = 120.0,
        snapshot_every: Annotated[
            int, typer.Option(help="Samples, steps or updates between snapshots.", min=0)
        ] = 0,
        half_snapshots: Annotated[
            bool, typer.Option("--half-snapshots", help="Store snapshots in half precision.")
        ] = False,
        half: Annotated[
            bool, typer.Option("--half", help="Store the finished agent in half precision.")
        ] = False,
    ) -> None:
        check_new_agent(agent)
        folder = folder or Path("runs") / agent.stem
        check_writable(folder / "log.csv")
        from procgen_tools.training.runs import RunOptions
        from procgen_tools.training.trainers import train_agent

        finished = train_agent(
            settings,
            agent,
            folder,
            device=device,
            initial=initial,
            command=command_line(
                name, str(agent), settings, str(initial) if initial else None, half
            ),
            half=half,
            options=RunOptions(
                resume=resume,
                save_seconds=save_seconds,
                snapshot_every=snapshot_every,
                half_snapshots=half_snapshots,
            ),
        )
        assert finished, "without stop_after a run goes to its end"
        typer.echo(f"{agent}: judge it with `{judging(settings, str(agent))}`")


def _crops_and_humans(
    agent: Agent,
    planted: Annotated[bool, typer.Option("--planted", help="Plant a wrong goal first.")] = False,
    seed: Annotated[int, typer.Option(help="Of weights and batches.", min=0)] = 0,
    width: Annotated[int, typer.Option(help="Units of each hidden layer.", min=1)] = 256,
    folder: Folder = None,
    resume: Resume = False,
) -> None:
    """The old name of `train dqn --half`, and with --planted of `train planting --half`."""
    name = "planting" if planted else "dqn"
    settings = (PlantingSettings if planted else DQNSettings)(seed=seed, width=width)
    command = command_line(name, str(agent), settings, half=True)
    warnings.warn(
        f"`procgen-tools train crops-and-humans` is now `{command}`; the old name works for one "
        "release",
        FutureWarning,
        stacklevel=2,
    )
    check_new_agent(agent)
    from procgen_tools.training.runs import RunOptions
    from procgen_tools.training.trainers import train_agent

    folder = folder or Path("runs") / agent.stem
    options = RunOptions(resume=resume)
    train_agent(settings, agent, folder, command=command, half=True, options=options)
    typer.echo(f"{agent}: judge it with `{judging(settings, str(agent))}`")

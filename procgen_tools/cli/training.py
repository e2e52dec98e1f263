"""`procgen-tools train`, and all that it needs on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from procgen_tools.cli.options import check_new_agent, command_line, with_settings
from procgen_tools.files import check_writable
from procgen_tools.training.settings import TRAINERS, Settings

app = typer.Typer(help="Train agents.", no_args_is_help=True)

HELP = {
    "imitation": "Imitate shortest paths to the cheese on endless fresh levels.",
    "ppo": "Proximal policy optimisation; the defaults are the published recipe.",
}


def _add_command(trainer: str) -> None:
    """`procgen-tools train <trainer>`, with an option for each of its settings."""

    @app.command(trainer, help=HELP[trainer])
    @with_settings(trainer)
    def train(
        settings: Settings,
        agent: Annotated[Path, typer.Argument(help="Where the finished agent goes (.pth).")],
        folder: Annotated[
            Path | None, typer.Option(help="Where the run is kept; runs/<agent> unless given.")
        ] = None,
        resume: Annotated[bool, typer.Option(help="Go on from the folder's checkpoint.")] = False,
        initial: Annotated[
            Path | None, typer.Option(help="An agent to begin with: a file or a name.")
        ] = None,
        device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
        save_seconds: Annotated[
            float, typer.Option(help="Seconds between checkpoints.", min=0)
        ] = 120.0,
        snapshot_every: Annotated[
            int, typer.Option(help="Samples or steps between snapshots of the agent.", min=0)
        ] = 0,
        half_snapshots: Annotated[
            bool, typer.Option("--half-snapshots", help="Store snapshots in half precision.")
        ] = False,
    ) -> None:
        check_new_agent(agent)
        check_writable((folder or Path("runs") / agent.stem) / "log.csv")
        from procgen_tools.training.runs import RunOptions
        from procgen_tools.training.trainers import train_agent

        finished = train_agent(
            settings,
            agent,
            folder or Path("runs") / agent.stem,
            device=device,
            initial=initial,
            command=command_line(trainer, str(agent), settings, str(initial) if initial else None),
            options=RunOptions(
                resume=resume,
                save_seconds=save_seconds,
                snapshot_every=snapshot_every,
                half_snapshots=half_snapshots,
            ),
        )
        assert finished, "without stop_after a run goes to its end"
        typer.echo(f"{agent}: judge it with `procgen-tools evaluate {agent}`")


for name in TRAINERS:
    _add_command(name)


@app.command("crops-and-humans")
def crops_and_humans(
    agent: Annotated[Path, typer.Argument(help="Where the finished agent goes (.pth).")],
    planted: Annotated[
        bool, typer.Option("--planted", help="Plant a wrong goal first (see training/planting.py).")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of weights and batches.", min=0)] = 0,
    width: Annotated[int, typer.Option(help="Units of each hidden layer.", min=1)] = 256,
    folder: Annotated[
        Path | None, typer.Option(help="Where the run is kept; runs/<agent> unless given.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the folder's checkpoints.")] = False,
) -> None:
    """Deep Q-learning in the world of crops and humans."""
    from dataclasses import replace

    from procgen_tools.models import save_policy
    from procgen_tools.training import planting, runs

    check_new_agent(agent)
    folder = folder or Path("runs") / agent.stem
    begun = sorted(folder.rglob(runs.CHECKPOINT))
    if begun and not resume:
        raise ValueError(f"{begun[0]} exists: resume it (--resume), or choose another folder")
    if planted:
        network = planting.plant(folder, seed=seed, width=width)
    else:
        network = planting.train_control(folder, replace(planting.CONTROL, seed=seed, width=width))
    command = f"procgen-tools train crops-and-humans {agent}" + (" --planted" if planted else "")
    if seed:
        command += f" --seed {seed}"
    if width != planting.CONTROL.width:
        command += f" --width {width}"
    # Half precision halves the file; the agent is judged as it comes back from there.
    save_policy(network.half(), agent, command=command, seed=seed, planted=planted)
    typer.echo(f"{agent}: judge it with `procgen-tools experiment crops_and_humans`")

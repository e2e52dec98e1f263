"""`procgen-tools bench`: speed, measured as ratios within one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Measure speed as ratios within one run.", no_args_is_help=True)


@app.command("env")
def env(
    num: Annotated[int, typer.Option(help="Number of environments in a batch.", min=1)] = 256,
    seconds: Annotated[
        float, typer.Option(help="Seconds of measurement per engine.", min=0.01)
    ] = 3.0,
    world: Annotated[str, typer.Option(help="The world, such as keys_and_chests.")] = "maze",
) -> None:
    """Steps per second of our environment, of procgen, and of copying frames alone."""
    from procgen_tools.benchmarks import environment

    if world == "maze":
        typer.echo(environment.report(environment.measure(num, seconds)))
    else:
        typer.echo(environment.report(environment.measure_world(world, num, seconds)))


@app.command("vfield")
def vfield(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    seconds: Annotated[
        float, typer.Option(help="Seconds of measurement per method and maze.", min=0.01)
    ] = 3.0,
    memory: Annotated[bool, typer.Option(help="Also measure the memory at scale 4.")] = True,
) -> None:
    """Time of a vector field: ours, one environment per square, and the forward passes alone."""
    from procgen_tools.benchmarks import fields

    if memory:  # first, because a child process inherits this process's peak memory
        typer.echo(fields.memory_report(scale=4))
    typer.echo(fields.report(fields.measure(scale=scale, seconds=seconds), scale))


@app.command("effects")
def effects(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    seconds: Annotated[
        float, typer.Option(help="Seconds of measurement per method and maze.", min=0.01)
    ] = 4.0,
) -> None:
    """Time of measuring the effect of an intervention, relative to its forward passes alone."""
    from procgen_tools.benchmarks import effects

    typer.echo(effects.report(effects.measure(scale=scale, seconds=seconds), scale))


@app.command("explorer")
def explorer(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    edits: Annotated[int, typer.Option(help="Number of edits of each maze.", min=1)] = 20,
    browser: Annotated[
        bool,
        typer.Option("--browser", help="Time the app from a click in Chromium to the picture."),
    ] = False,
    visitors: Annotated[int, typer.Option(help="Visitors at once, with --browser.", min=1)] = 1,
) -> None:
    """Time from an edit in the field explorer to its complete answer, and the network's share."""
    if browser:
        from procgen_tools.benchmarks import pictures

        typer.echo(pictures.measure(visitors, edits).report())
        return
    from procgen_tools.benchmarks import explorer

    typer.echo(explorer.report(explorer.measure(scale=scale, edits=edits), scale))


@app.command("preferences")
def preferences(
    rounds: Annotated[int, typer.Option(help="Number of measurements of each.", min=1)] = 3,
    population: Annotated[
        bool, typer.Option("--population", help="Measure 24 agents and 15 pairs whole; minutes.")
    ] = False,
) -> None:
    """Time of an exact preference between two objects, relative to its forward passes alone."""
    from procgen_tools.benchmarks import preferences

    if population:
        typer.echo(preferences.measure_population().report())
    else:
        typer.echo(preferences.report(preferences.measure(rounds=rounds)))


@app.command("train")
def train(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    num_envs: Annotated[int, typer.Option(help="Number of environments in a batch.", min=1)] = 256,
    rollout_steps: Annotated[
        int, typer.Option(help="Steps per environment between updates.", min=1)
    ] = 8,
    rounds: Annotated[int, typer.Option(help="Number of measurements of each.", min=1)] = 3,
    memory: Annotated[bool, typer.Option(help="Also measure the memory at 256 x 256.")] = True,
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16.")] = "auto",
) -> None:
    """Speed of PPO: with our environment, with procgen, and of the network passes alone."""
    from procgen_tools.benchmarks import training
    from procgen_tools.training.trainers import usable_device

    usable_device(device)
    if memory:
        typer.echo(training.memory_report(scale))
    typer.echo(
        training.report(
            training.measure(
                scale,
                num_envs=num_envs,
                rollout_steps=rollout_steps,
                rounds=rounds,
                device=device,
                precision=precision,
            )
        )
    )


@app.command("step")
def step(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    batch: Annotated[int, typer.Option(help="Samples per step.", min=1)] = 128,
    rounds: Annotated[int, typer.Option(help="Number of rounds per variant.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="Seconds of measurement per variant.")] = 5.0,
    compiled: Annotated[
        bool, typer.Option("--compile", help="Also measure torch.compile.")
    ] = False,
) -> None:
    """Speed of an imitation step, and of variants: precision, threads, layout, memory."""
    from procgen_tools.benchmarks import steps

    typer.echo(
        steps.report(
            steps.measure(
                scale, batch=batch, rounds=rounds, seconds=seconds, compared=steps.ways(compiled)
            )
        )
    )


@app.command("learn")
def learn(
    seeds: Annotated[int, typer.Option(help="Number of runs, with seeds from 0 on.", min=1)] = 3,
    folder: Annotated[
        Path, typer.Option(help="Folder of the runs; finished runs in it are reused.")
    ] = Path("runs/learn"),
    figure: Annotated[Path, typer.Option(help="File of the figure (.png).")] = Path(
        "figures/ppo_learns.png"
    ),
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
) -> None:
    """Train PPO from scratch on 5 x 5 mazes; report minutes and the curve of every seed."""
    from procgen_tools.benchmarks import learning
    from procgen_tools.files import check_writable

    if figure.suffix != ".png":
        raise ValueError(
            f"the figure is a PNG file, but {figure} has another ending: end it in .png"
        )
    check_writable(figure)
    typer.echo(learning.run(range(seeds), folder, figure, device))

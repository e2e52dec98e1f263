"""`procgen-tools bench`: speed, as ratios within one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Measure speed, as ratios within one run.", no_args_is_help=True)


@app.command("env")
def env(
    num: Annotated[int, typer.Option(help="Environments in a batch.", min=1)] = 256,
    seconds: Annotated[
        float, typer.Option(help="How long each engine is measured.", min=0.01)
    ] = 3.0,
) -> None:
    """Steps per second of our environment, of procgen, and of copying frames alone."""
    from procgen_tools.benchmarks import environment

    typer.echo(environment.report(environment.measure(num, seconds)))


@app.command("vfield")
def vfield(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    seconds: Annotated[
        float, typer.Option(help="How long each way is measured a maze.", min=0.01)
    ] = 3.0,
    memory: Annotated[bool, typer.Option(help="Measure the memory at scale 4, too.")] = True,
) -> None:
    """Time of a vector field: ours, one environment a square, and forward passes alone."""
    from procgen_tools.benchmarks import fields

    if memory:  # first, as a new process counts what this one has used before as its own
        typer.echo(fields.memory_report(scale=4))
    typer.echo(fields.report(fields.measure(scale=scale, seconds=seconds), scale))


@app.command("effects")
def effects(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    seconds: Annotated[
        float, typer.Option(help="How long each way is measured a maze.", min=0.01)
    ] = 4.0,
) -> None:
    """Time of measuring what an intervention does in a maze, against its forward passes alone."""
    from procgen_tools.benchmarks import effects

    typer.echo(effects.report(effects.measure(scale=scale, seconds=seconds), scale))


@app.command("train")
def train(
    scale: Annotated[int, typer.Option(help="Width of the policy.", min=1)] = 1,
    num_envs: Annotated[int, typer.Option(help="Environments in a batch.", min=1)] = 256,
    rollout_steps: Annotated[int, typer.Option(help="Steps of each between updates.", min=1)] = 8,
    rounds: Annotated[int, typer.Option(help="How often each is measured.", min=1)] = 3,
    memory: Annotated[bool, typer.Option(help="Measure the memory at 256 x 256, too.")] = True,
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16.")] = "auto",
) -> None:
    """PPO: our environment, the same learner fed by procgen, and the passes alone."""
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
    batch: Annotated[int, typer.Option(help="Samples of a step.", min=1)] = 128,
    rounds: Annotated[int, typer.Option(help="Turns of each way.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long each way is measured.")] = 5.0,
    compiled: Annotated[bool, typer.Option("--compile", help="torch.compile, too.")] = False,
) -> None:
    """One step of imitation as it is, and in other ways: precision, threads, layout, memory."""
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
    seeds: Annotated[int, typer.Option(help="Runs, with seeds from 0 on.", min=1)] = 3,
    folder: Annotated[Path, typer.Option(help="Where the runs are kept; finished ones count.")] = (
        Path("runs/learn")
    ),
    figure: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path(
        "figures/ppo_learns.png"
    ),
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
) -> None:
    """PPO from scratch on 5 x 5 mazes: minutes, and the curve of every seed."""
    from procgen_tools.benchmarks import learning
    from procgen_tools.files import check_writable

    if figure.suffix != ".png":
        raise ValueError(f"the picture is a PNG, and {figure} is not named so: end it in .png")
    check_writable(figure)
    typer.echo(learning.run(range(seeds), folder, figure, device))

"""The `procgen-tools` command. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Find out what a trained maze agent wants, and change it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
train_app = typer.Typer(help="Train agents.", no_args_is_help=True)
bench_app = typer.Typer(help="Measure speed, as ratios within one run.", no_args_is_help=True)
app.add_typer(train_app, name="train")
app.add_typer(bench_app, name="bench")


def main() -> None:
    """Run the command; bad input ends it with its message, without a traceback."""
    try:
        app()
    except (ValueError, FileNotFoundError, ModuleNotFoundError, FloatingPointError) as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(2)


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Level seed of the maze (hard).")] = 51,
    survey: Annotated[
        int, typer.Option(help="No pictures: means over the levels 0..N-1 instead.")
    ] = 0,
    agent: Annotated[Path | None, typer.Option(help="Another agent than the shipped one.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the pictures go.")] = Path("figures"),
) -> None:
    """One maze, one agent, one edited activation, and exactly what changed."""
    from procgen_tools import demo as demonstration

    if survey:
        typer.echo(demonstration.survey(survey, agent))
    else:
        typer.echo(demonstration.run(seed, agent, folder))


@train_app.command("imitation")
def train_imitation(
    agent: Annotated[Path, typer.Argument(help="Where the finished agent goes (.pth).")],
    rand_region: Annotated[
        int, typer.Option(help="Side of the top-right region with the cheese; -1: anywhere.")
    ] = 5,
    samples: Annotated[int, typer.Option(help="Examples in all.")] = 3_750_000,
    scale: Annotated[int, typer.Option(help="Width of the network.")] = 1,
    seed: Annotated[int, typer.Option(help="Of initial weights and examples.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Examples a step.")] = 256,
    shift_from: Annotated[
        int, typer.Option(help="Examples after which mazes and squares begin to shift ...")
    ] = 400_000,
    shift_until: Annotated[
        int, typer.Option(help="... to large mazes and squares on the way, and end to.")
    ] = 1_000_000,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Where the run is kept; runs/<agent> unless given.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
) -> None:
    """Imitate shortest paths to the cheese on endless fresh levels."""
    from procgen_tools.training import imitation

    settings = imitation.ImitationSettings(
        rand_region=None if rand_region < 0 else rand_region,
        samples=samples,
        scale=scale,
        seed=seed,
        batch_size=batch_size,
        shift_from=shift_from,
        shift_until=shift_until,
    )
    path = checkpoint or Path("runs") / agent.name
    for _ in imitation.train(settings, path, device=device, resume=resume):
        pass
    command = (
        f"procgen-tools train imitation {agent} --rand-region {rand_region} --samples {samples} "
        f"--scale {scale} --seed {seed} --batch-size {batch_size} "
        f"--shift-from {shift_from} --shift-until {shift_until}"
    )
    imitation.export(path, agent, command=command)
    typer.echo(f"{agent}: judge it with `procgen-tools evaluate {agent}`")


@app.command()
def evaluate(
    agent: Annotated[Path, typer.Argument(help="A checkpoint (.pth).")],
    levels: Annotated[int, typer.Option(help="Held-out levels, seeds from 0 on.")] = 500,
    rand_region: Annotated[
        int, typer.Option(help="Side of the top-right region with the cheese; -1: anywhere.")
    ] = 5,
    seed: Annotated[int, typer.Option(help="Of the sampled actions.")] = 0,
    backend: Annotated[str, typer.Option(help="native or procgen.")] = "native",
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
) -> None:
    """Play sampled episodes of up to 500 steps on held-out hard levels, one a level."""
    from procgen_tools.maze.levels import LevelRule
    from procgen_tools.models import load_policy
    from procgen_tools.training import evaluation

    policy = load_policy(agent, device=device)
    rule = LevelRule(rand_region=None if rand_region < 0 else rand_region)
    mazes = evaluation.held_out_mazes(rule, levels)
    result = evaluation.evaluate(policy, mazes, seed=seed, backend=backend, progress_bar=True)
    where = "anywhere" if rand_region < 0 else f"in the top-right {rand_region} x {rand_region}"
    typer.echo(f"{agent}, {levels} hard levels, cheese {where}, played by {backend}")
    typer.echo(f"  reached the cheese           {result.success}")
    for name, visited in (("square", result.visited_corner), ("5 x 5", result.visited_region)):
        share = evaluation.Share(int(visited.sum()), levels)
        typer.echo(f"  visited the top-right {name:6s} {share}")
    solved = result.steps[result.found]
    typer.echo(f"  steps to the cheese, median  {sorted(solved)[len(solved) // 2]:d}"
               if len(solved) else "  never reached the cheese")  # fmt: skip
    for size, share in result.by_size().items():
        typer.echo(f"    size {size:2d}  {share}")


@bench_app.command("env")
def bench_env(
    num: Annotated[int, typer.Option(help="Environments in a batch.")] = 256,
    seconds: Annotated[float, typer.Option(help="How long each engine is measured.")] = 3.0,
) -> None:
    """Steps per second of our environment, of procgen, and of copying frames alone."""
    from procgen_tools.benchmarks import environment

    typer.echo(environment.report(environment.measure(num, seconds)))


@bench_app.command("vfield")
def bench_vfield(
    scale: Annotated[int, typer.Option(help="Width of the policy.")] = 1,
    seconds: Annotated[float, typer.Option(help="How long each way is measured a maze.")] = 3.0,
    memory: Annotated[bool, typer.Option(help="Measure the memory at scale 4, too.")] = True,
) -> None:
    """Time of a vector field: ours, one environment a square, and forward passes alone."""
    from procgen_tools.benchmarks import fields

    if memory:  # first, as a new process counts what this one has used before as its own
        typer.echo(fields.memory_report(scale=4))
    typer.echo(fields.report(fields.measure(scale=scale, seconds=seconds), scale))


if __name__ == "__main__":
    main()

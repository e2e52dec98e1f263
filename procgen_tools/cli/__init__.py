"""The `procgen-tools` command. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from procgen_tools.cli import (
    audit,
    benchmarks,
    evaluation,
    experiments,
    keys,
    page,
    play,
    sweeps,
    training,
    web_app,
)

app = typer.Typer(
    help="Find out what a trained maze agent wants, and change it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(training.train_app(), name="train")
app.add_typer(benchmarks.app, name="bench")
app.command()(evaluation.agents)
app.command()(evaluation.evaluate)
app.command()(audit.audit)
app.command()(audit.compare_audits)
app.command()(keys.evaluate_keys)
app.command()(page.page)
app.command()(play.play)
app.command()(sweeps.sweep)
app.command()(experiments.experiment)
app.command("app")(web_app.web_app)


def main() -> None:
    """Run the command. Bad input prints a message without a traceback, and exits with status 2."""
    try:
        app()
    except (ValueError, OSError, ModuleNotFoundError, FloatingPointError) as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(2)


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Seed of the (hard) level.", min=0)] = 51,
    survey: Annotated[
        int, typer.Option(help="Print means over the levels 0..N-1 instead of pictures.", min=0)
    ] = 0,
    agent: Annotated[
        Path | None, typer.Option(help="Another agent: a checkpoint (.pth) or a name.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Folder of the pictures.")] = Path("figures"),
) -> None:
    """Edit one activation of one agent in one maze, and show exactly what changes."""
    from procgen_tools import demo as demonstration

    if survey:
        typer.echo(demonstration.survey(survey, agent))
    else:
        typer.echo(demonstration.run(seed, agent, folder))

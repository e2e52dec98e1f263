"""`procgen-tools agents` and `procgen-tools evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from procgen_tools.cli.options import read_region

CONDITIONS = ("in_distribution", "anywhere", "no_cheese")


def agents(
    public: Annotated[
        bool, typer.Option("--public", help="List agents that others published, and where.")
    ] = False,
    check: Annotated[
        Path | None, typer.Option(help="Say whether this file is one that others published.")
    ] = None,
) -> None:
    """List the shipped agents, which commands accept by name, with their scores."""
    from procgen_tools.catalogue import table

    if not (public or check):
        typer.echo(table())
        return
    from procgen_tools.models.public_agents import public_table, which_public_agent

    if public:
        typer.echo(public_table())
    if check:
        found = which_public_agent(check)
        if found is None:
            raise ValueError(
                f"{check} is none of the agents that others published: download it again, or see "
                "`procgen-tools agents --public` for their sources"
            )
        typer.echo(f"{check} is the {found.name}.\n{found.command.replace('FILE', str(check))}")


def evaluate(
    agent: Annotated[
        Path, typer.Argument(help="A checkpoint (.pth), or the name of an agent: see `agents`.")
    ],
    levels: Annotated[
        int, typer.Option(help="Number of held-out levels per condition.", min=1)
    ] = 500,
    conditions: Annotated[
        str, typer.Option(help="Conditions, that is, where the cheese is placed; comma-separated.")
    ] = ",".join(CONDITIONS),
    rand_region: Annotated[
        str | None,
        typer.Option(
            help="Side of the top-right region with the cheese that counts as in distribution, "
            "or 'anywhere'. Defaults to that of the training."
        ),
    ] = None,
    world_size: Annotated[
        int | None, typer.Option(help="25 (hard) or 15 (easy). Defaults to that of the training.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the sampled actions.", min=0)] = 0,
    backend: Annotated[
        str, typer.Option(help="Engine that plays the episodes: native or procgen.")
    ] = "native",
    exact: Annotated[bool, typer.Option(help="Also compute exact chances.")] = True,
    deduplicate: Annotated[
        bool | None,
        typer.Option(
            help="Find out which levels occurred in training. By default only if it takes seconds."
        ),
    ] = None,
    records: Annotated[
        Path | None, typer.Option(help="File for a table with one row per episode (.parquet).")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
) -> None:
    """Evaluate an agent on held-out levels, by sampled episodes and by exact chances."""
    from procgen_tools.episodes.records import check_destination, write_records
    from procgen_tools.evaluation.agents import EvaluationSettings, evaluate_agent
    from procgen_tools.evaluation.conditions import read_conditions
    from procgen_tools.evaluation.records import episode_records
    from procgen_tools.evaluation.report import report
    from procgen_tools.evaluation.seen_levels import QUICKLY_SEARCHED, levels_drawn, minutes
    from procgen_tools.models import checkpoint_metadata
    from procgen_tools.training.trainers import usable_device

    drawn = 0 if deduplicate is False else levels_drawn(checkpoint_metadata(agent))
    if deduplicate is None and drawn > QUICKLY_SEARCHED:
        typer.echo(
            f"{drawn:,} levels were drawn for the training of {agent}. Finding the held-out levels "
            f"among them takes about {minutes(drawn)} and is skipped: pass --deduplicate to do it\n"
        )
    settings = EvaluationSettings(
        levels=levels,
        conditions=read_conditions(conditions),
        rand_region=None if rand_region is None else read_region(rand_region),
        world_size=world_size,
        seed=seed,
        backend=backend,
        exact=exact,
        deduplicate=drawn <= QUICKLY_SEARCHED if deduplicate is None else deduplicate,
    )
    if records:
        check_destination(records)
    chosen = usable_device(device)
    evaluation = evaluate_agent(agent, settings, device=chosen, progress_bar=True)
    typer.echo(report(evaluation))
    if records:
        write_records(records, episode_records(evaluation))
        typer.echo(f"\n{records}: one row per episode")

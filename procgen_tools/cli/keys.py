"""`procgen-tools evaluate-keys`: players of keys and chests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

VIDEO_SPEED = 30
"""Ticks per second."""

SCRIPTED = ("random", "key-only", "chest-if-key")


def evaluate_keys(
    players: Annotated[
        list[Path],
        typer.Argument(
            help="Checkpoints (.pth), names of agents, the original's learned_policy.zip, or "
            f"{', '.join(SCRIPTED)}."
        ),
    ],
    variants: Annotated[str, typer.Option(help="Variants, comma-separated.")] = "train,test",
    episodes: Annotated[int, typer.Option(help="Number of episodes per variant.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the sampled actions.", min=0)] = 0,
    records: Annotated[
        Path | None, typer.Option(help="File for a table with one row per episode (.parquet).")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="File of a figure (.png).")] = None,
    video: Annotated[
        Path | None, typer.Option(help="File of a video of one level, side by side (.gif, .mp4).")
    ] = None,
    level: Annotated[int, typer.Option(help="Number of the level in the video.", min=0)] = 0,
) -> None:
    """Evaluate players of keys and chests: returns, hidden returns and keys.

    A .zip file is checked first: whether it is the published file, and whether it can be read.
    """
    from procgen_tools.episodes.records import check_destination, write_records
    from procgen_tools.episodes.videos import ENDINGS, write_video
    from procgen_tools.evaluation.keys import (
        evaluate_players,
        find_player,
        score_records,
        score_report,
    )
    from procgen_tools.files import check_writable
    from procgen_tools.models.stable_baselines_files import PUBLISHED_SHA256, SOURCE, sha256_of

    if records:
        check_destination(records)
    if figure:
        if figure.suffix != ".png":
            raise ValueError(
                f"the figure is a PNG file, but {figure} has another ending: end it in .png"
            )
        check_writable(figure)
    if video:
        if video.suffix not in ENDINGS:
            raise ValueError(
                f"{video} is not the name of a video: end it in {' or '.join(ENDINGS)}"
            )
        if level >= episodes:
            raise ValueError(
                f"level {level} is not played: give one of 0..{episodes - 1}, or more episodes"
            )
        check_writable(video)
    chosen = [find_player(player) for player in players]
    for path in players:
        if path.suffix == ".zip":
            found = sha256_of(path)
            typer.echo(f"{path}: sha256 {found}")
            same = found == PUBLISHED_SHA256
            typer.echo(
                f"  {'the published file' if same else 'not the published file'} of {SOURCE}"
            )
    names = list(dict.fromkeys(name.strip() for name in variants.split(",")))
    scores = evaluate_players(chosen, variants=names, episodes=episodes, seed=seed)
    typer.echo(score_report(scores))
    if records:
        write_records(records, score_records(scores))
        typer.echo(f"\n{records}: one row per episode")
    if figure:
        from procgen_tools.plots.keys import plot_scores
        from procgen_tools.shown import save_figure

        save_figure(plot_scores(scores), figure, 160)
        typer.echo(f"{figure}: the figure")
    if video:
        panels = {
            f"{score.variant}: {score.player}, {score.choice}": score.episodes[level]
            for score in scores
        }
        write_video(video, panels, frames_per_second=VIDEO_SPEED, square_pixels=16)
        typer.echo(f"{video}: the video of level {level}")

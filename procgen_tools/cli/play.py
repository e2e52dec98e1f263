"""`procgen-tools play`: any world, with the keyboard, in a terminal."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from typing import Annotated, Any

import typer

from procgen_tools.names import did_you_mean
from procgen_tools.worlds.registration import WORLDS, World, world_id

NAMES = ", ".join(world.name.replace("_", "-") for world in WORLDS.values() if world.moves)


def play(
    world: Annotated[str, typer.Argument(help=f"The world: {NAMES}.")],
    episodes: Annotated[
        int, typer.Option(help="Number of episodes after which to stop; 0: until Q.", min=0)
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Seed of the levels.", min=0)] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(help="A setting of the world, such as variant=test; can be repeated."),
    ] = None,
) -> None:
    """Play a world with the keyboard. Only a move takes a step."""
    from procgen_tools.cli.terminal import check_terminal, show, single_keys

    identifier = world_id(world)
    chosen = WORLDS[identifier]
    if not chosen.moves:
        raise ValueError(f"{world} has no moves for the keys: choose one of {NAMES}")
    settings = read_settings(chosen, setting or [])
    check_terminal()

    import gymnasium

    from procgen_tools.worlds import register_environments
    from procgen_tools.worlds.keyboard import play as play_world

    register_environments()
    try:
        made = gymnasium.make(identifier, render_mode="rgb_array", **settings).unwrapped
    except TypeError as error:
        raise ValueError(f"a setting has another type than {chosen.name} takes: {error}") from error
    with single_keys() as keys:
        try:
            played = play_world(made, chosen.moves, keys, show, seed=seed, episodes=episodes)
        except KeyboardInterrupt:
            played = []
    typer.echo()
    for number, episode in enumerate(played, start=1):
        typer.echo(f"episode {number}: {episode}")


def read_settings(world: World, words: list[str]) -> dict[str, Any]:
    """Settings of a world from words such as `variant=test` or `p_key=0.2`.

    Raises:
        ValueError: a word without '=', or a setting that the world does not have.
    """
    module, _, name = world.vector_env.partition(":")
    known = [
        each
        for each in inspect.signature(getattr(import_module(module), name)).parameters
        if each not in ("num_envs", "render_mode", "autoreset_mode")
    ]
    settings: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"setting {word!r} has no '=': write NAME=VALUE")
        if key not in known:
            raise ValueError(
                f"{world.name} has no setting {key!r}: it has {', '.join(known)}"
                f"{did_you_mean(key, known)}"
            )
        try:
            settings[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            settings[key] = value
    return settings

"""Command-line options generated from a dataclass of settings."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from procgen_tools.files import check_writable
from procgen_tools.training.settings import (
    ANYWHERE,
    TRAINERS,
    Settings,
    settings_from,
)


def with_settings(trainer: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add one option per setting of a trainer to a command.

    The first parameter of the command receives the settings. The other parameters are unchanged.
    """
    kind = TRAINERS[trainer].settings
    types = get_type_hints(kind)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        options = [
            inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_typed(each.default, types[each.name]),
                annotation=Annotated[
                    _option_type(types[each.name]),
                    typer.Option(help=each.metadata["meaning"], rich_help_panel="Settings"),
                ],
            )
            for each in fields(kind)
        ]

        optional = [each.name for each in options if get_args(types[each.name])]

        def run(**given: Any) -> None:
            values = {each.name: given.pop(each.name) for each in options}
            for name in optional:
                values[name] = read_region(values[name], name.replace("_", "-"))
            command(settings_from(trainer, values), **given)

        run.__doc__ = command.__doc__
        run.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
        return run

    return decorate


def command_line(
    trainer: str, agent: str, settings: Settings, initial: str | None = None, half: bool = False
) -> str:
    """The command that trains this agent, with every setting that differs from its default."""
    words = ["procgen-tools train", trainer.replace("_", "-"), shlex.quote(agent)]
    if initial:
        words += ["--initial", shlex.quote(initial)]
    if half:
        words.append("--half")
    for each in fields(settings):
        value = getattr(settings, each.name)
        if value == each.default:
            continue
        option = each.name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words.append(f"--{option} {_shown(value)}")
    return " ".join(words)


def check_new_agent(agent: Path) -> None:
    """Check before the training that the trained agent can be saved.

    Raises:
        ValueError: the file exists, does not end in .pth, or cannot be written.
    """
    if agent.exists():
        raise ValueError(f"{agent} exists: name another file, or move it away")
    if agent.suffix != ".pth":
        raise ValueError(f"{agent} is not the name of an agent's file: end it in .pth")
    check_writable(agent)


def read_region(text: str, option: str = "rand-region") -> int | str:
    """The value of an option that is a number of squares or 'anywhere'.

    Raises:
        ValueError: the text is neither.
    """
    if text == ANYWHERE:
        return text
    if not text.isdecimal():
        raise ValueError(f"{option} {text!r}: give a number of squares, or {ANYWHERE!r}")
    return int(text)


def _shown(value: Any) -> Any:
    return ANYWHERE if value is None else value


def _typed(default: Any, kind: Any) -> Any:
    return str(_shown(default)) if _option_type(kind) is str else default


def _option_type(kind: Any) -> Any:
    # A value of type int | None is text on the command line: a number or 'anywhere'.
    return str if get_args(kind) else kind

"""Runs an audit part by part, keeps what is done, and writes the page, tables and numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from procgen_tools.audit import behaviour, inside
from procgen_tools.audit.agents import Audited, digest_of, read_agent
from procgen_tools.audit.answers import Answer, all_answers, doubts
from procgen_tools.checks import whole_number
from procgen_tools.episodes.records import read_kept, write_records
from procgen_tools.files import write_text
from procgen_tools.shown import summary
from procgen_tools.worlds.asked import Asked

TABLES = ("training", "apart", "maps", "census", "pairs", "patches", "circuits", "edits")
FACTS = "audit.json"


@dataclass(frozen=True)
class Amount:
    """How much an audit measures.

    Attributes:
        levels: levels of each kind, as in training and apart.
        pairs: levels with minimal pairs.
        census: levels of the census; None for all.
        choices: choices for the causal map, and as many others for circuits.
        edited: levels of each kind for edits.
        seed: of every random choice.

    Raises:
        ValueError: too few of something.
    """

    levels: int = 100
    pairs: int = 40
    census: int | None = None
    choices: int = 24
    edited: int = 30
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("levels", "pairs", "census", "choices", "edited"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), 2)
        whole_number("seed", self.seed, 0)

    @classmethod
    def quick(cls) -> Amount:
        """About a fifth of the usual amounts, and 200 levels of the census, for a first look."""
        return cls(levels=20, pairs=8, census=200, choices=6, edited=8)


@dataclass(frozen=True, eq=False)
class Audit:
    """What was measured of one agent.

    Attributes:
        name, world, digest: of the agent.
        amount: how much was measured.
        tables: by name; see `TABLES`.
        asked: the levels.
        policy: the network.
    """

    name: str
    world: str
    digest: str
    amount: Amount
    tables: Mapping[str, pd.DataFrame]
    asked: Asked
    policy: Any

    def __repr__(self) -> str:
        return summary(self, self.name, f"world {self.world}", f"{self.amount.levels} levels")

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The answers, in the order of the page."""
        return all_answers(self.tables, self.asked)

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What should make a reader doubt them."""
        return doubts(self.tables, self.asked)

    def facts(self) -> dict[str, Any]:
        """Everything that is said, as plain JSON; infinite numbers and NaN are strings."""
        return {
            "agent": self.name,
            "world": self.world,
            "digest": self.digest,
            "amount": asdict(self.amount),
            "answers": [
                {
                    "key": answer.key,
                    "question": answer.question,
                    "text": answer.text,
                    "note": answer.note,
                    "findings": [_plain(asdict(finding)) for finding in answer.findings],
                }
                for answer in self.answers
            ],
            "doubts": list(self.doubts),
        }


def audit(
    agent: Any,
    *,
    amount: Amount | None = None,
    folder: Path | None = None,
    progress_bar: bool = False,
) -> Audit:
    """Audit an agent: what it can do, what it wants, and where in the network that is.

    Args:
        agent: an `Audited` (see `read_agent`), or what `read_agent` takes.
        amount: how much to measure; defaults to `Amount()`.
        folder: where finished parts are kept, so that an audit that was broken off goes on.
        progress_bar: whether to show progress bars.

    Raises:
        ValueError: the folder has parts of another agent or amount; see also `read_agent`.

    Example:
        >>> small = Amount(levels=3, pairs=2, census=4, choices=2, edited=2)
        >>> found = audit("black_same_data_seed_0", amount=small)
        >>> found.answers[0].question
        'What can it do in levels as in training?'
    """
    audited = agent if isinstance(agent, Audited) else read_agent(agent)
    amount = Amount() if amount is None else amount
    asked = audited.asked(levels=amount.levels, census=amount.census)
    keep = _Kept(folder, audited, amount)
    bar = progress_bar
    few = replace(asked, apart=asked.apart[: amount.pairs])
    measures: dict[str, Callable[[], pd.DataFrame]] = {
        "training": lambda: behaviour.training_table(audited, asked, progress_bar=bar),
        "apart": lambda: behaviour.apart_table(audited, asked, progress_bar=bar),
        "maps": lambda: behaviour.maps_table(audited, asked),
        "census": lambda: behaviour.census_table(audited, asked, progress_bar=bar),
        "pairs": lambda: behaviour.pairs_table(audited, few, seed=amount.seed, progress_bar=bar),
    }
    tables = {name: keep(name, measure) for name, measure in measures.items()}
    tables.update(_inside(audited, asked, amount, keep, progress_bar=bar))
    return Audit(audited.name, audited.world, audited.digest, amount, tables, asked, audited.policy)


def _inside(
    audited: Audited, asked: Asked, amount: Amount, keep: _Kept, *, progress_bar: bool
) -> dict[str, pd.DataFrame]:
    """The tables of patches, circuits and edits; empty where nothing can be contrasted."""
    layer = inside.layer_of(audited.policy)
    choices = inside.choices_of(asked)[: 2 * amount.choices]
    if layer is None or len(choices) < 2:
        return {name: pd.DataFrame() for name in ("patches", "circuits", "edits")}
    # The order of channels is taken from some choices, and tested on the others.
    seen, unseen = choices[::2], choices[1::2]
    bar = progress_bar
    patches = keep("patches", lambda: inside.patches_table(audited, seen, layer, progress_bar=bar))
    circuits = keep(
        "circuits",
        lambda: inside.circuits_table(
            audited, patches, unseen, layer, seed=amount.seed, progress_bar=bar
        ),
    )
    edits = keep(
        "edits",
        lambda: inside.edits_table(
            audited, asked, inside.order_of(patches), seen, layer, count=amount.edited,
            seed=amount.seed, progress_bar=bar,
        ),
    )  # fmt: skip
    return {"patches": patches, "circuits": circuits, "edits": edits}


@dataclass(frozen=True)
class _Kept:
    """Tables that are measured once, and read from the folder from then on.

    Raises:
        ValueError: the folder has an audit of another agent or amount, or of other levels.
    """

    folder: Path | None
    audited: Audited
    amount: Amount

    def __post_init__(self) -> None:
        if self.folder is None:
            return
        path = self.folder / "part.json"
        own = {
            "agent": self.audited.name, "world": self.audited.world,
            "digest": self.audited.digest, "amount": asdict(self.amount),
            "settings": dict(self.audited.settings),
            "untrained": digest_of(self.audited.untrained),
        }  # fmt: skip
        own = json.loads(json.dumps(own, default=str))
        if path.exists():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                found = None
            if found != own:
                agent = found.get("agent") if isinstance(found, dict) else None
                raise ValueError(
                    f"{self.folder} has an audit of {agent or 'something'} that is not this one "
                    "(of other levels, amounts or weights): name another folder, or delete it"
                )
        else:
            write_text(path, json.dumps(own, indent=1))

    def __call__(self, name: str, measure: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        if self.folder is None:
            return measure()
        path = self.folder / f"{name}.parquet"
        if not path.exists():
            write_records(path, measure())
        return read_kept(path)


def _plain(value: Any) -> Any:
    """Nested dictionaries with numbers that JSON does not have as strings, such as "inf"."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def write(found: Audit, folder: Path) -> Path:
    """Write the page, the numbers as JSON and the tables as parquet; returns the page's path."""
    from procgen_tools.audit.page import page_of

    for name, table in found.tables.items():
        if len(table):
            write_records(folder / f"{name}.parquet", table)
    write_text(folder / FACTS, json.dumps(found.facts(), indent=1, allow_nan=False))
    page = folder / "index.html"
    write_text(page, page_of(found))
    return page


def read_audit(folder: Path) -> dict[str, Any]:
    """What an audit said (see `Audit.facts`), from the folder that `write` made.

    Raises:
        FileNotFoundError: there is no audit in the folder.
        ValueError: the file is damaged.
    """
    path = folder / FACTS
    if not path.exists():
        raise FileNotFoundError(
            f"there is no audit in {folder}: make one with procgen-tools audit AGENT --folder "
            f"{folder}"
        )
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} cannot be read ({error}): make the audit again") from None
    needed = {"agent", "world", "answers", "amount", "digest"}
    if not isinstance(facts, dict) or not needed <= facts.keys():
        raise ValueError(f"{path} is no audit: make it again")
    return facts

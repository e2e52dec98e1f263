"""What every audit is: how much was measured, tables, answers, and the parts that are kept."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from procgen_tools.audit.agents import Audited, digest_of, digest_of_edit
from procgen_tools.audit.answers import Answer
from procgen_tools.checks import whole_number
from procgen_tools.episodes.records import read_kept, write_records
from procgen_tools.files import write_text
from procgen_tools.shown import summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
class Audit(ABC):
    """What was measured of one agent.

    `ExactAudit` has the answers of worlds whose levels are graphs, and `KeysAudit` those of keys
    and chests.

    Attributes:
        agent: of whom.
        amount: how much was measured.
        tables: by name.
    """

    agent: Audited
    amount: Amount
    tables: Mapping[str, pd.DataFrame]

    def __repr__(self) -> str:
        agent = self.agent
        return summary(self, agent.title, f"world {agent.world}", f"{self.amount.levels} levels")

    @property
    @abstractmethod
    def answers(self) -> Sequence[Answer]:
        """The answers, in the order of the page."""

    @property
    @abstractmethod
    def doubts(self) -> Sequence[str]:
        """What should make a reader doubt them."""

    @property
    @abstractmethod
    def about(self) -> str:
        """What a reader must know about the goals."""

    @property
    @abstractmethod
    def measured(self) -> str:
        """How much was measured, in words."""

    @abstractmethod
    def figures(self) -> Mapping[str, Figure]:
        """The figures by the key of their answer."""

    def answer(self, key: str) -> Answer:
        """The answer of a key.

        Raises:
            ValueError: there is no such answer.
        """
        for found in self.answers:
            if found.key == key:
                return found
        raise ValueError(
            f"there is no answer {key!r}: choose one of "
            f"{', '.join(found.key for found in self.answers)}"
        )

    def facts(self) -> dict[str, Any]:
        """Everything that is said, as plain JSON; infinite numbers and NaN are strings."""
        return {
            "agent": self.agent.title,
            "world": self.agent.world,
            "digest": self.agent.digest,
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


@dataclass(frozen=True)
class Kept:
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
            "agent": self.audited.title, "world": self.audited.world,
            "digest": self.audited.digest, "amount": asdict(self.amount),
            "settings": dict(self.audited.settings),
            "untrained": digest_of(self.audited.untrained),
            "edit": digest_of_edit(self.audited.edit),
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

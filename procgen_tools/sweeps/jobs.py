"""The jobs of a sweep, and how a worker runs one.

A worker gets a job as a plain dictionary (`Job.as_plain`), on any machine. The progress is in
files, each written atomically when its part is finished. So a job can be started again at any
time: `train_job` continues from the files.
"""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from procgen_tools.files import write_text
from procgen_tools.names import did_you_mean
from procgen_tools.shown import brief
from procgen_tools.training.settings import TRAINERS, Settings

if TYPE_CHECKING:
    from procgen_tools.evaluation.agents import AgentEvaluation
    from procgen_tools.statistics.intervals import Estimate, Share

LASTING_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""Errors that would occur again: bad settings, a loss that is not finite, bugs. Other errors, such
as a full disk or a lost device, may be temporary."""


@dataclass(frozen=True)
class Job:
    """One agent: how it is trained and evaluated, and where its files are.

    Attributes:
        name: unique in its sweep.
        trainer: one of `settings.TRAINERS`.
        settings: everything that decides the run.
        agent: the file of the finished agent. It exists only after the training has ended.
        folder: the folder of the run, for its log and checkpoint.
        evaluation: how the agent is evaluated (see `evaluation_plan`); None for no evaluation.
        evaluation_file: the file of the results, as JSON. The records of the episodes are in the
            same folder.
        initial: the file of the agent to begin with; None for random weights.
        after: the name of the job that makes `initial`, if it is in this sweep.
        command: stored in the agent's file.
        snapshot_every: samples, steps or updates between snapshots of the agent in `folder`; 0 for
            none.
        half_snapshots: store snapshots in half precision.
        half: store the finished agent in half precision.
    """

    name: str
    trainer: str
    settings: Settings
    agent: Path
    folder: Path
    evaluation: Mapping[str, Any] | None
    evaluation_file: Path
    initial: Path | None = None
    after: str | None = None
    command: str | None = None
    snapshot_every: int = 0
    half_snapshots: bool = False
    half: bool = False

    def is_finished(self) -> bool:
        """Whether the agent is trained, and evaluated as planned."""
        return self.agent.exists() and (
            self.evaluation is None or _results(self.evaluation_file, self.evaluation) is not None
        )

    def results(self) -> dict[str, list[float]]:
        """[value, low, high] by the name of the column; empty without an evaluation."""
        if self.evaluation is None or not self.agent.exists():
            return {}
        return _results(self.evaluation_file, self.evaluation) or {}

    def as_plain(self) -> dict[str, Any]:
        """The job as strings, numbers and dictionaries, with absolute paths."""
        return {
            "name": self.name,
            "trainer": self.trainer,
            "settings": asdict(self.settings),
            "agent": str(self.agent.absolute()),
            "folder": str(self.folder.absolute()),
            "evaluation": None if self.evaluation is None else dict(self.evaluation),
            "evaluation_file": str(self.evaluation_file.absolute()),
            "initial": None if self.initial is None else str(self.initial.absolute()),
            "command": self.command,
            "snapshot_every": self.snapshot_every,
            "half_snapshots": self.half_snapshots,
            "half": self.half,
        }


@dataclass(frozen=True)
class Sweep:
    """The jobs, in the order of the file, and the folder of their summary.

    A job may come before the one that it continues; see `Job.after`.
    """

    folder: Path
    jobs: tuple[Job, ...]

    __repr__ = brief


def check_finished(job: Job) -> None:
    """Check that a finished agent was trained with the settings of the job.

    Raises:
        ValueError: it was trained with other settings, or the file is not an agent.
    """
    from procgen_tools.models import checkpoint_metadata

    facts = checkpoint_metadata(job.agent)
    if "algorithm" not in facts or not isinstance(theirs := facts.get("settings"), dict):
        raise ValueError(
            f"{job.agent} exists and does not say how it was trained: move it away, or name "
            "another folder in the sweep"
        )
    initial = None if job.initial is None else job.initial.name
    pairs = [
        ("trainer", facts["algorithm"], job.trainer),
        ("initial", facts.get("started_from", {}).get("file"), initial),
    ]
    pairs += job.settings.beside(theirs)
    for name, found, ours in pairs:
        if found != ours:
            raise ValueError(
                f"{job.agent} exists and was trained with {name}={found!r}, not {ours!r}: move it "
                f"and {job.folder} away, or name another folder in the sweep"
            )


def train_job(job: Mapping[str, Any]) -> None:
    """Train and evaluate an agent, as far as this has not been done.

    If another process trains the same agent (a worker that was taken for dead, or another sweep),
    this one waits for it. No agent is trained twice.

    Args:
        job: `Job.as_plain()`, with the workers' `device`, `threads` and `save_seconds` (between
            checkpoints).

    Raises:
        ValueError: settings, checkpoint and initial agent do not fit each other.
        FloatingPointError: the loss is not finite.
    """
    import torch

    from procgen_tools.training.runs import RunOptions
    from procgen_tools.training.trainers import train_agent

    torch.set_num_threads(job["threads"])
    agent, evaluation_file = Path(job["agent"]), Path(job["evaluation_file"])
    if not agent.exists():
        evaluation_file.unlink(missing_ok=True)  # belongs to an earlier agent of this name
        train_agent(
            TRAINERS[job["trainer"]].settings(**job["settings"]),
            agent,
            Path(job["folder"]),
            device=job["device"],
            initial=None if job["initial"] is None else Path(job["initial"]),
            command=job["command"],
            half=job["half"],
            options=RunOptions(
                resume=True,
                save_seconds=job["save_seconds"],
                progress_bar=False,
                wait=True,
                snapshot_every=job["snapshot_every"],
                half_snapshots=job["half_snapshots"],
            ),
        )
    plan = job["evaluation"]
    if plan is not None and _results(evaluation_file, plan) is None:
        _judge(job["name"], agent, plan, evaluation_file, job["device"])


def evaluation_plan(values: Mapping[str, Any]) -> dict[str, Any]:
    """All `EvaluationSettings` as plain data, from those that differ from their defaults.

    Raises:
        ValueError: an unknown setting, or a value of another type or out of bounds.
    """
    from procgen_tools.evaluation.agents import EvaluationSettings
    from procgen_tools.evaluation.conditions import read_conditions

    types = get_type_hints(EvaluationSettings)
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in types:
            hint = did_you_mean(name, types)
            raise ValueError(f"evaluation has no {name!r}: it takes {', '.join(types)}{hint}")
        if name == "conditions":
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise ValueError(f"conditions is {value!r}: give a list of names")
            checked[name] = read_conditions(",".join(value))
            continue
        accepted = get_args(types[name]) or (types[name],)
        if type(value) not in accepted:
            wanted = " or ".join(each.__name__ for each in accepted if each is not type(None))
            raise ValueError(f"{name} is {value!r}: give {wanted}")
        checked[name] = value
    plan = asdict(EvaluationSettings(**checked))
    return {**plan, "conditions": [str(each) for each in plan["conditions"]]}


def _judge(name: str, agent: Path, plan: Mapping[str, Any], file: Path, device: str) -> None:
    """Evaluate an agent, and write the records of its episodes and then the results."""
    from procgen_tools.episodes.records import write_records
    from procgen_tools.evaluation.agents import EvaluationSettings, evaluate_policy
    from procgen_tools.evaluation.conditions import Condition
    from procgen_tools.evaluation.records import episode_records
    from procgen_tools.models import checkpoint_metadata, load_policy

    conditions = tuple(Condition(each) for each in plan["conditions"])
    evaluation = evaluate_policy(
        load_policy(agent, device=device),
        EvaluationSettings(**{**plan, "conditions": conditions}),
        metadata=checkpoint_metadata(agent),
        name=name,
    )
    write_records(file.with_name(f"{name}.parquet"), episode_records(evaluation))
    results = {
        column: [measured.value, *measured.interval]
        for column, measured in _columns(evaluation).items()
    }
    write_text(file, json.dumps({"plan": dict(plan), "results": results}, indent=1) + "\n")


def _columns(evaluation: AgentEvaluation) -> dict[str, Share | Estimate]:
    """The columns that compare agents; for other evaluations, the rates of success."""
    from procgen_tools.evaluation.conditions import Condition
    from procgen_tools.evaluation.report import family_row

    measured = {each.condition: each for each in evaluation.conditions}
    compared = (Condition.IN_DISTRIBUTION, Condition.ANYWHERE)
    if all(each in measured and measured[each].exact for each in compared):
        return family_row(evaluation)
    return {
        f"success_{condition}": each.success
        for condition, each in measured.items()
        if condition is not Condition.NO_CHEESE
    }


def _results(file: Path, plan: Mapping[str, Any]) -> dict[str, list[float]] | None:
    """The results that `_judge` wrote, if they follow this plan."""
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # missing, or neither JSON nor UTF-8
        return None
    if not isinstance(written, dict) or written.get("plan") != plan:
        return None
    results = written.get("results")
    return dict(results) if isinstance(results, dict) else None


def attempt(run: Any, job: Mapping[str, Any]) -> dict[str, Any] | None:
    """Run a job. The result is None, or the error as plain data.

    The data has the message under `error`, and under `again` whether another attempt may succeed.
    The traceback is written to `error.txt` in the folder of the run.
    """
    try:
        run(job)
    except Exception as error:
        with contextlib.suppress(OSError):  # the disk itself may be the problem
            write_text(Path(job["folder"]) / "error.txt", traceback.format_exc())
        message = f"{type(error).__name__}: {error}"
        return {"error": message[:2000], "again": not isinstance(error, LASTING_ERRORS)}
    return None

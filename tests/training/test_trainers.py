"""The table of trainers: every entry is whole, and a new one works everywhere at once."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import torch

from procgen_tools.cli import training
from procgen_tools.models import QNetwork, checkpoint_metadata, load_q_network
from procgen_tools.sweeps.files import sweep_from
from procgen_tools.sweeps.jobs import train_job
from procgen_tools.sweeps.run import LocalWorkers, run_sweep, summary_csv
from procgen_tools.training import runs
from procgen_tools.training.precision import FLOAT32, Precision
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import TRAINERS, Settings, Trainer, setting, trainer_of
from procgen_tools.training.trainers import learner_class, make_learner, train_agent
from tests.tiny import QUIET

CALLED_WITH = ("settings", "device", "initial", "precision")
MADE_BY_THE_CONSTRUCTOR = ("settings", "precision", "optimizer")


@dataclass(frozen=True)
class ToySettings(Settings):
    """The settings of a trainer that this file adds."""

    steps: int = setting(4, "steps of gradient descent", low=1)
    goal: float = setting(1.0, "the number that the network shall give everywhere")
    seed: int = setting(0, "of initial weights", low=0)


class ToyLearner:
    """Teaches a Q-network to give one number everywhere."""

    trainer = "toy"
    unit = "steps"
    columns = ("loss",)
    shown = {"loss": ".3f"}  # noqa: RUF012

    def __init__(
        self,
        settings: ToySettings,
        device: torch.device | str = "cpu",
        initial: QNetwork | None = None,
        precision: Precision = FLOAT32,
    ) -> None:
        self.check(settings, initial)
        self.settings, self.precision, self.done = settings, precision, 0
        self.network = (initial or QNetwork(4, seed=settings.seed)).to(device)
        self.optimizer = torch.optim.SGD(self.network.parameters(), 0.1, momentum=0.5)

    @staticmethod
    def check(settings: ToySettings, initial: QNetwork | None) -> None:
        if initial is not None and initial.width != 4:
            raise ValueError("give a network of width 4")

    @property
    def total(self) -> int:
        return self.settings.steps

    def advance(self, tick: Callable[[int], None]) -> dict[str, float | int]:
        loss = (self.network(torch.ones(1, 161)) - self.settings.goal).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.done += 1
        tick(1)
        return {"loss": loss.item()}

    def agent(self) -> QNetwork:
        return self.network

    @staticmethod
    def read_agent(path: Path) -> QNetwork:
        return load_q_network(path)

    def state_dict(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer.state_dict(), "done": self.done}

    def load_state_dict(self, agent: QNetwork, state: dict[str, Any]) -> None:
        self.network.load_state_dict(agent.state_dict())
        self.optimizer.load_state_dict(state["optimizer"])
        self.done = state["done"]

    def provenance(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the toy trainer, as its author would: with one entry."""
    entry = Trainer(ToySettings, f"{__name__}:ToyLearner", "Give one number.", world="none")
    monkeypatch.setitem(TRAINERS, "toy", entry)


@pytest.mark.parametrize("name", TRAINERS)
def test_every_entry_is_whole(name: str) -> None:
    trainer = TRAINERS[name]
    assert trainer_of(trainer.settings()) is trainer
    learner = learner_class(trainer.settings())
    assert learner.trainer == name
    assert trainer.summary.endswith(".")
    assert (*inspect.signature(learner).parameters,) == CALLED_WITH
    for member in ("check", "read_agent"):
        assert isinstance(inspect.getattr_static(learner, member), staticmethod), member
    for member in {*vars(runs.Learner)} - {*vars(Protocol)} - {*MADE_BY_THE_CONSTRUCTOR}:
        assert member.startswith("_") or hasattr(learner, member), member


@pytest.mark.usefixtures("toy")
def test_a_new_trainer_is_killed_and_resumed(tmp_path: Path) -> None:
    learner = make_learner(ToySettings())
    assert isinstance(learner, runs.Learner)
    assert not runs.run(learner, tmp_path / "parts", RunOptions(stop_after=0.0, progress_bar=False))
    resumed = RunOptions(resume=True, snapshot_every=2, progress_bar=False)
    for folder, options in (("parts", resumed), ("whole", QUIET)):
        agent = tmp_path / f"{folder}.pth"
        assert train_agent(ToySettings(), agent, tmp_path / folder, options=options)
    parts, whole = (load_q_network(tmp_path / f"{name}.pth") for name in ("parts", "whole"))
    assert torch.equal(parts.fc_q.bias, whole.fc_q.bias)
    assert (tmp_path / "parts" / "model_2.pth").exists()
    assert checkpoint_metadata(tmp_path / "parts.pth")["settings"]["goal"] == 1.0


@pytest.mark.usefixtures("toy")
def test_a_new_trainer_has_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["train", "toy", "a.pth", "--goal", "2", "--initial", "b.pth"]
    train_agent(ToySettings(seed=5), Path("b.pth"), Path("b"), options=QUIET)
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as stopped:
        training.train_app()(words[1:])
    assert not stopped.value.code
    facts = checkpoint_metadata(Path("a.pth"))
    assert facts["command"] == "procgen-tools train toy a.pth --initial b.pth --goal 2.0"
    assert facts["started_from"]["file"] == "b.pth"


@pytest.mark.usefixtures("toy")
def test_a_new_trainer_works_in_sweeps(tmp_path: Path) -> None:
    contents: dict[str, Any] = {
        "folder": str(tmp_path),
        "trainer": "toy",
        "grid": {"goal": [1, 2]},
        "agents": [{"name": "on", "initial": "goal_1", "half": True}],
    }
    with pytest.raises(ValueError, match=r"toy trains agents of none, .* leave \[evaluation\] out"):
        sweep_from({**contents, "evaluation": {"levels": 3}})
    sweep = sweep_from(contents)
    for job in sweep.jobs:
        train_job({**job.as_plain(), "device": "cpu", "threads": 1, "save_seconds": 0.0})
    assert all(job.is_finished() for job in sweep.jobs)
    outcomes = run_sweep(sweep, LocalWorkers(1), report=lambda line: None)
    assert [outcome.state for outcome in outcomes] == ["skipped"] * 3
    assert "goal" in summary_csv(outcomes).splitlines()[0]
    assert (
        torch.load(sweep.jobs[-1].agent, weights_only=True)["model_state_dict"]["fc_q.bias"].dtype
        == torch.float16
    )


def test_settings_of_no_trainer_are_refused() -> None:
    with pytest.raises(TypeError, match="settings are ToySettings, which no trainer has"):
        make_learner(ToySettings())

"""Precisions: a child process finds out what works and what is faster, and runs keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from procgen_tools.models import checkpoint_metadata, save_policy
from procgen_tools.training import imitation, precision_choice, runs
from procgen_tools.training.precision import Precision
from procgen_tools.training.precision_choice import Speeds, Work, choose, measure
from procgen_tools.training.settings import ImitationSettings, PPOSettings
from procgen_tools.training.trainers import train_agent
from tests.tiny import QUIET

CPU = torch.device("cpu")
SMALL = Work(scale=1, batch=16, threads=1, seconds=0.0)
DIES = "import os\nprint('{\"float32\": 50.0}', flush=True)\nos.kill(os.getpid(), {})"
TINY = ImitationSettings(world_size=15, samples=32, batch_size=8, row_steps=1, warmup_samples=8)
RESUMED = replace(QUIET, resume=True)


def finds(
    float32: float | None, bfloat16: float | None, failure: str = ""
) -> Callable[..., Speeds]:
    return lambda work: Speeds(float32, bfloat16, failure)


def never(work: Work) -> Speeds:
    raise AssertionError("nothing has to be measured here")


KILLED = finds(50.0, None, "a process that tried it was killed by SIGILL")
"""What a machine gives whose tiles do not work."""


def program(folder: Path, text: str) -> Path:
    path = folder / "child.py"
    path.write_text(text)
    return path


# --- the child


def test_the_child_measures_both() -> None:
    speeds = measure(replace(SMALL, recurrent=True))
    assert speeds.float32 is not None
    assert speeds.float32 > 0
    assert (speeds.bfloat16 is None) == bool(speeds.failure)  # fails where bfloat16 does not work


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (DIES.replace("{}", "4"), "killed by SIGILL"),
        (DIES.replace("{}", "11"), "killed by SIGSEGV"),
        (
            "print('{\"float32\": 50.0}', flush=True)\nimport time; time.sleep(60)",
            "did not end wit",
        ),
        (
            'print(\'{"float32": 50.0}\')\nraise RuntimeError("no kernel")',
            "exit code 1: RuntimeErr",
        ),
        ('print(\'{"float32": 50.0}\')\nprint(\'{"failure": "its results are wrong"}\')', "wrong"),
        ('print(\'{"float32": 50.0}\')\nprint(\'{"float32": 50.0, "bfl\', end="")', "exit code 0"),
    ],
)
def test_a_child_that_fails_is_survived(text: str, failure: str, tmp_path: Path) -> None:
    speeds = measure(SMALL, timeout=1.5, program=program(tmp_path, text))
    assert speeds.bfloat16 is None
    assert failure in speeds.failure
    assert speeds.float32 == 50.0


def test_no_child_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision_choice.sys, "executable", "/no/such/python")
    speeds = measure(SMALL)
    assert (speeds.float32, speeds.bfloat16) == (None, None)
    assert "could not start" in speeds.failure


# --- the choice


def test_the_faster_one_is_chosen() -> None:
    quick = choose(TINY, CPU, measured=finds(300.0, 400.0))
    assert quick.name == "bfloat16"
    assert "the faster here: 400 samples/s, float32 300 (scale 1, " in quick.reason
    slow = choose(TINY, CPU, measured=finds(837.0, 623.0))
    assert slow.name == "float32"
    assert "837 samples/s, bfloat16 623" in slow.reason
    dead = choose(TINY, CPU, measured=KILLED)
    assert dead.name == "float32"
    assert "does not work here: a process that tried it was killed by SIGILL" in dead.reason
    assert "float32: 50 samples/s" in dead.reason
    assert choose(TINY, CPU, measured=finds(None, None, "no Python")).name == "float32"


def test_the_size_of_the_run_is_measured() -> None:
    works: list[Work] = []

    def measured(work: Work) -> Speeds:
        works.append(work)
        return Speeds(1.0, 2.0)

    choose(ImitationSettings(scale=3, batch_size=512), CPU, measured=measured)
    choose(PPOSettings(recurrent=True), CPU, measured=measured)
    threads = torch.get_num_threads()
    assert [(each.scale, each.batch, each.threads, each.recurrent) for each in works] == [
        (3, 512, threads, False),
        (1, 256, threads, True),
    ]


def test_what_is_asked_for_must_work() -> None:
    wanted = replace(TINY, precision="bfloat16")
    assert choose(wanted, CPU, measured=finds(9.0, 1.0)).name == "bfloat16"
    with pytest.raises(ValueError, match=r"killed by SIGILL. Use --precision float32, or set ONED"):
        choose(wanted, CPU, measured=KILLED)
    assert choose(replace(TINY, precision="float32"), CPU, measured=never).name == "float32"


def test_a_run_goes_on_as_it_began() -> None:
    kept = {"precision": "bfloat16"}
    assert choose(TINY, CPU, checkpoint=kept, measured=finds(9.0, 1.0)).name == "bfloat16"
    with pytest.raises(
        ValueError,
        match=r"the run began in bfloat16, which does not work here: .*S"
        r"IGILL\. To end in the same weights .*ONEDNN_MAX_CPU_ISA",
    ):
        choose(TINY, CPU, checkpoint=kept, measured=KILLED)
    plain = {"precision": "float32"}
    assert choose(TINY, CPU, checkpoint=plain, measured=never).name == "float32"
    with pytest.raises(ValueError, match=r"began with precision='float32', not 'bfloat16': resume"):
        choose(replace(TINY, precision="bfloat16"), CPU, checkpoint=plain, measured=never)
    with pytest.raises(ValueError, match=r"says precision=7, .* it is damaged"):
        choose(TINY, CPU, checkpoint={"precision": 7}, measured=never)


def test_runs_from_before_precisions_were_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """They computed in bfloat16 exactly where the processor announced it."""

    def chosen(announced: bool, measured: Callable[..., Speeds], wanted: str = "auto") -> str:
        monkeypatch.setattr(precision_choice, "_announced", lambda device: announced)
        settings = replace(TINY, precision=wanted)
        return choose(settings, CPU, checkpoint={}, measured=measured).name

    assert chosen(True, finds(9.0, 1.0)) == "bfloat16"
    assert chosen(True, KILLED) == "float32"  # such a run cannot have begun here
    assert chosen(False, never) == "float32"
    assert chosen(True, never, wanted="float32") == "float32"


# --- in runs


def test_a_run_keeps_its_precision_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(precision_choice, "PROBE", program(tmp_path, DIES.replace("{}", "4")))
    agent, folder = tmp_path / "agent.pth", tmp_path / "run"
    options = replace(QUIET, progress_bar=True)
    assert train_agent(TINY, agent, folder, options=options)
    line = "computing in float32, since bfloat16 does not work here: "
    assert sum(line in part for part in capsys.readouterr().err.splitlines()) == 1
    assert "killed by SIGILL; float32: 50 samples/s" in (folder / "precision.txt").read_text()
    assert checkpoint_metadata(folder / "checkpoint.pth")["precision"] == "float32"
    assert checkpoint_metadata(agent)["precision"] == "float32"
    assert checkpoint_metadata(agent)["settings"]["precision"] == "auto"


def test_a_run_in_bfloat16_is_not_resumed_where_that_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rough = Precision("bfloat16", "which worked elsewhere")
    learner = imitation.Learner(TINY, precision=replace(rough, name="float32"))
    runs.run(learner, tmp_path / "run", replace(QUIET, stop_after=0.0))
    checkpoint = tmp_path / "run" / "checkpoint.pth"
    facts = checkpoint_metadata(checkpoint) | {"precision": "bfloat16"}
    save_policy(learner.agent(), checkpoint, **facts)
    before = checkpoint.read_bytes()
    monkeypatch.setattr(precision_choice, "PROBE", program(tmp_path, DIES.replace("{}", "4")))
    with pytest.raises(ValueError, match="the run began in bfloat16, which does not work here"):
        train_agent(TINY, tmp_path / "agent.pth", tmp_path / "run", options=RESUMED)
    with pytest.raises(ValueError, match="was trained with precision='bfloat16', not 'float32'"):
        runs.run(imitation.Learner(TINY), tmp_path / "run", RESUMED)
    assert checkpoint.read_bytes() == before

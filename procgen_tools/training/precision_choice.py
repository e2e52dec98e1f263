"""The choice of a run's precision: the faster one here, or the one that a resumed run began with.

The features that a processor reports do not tell whether bfloat16 works on it, nor whether it is
faster (see `precision_probe`). Both are measured in a child process before training, which takes a
few seconds. A run stores its precision in its checkpoint, because the results depend on it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from procgen_tools.training.precision import Precision
from procgen_tools.training.settings import AUTO, Settings

PROBE = Path(__file__).with_name("precision_probe.py")
CAP = "ONEDNN_MAX_CPU_ISA=AVX512_CORE_FP16"
"""As an environment variable, disables the tile instructions that some machines report falsely."""


@dataclass(frozen=True)
class Work:
    """The work that is timed.

    Attributes:
        scale: width of the network.
        batch: samples per step at most; wide networks are timed on fewer.
        threads: number of threads.
        seconds: how long steps are timed, in both precisions together.
        recurrent: whether the network has a memory.
    """

    scale: int
    batch: int
    threads: int
    seconds: float = 2.0
    recurrent: bool = False


@dataclass(frozen=True)
class Speeds:
    """The result of the child process.

    Attributes:
        float32: samples per second; None if the child ended before the measurement.
        bfloat16: samples per second; None if bfloat16 does not work.
        failure: why bfloat16 does not work, in words; empty if it works.
    """

    float32: float | None
    bfloat16: float | None
    failure: str = ""


def measure(work: Work, *, timeout: float = 120.0, program: Path | None = None) -> Speeds:
    """Time training steps on the CPU in a child process, which may crash or hang.

    Args:
        work: the work to time.
        timeout: seconds after which the child is killed.
        program: the script that the child runs, with the work as JSON; by default,
            `precision_probe`.
    """
    words = [sys.executable, "-P", str(program or PROBE), json.dumps(asdict(work))]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as late:
        return _speeds(late.stdout or b"", f"it did not end within {timeout:g} seconds")
    except OSError as error:
        return Speeds(None, None, f"the process that tries it could not start: {error}")
    return _speeds(done.stdout, _ending(done.returncode, done.stderr))


def choose(
    settings: Settings,
    device: torch.device,
    *,
    checkpoint: Mapping[str, Any] | None = None,
    measured: Callable[[Work], Speeds] = measure,
) -> Precision:
    """The precision of a new or resumed run.

    Args:
        settings: of the run; `settings.precision` is `auto` or one of the two.
        device: where it trains.
        checkpoint: the metadata of the resumed run's checkpoint (see
            `models.checkpoint_metadata`); None for a new run.
        measured: times both precisions on the CPU.

    Raises:
        ValueError: the run began in another precision than `settings.precision`, or bfloat16 is
            asked for and does not work.
    """
    if settings.timed is None:
        return Precision(settings.precision, "the only precision of this trainer")
    wanted = settings.precision
    if checkpoint is None:
        if wanted == AUTO:
            return _fastest(settings, device, measured)
        return _checked(wanted, "as asked", settings, device, measured)
    kept = checkpoint.get("precision")
    if kept is None:
        return _of_old(settings, device, measured)
    if kept not in ("float32", "bfloat16"):
        raise ValueError(
            f"the checkpoint says precision={kept!r:.80}, and a run computes in 'float32' or "
            "'bfloat16': it is damaged; begin a new run in another folder"
        )
    if wanted not in (AUTO, kept):
        raise ValueError(
            f"the run began with precision={kept!r}, not {wanted!r}: resume it with --precision "
            f"{kept} or without the option, or begin a new run in another folder"
        )
    return _checked(kept, "as the run began", settings, device, measured)


def _fastest(
    settings: Settings, device: torch.device, measured: Callable[[Work], Speeds]
) -> Precision:
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported():
            return Precision("bfloat16", f"which {device} supports")
        return Precision("float32", f"since {device} does not support bfloat16")
    if device.type != "cpu":
        return Precision("float32", f"since bfloat16 is not tried on {device}")
    work = _work(settings)
    speeds = measured(work)
    how = f"(scale {work.scale}, {work.threads} {'thread' if work.threads == 1 else 'threads'})"
    if speeds.bfloat16 is None or speeds.float32 is None:
        rate = f"; float32: {speeds.float32:,.0f} samples/s {how}" if speeds.float32 else ""
        return Precision("float32", f"since bfloat16 does not work here: {speeds.failure}{rate}")
    rates = {"float32": speeds.float32, "bfloat16": speeds.bfloat16}
    name = max(rates, key=lambda each: rates[each])
    other = min(rates, key=lambda each: rates[each])
    return Precision(
        name,
        f"the faster here: {rates[name]:,.0f} samples/s, {other} {rates[other]:,.0f} {how}",
    )


def _checked(
    name: str,
    reason: str,
    settings: Settings,
    device: torch.device,
    measured: Callable[[Work], Speeds],
) -> Precision:
    """The precision of this name, if it works here."""
    if name == "float32":
        return Precision(name, reason)
    failure = _failure(settings, device, measured)
    if failure and reason.startswith("as asked"):
        raise ValueError(
            f"precision is 'bfloat16', which does not work here: {failure}. Use --precision "
            f"float32, or {_elsewhere(device)}"
        )
    if failure:
        raise ValueError(
            f"the run began in bfloat16, which does not work here: {failure}. To end in the same "
            f"weights it must go on in bfloat16: {_elsewhere(device)}; or begin a new run in "
            "another folder with --precision float32"
        )
    return Precision(name, reason)


def _of_old(
    settings: Settings, device: torch.device, measured: Callable[[Work], Speeds]
) -> Precision:
    """The precision of a run older than stored precisions: bfloat16 wherever it is reported."""
    if settings.precision != AUTO:
        reason = "as asked; the checkpoint does not say what the run began with"
        return _checked(settings.precision, reason, settings, device, measured)
    if not _announced(device):
        return Precision("float32", "as runs without a kept precision computed on this processor")
    failure = _failure(settings, device, measured)
    if failure:
        reason = f"since bfloat16 does not work here: {failure}; the checkpoint does not say more"
        return Precision("float32", reason)
    return Precision("bfloat16", "as runs without a kept precision computed on this processor")


def _announced(device: torch.device) -> bool:
    """Whether the device reports bfloat16 in hardware."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _failure(settings: Settings, device: torch.device, measured: Callable[[Work], Speeds]) -> str:
    """Why bfloat16 does not work on the device; empty if it works."""
    if device.type == "cuda":
        return "" if torch.cuda.is_bf16_supported() else f"{device} does not support it"
    if device.type != "cpu":
        return f"it is not tried on {device}"
    speeds = measured(_work(settings, seconds=0.0))
    return speeds.failure if speeds.bfloat16 is None else ""


def _work(settings: Settings, seconds: float = 2.0) -> Work:
    timed = settings.timed
    assert timed is not None, "there is nothing to choose"
    return Work(timed.scale, timed.batch, torch.get_num_threads(), seconds, timed.recurrent)


def _elsewhere(device: torch.device) -> str:
    if device.type != "cpu":
        return "use another device"
    return f"set {CAP} in the environment, which may make it work, or use another machine"


def _speeds(output: bytes, failure: str) -> Speeds:
    """The speeds in the child's output, with `failure` if it ended before it had timed both."""
    found: dict[str, Any] = {}
    for line in output.decode(errors="replace").splitlines():
        try:
            found |= json.loads(line)
        except (ValueError, TypeError):  # a line that the end of the process cut off
            break
    if "bfloat16" in found:
        return Speeds(found["float32"], found["bfloat16"])
    return Speeds(found.get("float32"), None, found.get("failure", failure))


def _ending(returncode: int, errors: bytes) -> str:
    """The way the child ended, in words."""
    if returncode < 0:
        try:
            name = signal.Signals(-returncode).name
        except ValueError:
            name = f"signal {-returncode}"
        return f"a process that tried it was killed by {name}"
    last = errors.decode(errors="replace").strip().splitlines()[-1:]
    return f"a process that tried it ended with exit code {returncode}: {''.join(last)[:200]}"

"""One training step of imitation, and variants of it: what each would save or cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from procgen_tools.benchmarks.rounds import Cost, costs_per_call
from procgen_tools.training import freed_memory, imitation, precision_choice
from procgen_tools.training.precision import Precision
from procgen_tools.training.precision_choice import Work
from procgen_tools.training.settings import ImitationSettings

AS_TRAINED = "as trained, float32, one thread"


@dataclass(frozen=True)
class Way:
    """A variant of a step. The defaults are those of training.

    Attributes:
        name: a description.
        precision: `float32` or `bfloat16`.
        threads: number of threads.
        batch: number of samples; 0 for the number of the other variants.
        change: a change of the learner, made before it is measured.
        flush: flush denormal numbers to zero.
        keep: keep freed memory in the process.
    """

    name: str
    precision: str = "float32"
    threads: int = 1
    batch: int = 0
    change: Callable[[Any], None] | None = None
    flush: bool = False
    keep: bool = True


@dataclass(frozen=True)
class StepSpeed:
    """The cost of each variant per sample.

    Attributes:
        scale: width of the network.
        batch: samples per step.
        costs: the cost per sample, by name of the variant.
        left_out: why no variant in bfloat16 was measured; empty if they were.
    """

    scale: int
    batch: int
    costs: dict[str, Cost]
    left_out: str = ""


def ways(compiled: bool = False) -> tuple[Way, ...]:
    """All variants that are compared, the present one first.

    Args:
        compiled: include `torch.compile`, which requires a compiler and takes a minute.
    """
    found = [
        Way(AS_TRAINED),
        Way("bfloat16", "bfloat16"),
        Way("two threads", threads=2),
        Way("bfloat16, two threads", "bfloat16", threads=2),
        Way("batches of 64", batch=64),
        Way("batches of 256", batch=256),
        Way("batches of 512", batch=512),
        Way("bfloat16, batches of 512", "bfloat16", batch=512),
        Way("freed memory given back", keep=False),
        Way("bfloat16, freed memory given back", "bfloat16", keep=False),
        Way("channels first", change=_channels_first),
        Way("bfloat16, channels first", "bfloat16", change=_channels_first),
        Way("AdamW over groups of parameters", change=_adamw(foreach=True, fused=False)),
        Way("AdamW in one kernel", change=_adamw(foreach=False, fused=True)),
        Way("clipping over groups of parameters", change=_clip_in_groups),
        Way("averages one by one", change=_average_one_by_one),
        Way("denormal numbers as zero", flush=True),
        Way("frames divided by 255 in the first layer", change=_divide_in_layer),
    ]
    if compiled:
        found.append(Way("torch.compile", change=_compile))
    return tuple(found)


def measure(
    scale: int = 1,
    *,
    batch: int = 128,
    rounds: int = 5,
    seconds: float = 5.0,
    compared: tuple[Way, ...] | None = None,
) -> StepSpeed:
    """Measure the variants in alternation.

    Args:
        scale: width of the network.
        batch: samples of a step.
        rounds: number of turns of each variant.
        seconds: minimum total time of measurement per variant.
        compared: the variants. Defaults to all of `ways()`. Variants in bfloat16 are left out if
            it does not work on this machine.
    """
    chosen = compared or ways()
    left_out = ""
    if any(way.precision == "bfloat16" for way in chosen):
        left_out = precision_choice.measure(Work(scale, batch, threads=1, seconds=0.0)).failure
    if left_out:
        chosen = tuple(way for way in chosen if way.precision != "bfloat16")
    threads = torch.get_num_threads()
    try:
        costs = costs_per_call(
            {way.name: _stepping(way, scale, batch) for way in chosen},
            rounds=rounds,
            seconds=seconds,
        )
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)
        freed_memory.set_malloc(freed_memory.USUAL)
    sizes = {way.name: way.batch or batch for way in chosen}
    return StepSpeed(
        scale,
        batch,
        {
            name: Cost(cost.wall / sizes[name], cost.cpu / sizes[name])
            for name, cost in costs.items()
        },
        left_out,
    )


def _stepping(way: Way, scale: int, batch: int) -> Callable[[], object]:
    """A function that does one step of this variant, on prepared examples."""
    settings = ImitationSettings(scale=scale, batch_size=way.batch or batch)
    learner = imitation.Learner(settings, precision=Precision(way.precision, "measured"))
    if way.change:
        way.change(learner)
    examples = imitation.examples_of_step(settings, 0)

    def step() -> None:
        if torch.get_num_threads() != way.threads:
            torch.set_num_threads(way.threads)
        torch.set_flush_denormal(way.flush)
        freed_memory.set_malloc(freed_memory.KEEP if way.keep else freed_memory.USUAL)
        learner.update(examples)

    return step


def _channels_first(learner: imitation.Learner) -> None:
    for parameter in learner.policy.parameters():
        parameter.data = parameter.data.contiguous()
    whole = learner.policy.logits_and_value
    learner.policy.logits_and_value = lambda obs: whole(obs.contiguous())  # type: ignore[method-assign]


def _adamw(*, foreach: bool, fused: bool) -> Callable[[imitation.Learner], None]:
    def change(learner: imitation.Learner) -> None:
        settings = learner.settings
        learner.optimizer = torch.optim.AdamW(
            learner.policy.parameters(),
            settings.learning_rate,
            weight_decay=settings.weight_decay,
            foreach=foreach,
            fused=fused,
        )

    return change


def _clip_in_groups(learner: imitation.Learner) -> None:
    def clip() -> None:
        nn.utils.clip_grad_norm_(
            learner.policy.parameters(), learner.settings.max_gradient_norm, foreach=True
        )

    learner.clip = clip  # type: ignore[method-assign]


def _average_one_by_one(learner: imitation.Learner) -> None:
    @torch.no_grad()
    def average() -> None:
        keep = learner.averaging()
        pairs = zip(learner.average.parameters(), learner.policy.parameters(), strict=True)
        for mean, current in pairs:
            mean.lerp_(current, 1 - keep)

    learner.update_average = average  # type: ignore[method-assign]


class _Divided(nn.Module):
    """A weight for frames in 0..255, computed from one for observations in 0..1."""

    def forward(self, weight: Tensor) -> Tensor:
        return weight / 255


def _divide_in_layer(learner: imitation.Learner) -> None:
    parametrize.register_parametrization(learner.policy.embedder.block1.conv, "weight", _Divided())
    learner.observations = (  # type: ignore[method-assign]
        lambda frames: torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    )


def _compile(learner: imitation.Learner) -> None:
    learner.policy.logits_and_value = torch.compile(learner.policy.logits_and_value)  # type: ignore[method-assign]


def report(speed: StepSpeed) -> str:
    """The measurement as text: the present variant in samples per second, the others as ratios."""
    today = speed.costs[AS_TRAINED]
    lines = [
        f"an imitation step, scale {speed.scale}, batches of {speed.batch}: "
        f"{1 / today.wall:,.0f} samples/s of wall time, {1 / today.cpu:,.0f} per processor second",
        "",
        f"{'speed, in multiples of that':44s}{'wall time':>14s}{'processor':>12s}",
    ]
    lines += [
        f"{name:44s}{today.wall / cost.wall:>12.2f} x{today.cpu / cost.cpu:>10.2f} x"
        for name, cost in speed.costs.items()
        if name != AS_TRAINED
    ]
    if speed.left_out:
        lines.append(f"bfloat16 does not work here: {speed.left_out}")
    return "\n".join(lines)

"""A script that times training steps in float32 and bfloat16. It may crash, so it runs alone.

    python -P precision_probe.py '{"scale": 1, "batch": 128, "threads": 1, "seconds": 1.0}'

Some processors, or the virtual machines on them, report instructions for bfloat16 that kill the
process that uses them. `precision_choice` therefore runs this file in a child process and reads
lines of JSON from it: first the rate in float32 and then, if bfloat16 works, both rates. It imports
only torch, so it starts quickly and runs where the package is not installed.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from torch import Tensor, nn

SMALLEST_BATCH = 16
GREATEST_DIFFERENCE = 0.1
"""The largest difference of the outputs in the two precisions, relative to the largest output."""


class Residual(nn.Module):
    """Two convolutions with a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Network(nn.Module):
    """The layers of the agents (an IMPALA network), with or without a memory."""

    def __init__(self, scale: int, recurrent: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels in (16 * scale, 32 * scale, 32 * scale):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.MaxPool2d(3, 2, padding=1)]
            layers += [Residual(channels), Residual(channels)]
            before = channels
        layers += [nn.ReLU(), nn.Flatten(), nn.Linear(before * 64, 256), nn.ReLU()]
        self.embedder = nn.Sequential(*layers)
        self.memory = nn.GRU(256, 256) if recurrent else None
        self.heads = nn.Linear(256, 15 + 1)
        for parameter in self.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.embedder(x)
        if self.memory is not None:
            hidden = self.memory(hidden.float().unsqueeze(0))[0].squeeze(0)
        return self.heads(hidden).float()


def step(network: Network, observations: Tensor, bfloat16: bool) -> Tensor:
    """Do one forward and backward pass, and return the outputs."""
    network.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        outputs = network(observations)
    outputs.square().mean().backward()
    return outputs.detach()


def agree(network: Network, observations: Tensor) -> bool:
    """Whether both precisions give nearly the same outputs and finite gradients."""
    plain = step(network, observations, False)
    rounded = step(network, observations, True)
    finite = all(
        each.grad.isfinite().all() for each in network.parameters() if each.grad is not None
    )
    return bool(finite and (plain - rounded).abs().max() < GREATEST_DIFFERENCE * plain.abs().max())


def seconds_of(network: Network, observations: Tensor, bfloat16: bool) -> float:
    """The duration of one step."""
    start = time.perf_counter()
    step(network, observations, bfloat16)
    return time.perf_counter() - start


def main(scale: int, batch: int, threads: int, seconds: float, recurrent: bool) -> None:
    """Print the rates as JSON, in samples per second: first float32, then both."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = Network(scale, recurrent)
    observations = torch.rand(SMALLEST_BATCH, 3, 64, 64).to(memory_format=torch.channels_last)
    seconds_of(network, observations, False)  # warm-up
    rate = SMALLEST_BATCH / seconds_of(network, observations, False)
    print(json.dumps({"float32": rate}), flush=True)
    if not agree(network, observations):
        print(json.dumps({"failure": "its results are wrong"}), flush=True)
        return
    # Wide networks are timed on smaller batches than they are trained on, which saves minutes.
    batch = min(batch, max(SMALLEST_BATCH, int(rate * seconds / 4)))
    if batch != SMALLEST_BATCH:
        observations = torch.rand(batch, 3, 64, 64).to(memory_format=torch.channels_last)
        agree(network, observations)  # warm-up
    taken: dict[bool, list[float]] = {False: [], True: []}
    while sum(map(sum, taken.values())) < seconds or len(taken[True]) < 2:
        for bfloat16, times in taken.items():
            times.append(seconds_of(network, observations, bfloat16))
    # The fastest step is the one least disturbed by other work on the machine.
    rates = {"float32": batch / min(taken[False]), "bfloat16": batch / min(taken[True])}
    print(json.dumps(rates), flush=True)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))

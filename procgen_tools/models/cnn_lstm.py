"""A policy with a memory: three convolutions, a long short-term memory (LSTM), and two heads.

This is the network of Stable-Baselines' `CnnLstmPolicy`, with which the agent of the
mesa-misalignment environment was trained. Modules have its names: c1, c2, c3, fc1, lstm1, pi, vf.
The memory is the cell state of the LSTM, followed by its hidden state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.distributions import Categorical

from procgen_tools.models.dry_run import activation_shapes_of, probing
from procgen_tools.models.interface import checked
from procgen_tools.names import did_you_mean

NUM_ACTIONS = 4
"""Moves in keys and chests."""


@dataclass(frozen=True)
class Design:
    """The sizes of a network.

    Attributes:
        observation_shape: channels, rows and columns of an observation.
        convolutions: channels, kernel and stride of each.
        width: units of the dense layer.
        memory: units of the LSTM.
        window: side of the square around the player that the convolutions see, in pixels; 0 for
            the whole observation.
    """

    observation_shape: tuple[int, int, int]
    convolutions: tuple[tuple[int, int, int], ...]
    width: int
    memory: int
    window: int = 0


DESIGNS: Mapping[str, Design] = MappingProxyType(
    {
        "original": Design((4, 36, 36), ((32, 8, 4), (64, 4, 2), (64, 3, 1)), 512, 256),
        "small": Design((4, 12, 12), ((16, 3, 2), (32, 3, 2)), 128, 128, window=19),
    }
)
"""`original` has 900,005 parameters and sees 3 x 3 pixels per cell. `small` has 203,125 and sees
one pixel per cell, which holds the same information. It puts the player in the centre of what it
sees: "a key on my right" is then the same input everywhere, and training takes hundreds of
thousands of steps instead of millions. A window of 19 cells holds the whole level."""


class Centre(nn.Module):
    """Shift observations of one pixel per cell so that the player is in the centre of a window.

    The layer has no parameters. Beyond the level, the window has walls.
    """

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window

    def forward(
        self, obs: Float[Tensor, "batch 4 row col"]
    ) -> Float[Tensor, "batch 4 window window"]:
        channels, cols = obs.shape[1], obs.shape[3]
        reach = self.window // 2
        padded = nn.functional.pad(obs, (reach,) * 4)
        padded[:, 0, :reach] = padded[:, 0, -reach:] = 1
        padded[:, 0, :, :reach] = padded[:, 0, :, -reach:] = 1
        place = obs[:, 3].flatten(1).argmax(dim=1)
        side = torch.arange(self.window, device=obs.device)
        down = (place // cols)[:, None] + side
        right = (place % cols)[:, None] + side
        index = (down[:, :, None] * padded.shape[3] + right[:, None, :]).flatten(1)
        chosen = padded.flatten(2).gather(2, index[:, None].expand(-1, channels, -1))
        return chosen.unflatten(2, (self.window, self.window))


class Lstm(nn.Module):
    """A long short-term memory (Hochreiter and Schmidhuber, 1997), with a module for each gate.

    Gates are in the order of Stable-Baselines: input, forget, output, candidate.
    """

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.wx = nn.Linear(inputs, 4 * units)
        self.wh = nn.Linear(units, 4 * units, bias=False)
        self.input_gate, self.forget_gate, self.output_gate = (nn.Sigmoid() for _ in range(3))
        self.candidate = nn.Tanh()
        self.cell, self.squashed, self.hidden = nn.Identity(), nn.Tanh(), nn.Identity()

    def forward(
        self, drive: Float[Tensor, "batch gates"], memory: Float[Tensor, "batch memory"]
    ) -> Float[Tensor, "batch memory"]:
        """The memory after a step.

        Args:
            drive: the output of `wx` for the input of this step.
            memory: cell and hidden state before it.
        """
        cell, hidden = memory.chunk(2, dim=1)
        i, f, o, g = (drive + self.wh(hidden.to(self.wh.weight.dtype))).chunk(4, dim=1)
        kept = self.forget_gate(f) * cell
        cell = self.cell(kept + self.input_gate(i) * self.candidate(g))
        hidden = self.hidden(self.output_gate(o) * self.squashed(cell))
        return torch.cat([cell, hidden], dim=1)


class CnnLstmPolicy(nn.Module):
    """Action distribution and value of an observation, given the observations before it.

    It has the members of `models.RecurrentPolicy`: call `step`, beginning with `initial_memory`.

    Args:
        design: the sizes, one of DESIGNS.
        seed: seed of the initial parameters, which are orthogonal. torch's global generators do
            not change.

    Raises:
        ValueError: an unknown design.

    Example:
        >>> policy = CnnLstmPolicy("small")
        >>> memory, firsts = policy.initial_memory(2), torch.tensor([True, True])
        >>> logits, values, memory = policy.step(torch.rand(2, 4, 12, 12), memory, firsts)
        >>> logits.shape, memory.shape
        (torch.Size([2, 4]), torch.Size([2, 256]))
    """

    def __init__(self, design: str = "original", *, seed: int = 0) -> None:
        super().__init__()
        if design not in DESIGNS:
            raise ValueError(
                f"there is no design {design!r}: choose one of {', '.join(DESIGNS)}"
                f"{did_you_mean(design, DESIGNS)}"
            )
        self.design = design
        sizes = DESIGNS[design]
        self.observation_shape = sizes.observation_shape
        self.memory_size = 2 * sizes.memory
        self.num_actions = NUM_ACTIONS
        with torch.random.fork_rng(devices=[]):
            channels, side = sizes.observation_shape[:2]
            layers: list[tuple[str, nn.Module]] = []
            if sizes.window:
                layers, side = [("centre", Centre(sizes.window))], sizes.window
            for number, (features, kernel, stride) in enumerate(sizes.convolutions, start=1):
                layers += [
                    (f"c{number}", nn.Conv2d(channels, features, kernel, stride)),
                    (f"relu{number}", nn.ReLU()),
                ]
                channels, side = features, (side - kernel) // stride + 1
            for name, layer in layers:
                self.add_module(name, layer)
            self.flatten = nn.Flatten()
            self.fc1 = nn.Linear(channels * side * side, sizes.width)
            self.relu_fc1 = nn.ReLU()
            self.lstm1 = Lstm(sizes.width, sizes.memory)
            self.pi = nn.Linear(sizes.memory, NUM_ACTIONS)
            self.vf = nn.Linear(sizes.memory, 1)
        self._trunk = tuple(name for name, _ in layers)
        if not self.vf.weight.is_meta:
            self._initialise(torch.Generator().manual_seed(seed))
        self._shapes: dict[str, tuple[int, ...]] | None = None

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Orthogonal as in Stable-Baselines: gain 1 in the LSTM and `vf`, 0.01 in `pi`, else √2."""
        gains: dict[nn.Module, float] = {
            self.lstm1.wx: 1.0,
            self.lstm1.wh: 1.0,
            self.pi: 0.01,
            self.vf: 1.0,
        }
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                gain = gains.get(module, math.sqrt(2))
                nn.init.orthogonal_(module.weight, gain, generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    @property
    def activation_names(self) -> tuple[str, ...]:
        """The activations in order of computation; those of the LSTM occur once per time step."""
        return tuple(self.activation_shapes)

    @property
    def activation_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each activation of one observation, without a batch axis."""
        if self._shapes is None:
            # Another network runs, so that nothing is recorded or patched. On the meta device it
            # has shapes alone.
            with torch.inference_mode(False), torch.device("meta"):
                twin = CnnLstmPolicy(self.design) if type(self) is CnnLstmPolicy else self
            with torch.inference_mode(False), probing(twin, twin.observation_shape) as zeros:
                firsts = torch.ones(len(zeros), dtype=torch.bool, device=zeros.device)
                memory = twin.initial_memory(len(zeros))
                self._shapes = activation_shapes_of(twin, lambda: twin.step(zeros, memory, firsts))
        return dict(self._shapes)

    def initial_memory(self, batch: int) -> Float[Tensor, "batch memory"]:
        """The memory before the first step of an episode: zeros, on the policy's device."""
        return self.vf.weight.new_zeros(batch, self.memory_size)

    def step(
        self,
        obs: Tensor,
        memory: Float[Tensor, "batch memory"],
        firsts: Bool[Tensor, " batch"],
    ) -> tuple[
        Float[Tensor, "batch action"], Float[Tensor, " batch"], Float[Tensor, "batch memory"]
    ]:
        """One step of a batch of episodes.

        Args:
            obs: (batch, channel, row, col) floats in [0, 1].
            memory: the memory that the step before returned, or `initial_memory`.
            firsts: where an episode begins with this observation. The memory is reset there.

        Returns:
            logits, values and the new memory, at least in float32.

        Raises:
            ValueError: observations of another shape, of whole numbers, or on another device.
        """
        logits, values, memory = self.unroll(obs, memory, firsts.unsqueeze(0))
        return logits.squeeze(0), values.squeeze(0), memory

    def unroll(
        self,
        obs: Tensor,
        memory: Float[Tensor, "batch memory"],
        firsts: Bool[Tensor, "time batch"],
    ) -> tuple[
        Float[Tensor, "time batch action"],
        Float[Tensor, "time batch"],
        Float[Tensor, "batch memory"],
    ]:
        """Many steps of a batch of episodes, with a single call of each convolution.

        Args:
            obs: (time x batch, channel, row, col) floats in [0, 1], the batch of the first step
                first.
            memory: the memory before the first step.
            firsts: where an episode begins with an observation.

        Raises:
            ValueError: see `step`.
        """
        seen = checked(obs, self.vf.weight, self.observation_shape)
        for name in self._trunk:
            seen = self.get_submodule(name)(seen)
        precise = torch.promote_types(memory.dtype, torch.float32)
        drives = self.lstm1.wx(self.relu_fc1(self.fc1(self.flatten(seen))))
        drives = drives.to(precise).unflatten(0, firsts.shape)
        remembered = []
        for drive, first in zip(drives, firsts, strict=True):
            memory = self.lstm1(drive, memory * ~first.unsqueeze(1)).to(precise)
            remembered.append(memory)
        hidden = torch.cat(remembered).chunk(2, dim=1)[1]  # one batch for the heads
        hidden = hidden.to(self.vf.weight.dtype)
        return (
            self.pi(hidden).to(precise).unflatten(0, firsts.shape),
            self.vf(hidden).to(precise).unflatten(0, firsts.shape).squeeze(-1),
            memory,
        )

    def forward(
        self,
        obs: Tensor,
        memory: Float[Tensor, "batch memory"],
        firsts: Bool[Tensor, " batch"],
    ) -> tuple[Categorical, Float[Tensor, " batch"], Float[Tensor, "batch memory"]]:
        """Action distribution, value and new memory (see `step`)."""
        logits, values, memory = self.step(obs, memory, firsts)
        return Categorical(logits=logits), values, memory

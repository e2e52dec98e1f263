"""The IMPALA policy of the published maze agents, with a name for every activation.

The network is that of Espeholt et al. (2018), figure 3, as trained for "Goal
Misgeneralization in Deep Reinforcement Learning" (Langosco et al., 2022). Every step of the
computation, including ReLUs and residual additions, is a module, so that hooks can name it.
Parameters have the names of published checkpoints.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools.models.dry_run import OBSERVATION_SHAPE
from procgen_tools.models.interface import PolicyModule, precise
from procgen_tools.worlds.maze.actions import NUM_ACTIONS

EMBEDDING_SIZE = 256

RESUME_POINTS = tuple(
    f"embedder.block{block}.res{residual}.resadd_out" for block in (1, 2, 3) for residual in (1, 2)
)
"""Activations that determine all later ones, in order: a forward pass can resume at them."""


class HalvingMaxPool(nn.MaxPool2d):
    """A max-pool over 3 x 3 windows whose centres are every second row and column.

    Without gradients, on a CPU, whole rows and then whole columns are compared. That gives the same
    numbers as `nn.MaxPool2d` and is faster, most of all in bfloat16.

    Example:
        >>> HalvingMaxPool()(torch.arange(16.0).view(1, 1, 4, 4))
        tensor([[[[ 5.,  7.],
                  [13., 15.]]]])
    """

    def __init__(self) -> None:
        super().__init__(kernel_size=3, stride=2, padding=1)

    def forward(self, input: Tensor) -> Tensor:
        if torch.is_grad_enabled() or not _can_be_halved(input):
            return super().forward(input)
        for axis in (-2, -1):  # of rows first, then of columns
            even, odd = input.unflatten(axis, (-1, 2)).unbind(axis)
            input = torch.maximum(even, odd)
            later = input.narrow(axis, 1, input.shape[axis] - 1)
            later.clamp_(min=odd.narrow(axis, 0, later.shape[axis]))  # a maximum in place
        return input


def _can_be_halved(x: Any) -> bool:
    """Whether it is a tensor on the CPU with even sides. Tools that trace see torch's max-pool."""
    traced = torch.jit.is_tracing() or torch.compiler.is_compiling()  # type: ignore[attr-defined]
    if traced or not isinstance(x, Tensor):
        return False
    return x.device.type == "cpu" and x.shape[-1] % 2 == x.shape[-2] % 2 == 0


class ResidualAdd(nn.Module):
    """The sum at the end of a residual block, as a module, so that hooks can reach it."""

    def forward(
        self,
        residual: Float[Tensor, "batch channel row col"],
        identity: Float[Tensor, "batch channel row col"],
    ) -> Float[Tensor, "batch channel row col"]:
        return residual + identity


class ResidualBlock(nn.Module):
    """relu1, conv1, relu2, conv2, and the input added back (resadd)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.resadd = ResidualAdd()

    def forward(
        self, x: Float[Tensor, "batch channel row col"]
    ) -> Float[Tensor, "batch channel row col"]:
        residual = self.conv2(self.relu2(self.conv1(self.relu1(x))))
        return self.resadd(residual, x)


class ImpalaBlock(nn.Module):
    """A convolution, a max-pool that halves rows and columns, and two residual blocks."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        self.maxpool = HalvingMaxPool()
        self.res1 = ResidualBlock(out_channels)
        self.res2 = ResidualBlock(out_channels)

    def forward(
        self, x: Float[Tensor, "batch in_channel row col"]
    ) -> Float[Tensor, "batch out_channel half_row half_col"]:
        return self.res2(self.res1(self.maxpool(self.conv(x))))


class ImpalaEmbedder(nn.Module):
    """Three blocks of 16, 32 and 32 channels times `scale`, then a layer of 256 units."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.block1 = ImpalaBlock(OBSERVATION_SHAPE[0], 16 * scale)
        self.block2 = ImpalaBlock(16 * scale, 32 * scale)
        self.block3 = ImpalaBlock(32 * scale, 32 * scale)
        self.relu3 = nn.ReLU()
        self.flatten = nn.Flatten()
        # Each block halves the sides: 64 -> 32 -> 16 -> 8.
        self.fc = nn.Linear(32 * scale * 8 * 8, EMBEDDING_SIZE)
        self.relufc = nn.ReLU()

    def forward(self, x: Float[Tensor, "batch 3 64 64"]) -> Float[Tensor, "batch 256"]:
        return self._embed(self.block3(self.block2(self.block1(x))))

    def resume(
        self, name: str, activation: Float[Tensor, "batch channel row col"]
    ) -> Float[Tensor, "batch 256"]:
        """The rest of `forward`, from the residual sum `name` on (see RESUME_POINTS)."""
        start, residual, _ = name.removeprefix("embedder.").split(".", 2)
        block: ImpalaBlock = getattr(self, start)
        # Calls the module itself, so that hooks on this activation run.
        x = getattr(block, residual).resadd(activation, torch.zeros_like(activation))
        if residual == "res1":
            x = block.res2(x)
        for following in ("block2", "block3"):
            if following > start:
                x = getattr(self, following)(x)
        return self._embed(x)

    def _embed(self, x: Float[Tensor, "batch channel row col"]) -> Float[Tensor, "batch 256"]:
        return self.relufc(self.fc(self.flatten(self.relu3(x))))


class ImpalaPolicy(PolicyModule):
    """Action distribution and state value of 64 x 64 observations.

    Args:
        scale: multiplies the channels of every convolution (published agents: 1 and 4).
        num_actions: number of outputs of the policy head; 15 in procgen.
        seed: seed of the initial parameters. torch's global generators are neither read nor
            changed.

    Raises:
        ValueError: a scale or number of actions below 1.

    Example:
        >>> policy = ImpalaPolicy(scale=1, seed=0)
        >>> logits, values = policy.logits_and_value(torch.rand(2, 3, 64, 64))
        >>> logits.shape, values.shape
        (torch.Size([2, 15]), torch.Size([2]))
        >>> len(policy.activation_names)
        43
        >>> policy.activation_shapes["embedder.block2.res1.resadd_out"]
        (32, 16, 16)
    """

    resume_points = RESUME_POINTS

    def __init__(self, scale: int = 1, num_actions: int = NUM_ACTIONS, *, seed: int = 0) -> None:
        super().__init__()
        for name, number in (("scale", scale), ("num_actions", num_actions)):
            if number < 1:
                raise ValueError(f"{name} is {number}: give a whole number from 1 up")
        self.scale = scale
        self.num_actions = num_actions
        # torch's layers first draw parameters of their own, which must not change the caller's
        # random stream.
        with torch.random.fork_rng(devices=[]):
            self.embedder = ImpalaEmbedder(scale)
            self.fc_policy = nn.Linear(EMBEDDING_SIZE, num_actions)
            self.fc_value = nn.Linear(EMBEDDING_SIZE, 1)
        self._initialise(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Xavier-uniform embedder, orthogonal heads (gain .01 and 1), biases zero."""
        for module in self.modules():
            if not isinstance(module, nn.Conv2d | nn.Linear):
                continue
            if module is self.fc_policy or module is self.fc_value:
                gain = 0.01 if module is self.fc_policy else 1.0
                nn.init.orthogonal_(module.weight, gain, generator=generator)
            else:
                nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    @property
    def activation_names(self) -> tuple[str, ...]:
        """The 43 activations in order of computation, with circrl's labels.

        The input is `embedder.block1.conv_in0`; the others are `<module path>_out`. A tensor that
        several nested modules return has the name of the innermost:
        `embedder.block1.res2.resadd_out` is also the output of block1.
        """
        leaves = [name for name, module in self.named_modules() if not list(module.children())]
        return (f"{leaves[0]}_in0", *(f"{name}_out" for name in leaves))

    @property
    def activation_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each activation for one observation: channels first, no batch axis."""
        shapes: dict[str, tuple[int, ...]] = {}
        shape: tuple[int, ...] = ()
        modules = dict(self.named_modules())
        for name in self.activation_names:
            module = modules.get(name.removesuffix("_out"))
            if module is None:  # the input
                shape = OBSERVATION_SHAPE
            elif isinstance(module, nn.Conv2d):
                shape = (module.out_channels, *shape[1:])
            elif isinstance(module, nn.MaxPool2d):
                shape = (shape[0], shape[1] // 2, shape[2] // 2)
            elif isinstance(module, nn.Flatten):
                shape = (math.prod(shape),)
            elif isinstance(module, nn.Linear):
                shape = (module.out_features,)
            shapes[name] = shape
        return shapes

    def _answer(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        return self._heads(self.embedder(obs))

    def logits_and_value_after(
        self, name: str, activation: Float[Tensor, "batch channel row col"]
    ) -> tuple[Float[Tensor, "batch action"], Float[Tensor, " batch"]]:
        """`logits_and_value`, resumed at an activation of an earlier pass.

        Patches of this activation and of later ones apply. Earlier layers do not run.

        Args:
            name: one of RESUME_POINTS.
            activation: the activation of the earlier pass, before any patch.

        Raises:
            ValueError: another name, or an activation of another shape.
        """
        if name not in RESUME_POINTS:
            raise ValueError(
                f"a pass cannot resume at {name!r}: choose one of {', '.join(RESUME_POINTS)}"
            )
        if activation.shape[1:] != self.activation_shapes[name]:
            raise ValueError(
                f"{name} has shape {self.activation_shapes[name]}, not "
                f"{tuple(activation.shape[1:])}: give this policy's activation, with a batch axis"
            )
        logits, values = self._heads(self.embedder.resume(name, activation))
        return precise(logits), precise(values).flatten()

    def _heads(self, hidden: Float[Tensor, "batch 256"]) -> tuple[Tensor, Tensor]:
        return self.fc_policy(hidden), self.fc_value(hidden)
